import type { EventResults, StudyResults } from '../registry-results/build-results.ts';
import { renderXml, type XmlContent } from '../registry-results/xml.ts';
import { toEventsXml } from './prs-events-xml.ts';
import { toIdInfoXml, toRecordXml } from './prs-record-xml.ts';
import { toAgreementXml, toBaselineXml, toContactXml, toFlowXml, toOutcomeXml } from './prs-results-xml.ts';

/** Only the root elements have a namespace; the elements inside them have none. */
const renderStudyCollection = (study: XmlContent): string =>
  renderXml({
    'prs:study_collection': {
      '@xmlns:prs': 'http://clinicaltrials.gov/prs',
      '@xmlns:rrs': 'http://clinicaltrials.gov/rrs',
      clinical_study: study,
    },
  });

/** Renders the whole record with its results, as a PRS upload that replaces the record. */
export function renderPrsXml(study: StudyResults): string {
  const { baseline, agreement, limitations, outcomes, flow, contact, events } = study.results;
  return renderStudyCollection({
    ...toRecordXml(study),
    'rrs:result': {
      baseline: toBaselineXml(baseline),
      certainAgreement: toAgreementXml(agreement),
      limitationsAndCaveats: limitations === null ? undefined : { description: limitations },
      outcomeMeasures: { outcomeMeasure: outcomes.map(toOutcomeXml) },
      participantFlow: toFlowXml(flow),
      pointOfContact: toContactXml(contact),
      reportedEvents: toEventsXml(events),
    },
  });
}

/**
 * Renders the adverse events alone. Without both flags the upload would erase everything else in the record. Secondary ids
 * are left out, since a list that is sent replaces the record's. The schema requires `outcomeMeasures`; public tools send
 * an empty one with the flags. Try it on the registry's test system first.
 */
export function renderPrsEventsXml({ identity, results }: EventResults): string {
  return renderStudyCollection({
    '@partial_upload': 'true',
    id_info: toIdInfoXml({ ...identity, secondaryIds: [] }),
    'rrs:result': {
      '@partialUpload': 'true',
      outcomeMeasures: {},
      reportedEvents: toEventsXml(results.events),
    },
  });
}
