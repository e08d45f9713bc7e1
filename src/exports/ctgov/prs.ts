import type { EventResults, StudyResults } from './build.ts';
import { type Xml, xmlText } from './xml.ts';
import { eventsXml } from './xml-events.ts';
import { idInfo, recordXml } from './xml-record.ts';
import { agreementXml, baselineXml, contactXml, flowXml, outcomeXml } from './xml-results.ts';

/** Only the roots carry a namespace: everything inside them is in none. */
const collection = (study: Xml): string =>
  xmlText({
    'prs:study_collection': {
      '@xmlns:prs': 'http://clinicaltrials.gov/prs',
      '@xmlns:rrs': 'http://clinicaltrials.gov/rrs',
      clinical_study: study,
    },
  });

/** The whole record with its results, as a PRS upload that replaces the record. */
export function prsText(study: StudyResults): string {
  const { baseline, agreement, limitations, outcomes, flow, contact, events } = study.results;
  return collection({
    ...recordXml(study),
    'rrs:result': {
      baseline: baselineXml(baseline),
      certainAgreement: agreementXml(agreement),
      limitationsAndCaveats: limitations === null ? undefined : { description: limitations },
      outcomeMeasures: { outcomeMeasure: outcomes.map(outcomeXml) },
      participantFlow: flowXml(flow),
      pointOfContact: contactXml(contact),
      reportedEvents: eventsXml(events),
    },
  });
}

/**
 * Adverse events alone. Both flags must stand, or the upload erases everything else in the record; second ids are left
 * out, as a list that is sent replaces the record's. The schema demands `outcomeMeasures`; an empty one with the flags is
 * what public tools send: try it on the registry's test system first.
 */
export function prsEventsText({ identity, results }: EventResults): string {
  return collection({
    '@partial_upload': 'true',
    id_info: idInfo({ ...identity, secondaryIds: [] }),
    'rrs:result': {
      '@partialUpload': 'true',
      outcomeMeasures: {},
      reportedEvents: eventsXml(results.events),
    },
  });
}
