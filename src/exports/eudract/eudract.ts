import type { ExportFormat } from '../export-format.ts';
import type { EventResults } from '../registry-results/build-results.ts';
import { buildCheckedEvents } from '../registry-results/check-results.ts';
import type { EventGroup, EventStats, EventTerm, ReportedEvents } from '../registry-results/results-model.ts';
import { writeWithTraces } from '../registry-results/trace-results.ts';
import { renderXml, type XmlContent } from '../registry-results/xml.ts';
import { refuseOutsideEudractLimits } from './eudract-limits.ts';
import { ORGAN_SYSTEM_EUTCT_IDS, selectOrganSystemVersion } from './organ-system-ids.ts';

const NIL: XmlContent = { '@xsi:nil': 'true' };

const ASSESSMENT_METHODS = {
  'Systematic Assessment': 'ADV_EVT_ASSESS_TYPE.systematic',
  'Non-systematic Assessment': 'ADV_EVT_ASSESS_TYPE.non_systematic',
} as const;

/** The facts do not state which deaths resulted from an adverse event: the element is sent as nil, never as 0. */
function toReportingGroupXml(group: EventGroup): XmlContent {
  return {
    '@id': group.id,
    title: group.title,
    description: group.description ?? NIL,
    subjectsAffectedByNonSeriousAdverseEvents: group.other.value,
    subjectsAffectedBySeriousAdverseEvents: group.serious.value,
    subjectsExposed: group.otherAtRisk.value,
    deathsAllCauses: group.deaths.value,
    deathsResultingFromAdverseEvents: NIL,
  };
}

const toTermValueXml = ({ group, events, affected, atRisk }: EventStats): XmlContent => ({
  '@reportingGroupId': group,
  occurrences: events.value,
  subjectsAffected: affected.value,
  subjectsExposed: atRisk.value,
});

function toAdverseEventXml(
  { term, organSystem, notes, stats }: EventTerm,
  events: ReportedEvents,
): XmlContent {
  return {
    description: notes,
    term,
    organSystem: {
      eutctId: ORGAN_SYSTEM_EUTCT_IDS[organSystem],
      version: selectOrganSystemVersion(organSystem),
    },
    assessmentMethod: { value: ASSESSMENT_METHODS[events.assessment] },
    dictionaryOverridden: 'false',
    values: { value: stats.map(toTermValueXml) },
  };
}

/** Renders the adverse events in EudraCT's elements, from the same table as for ClinicalTrials.gov. */
function renderEudractXml({ results: { events } }: EventResults): string {
  return renderXml({
    'aev:adverseEvents': {
      '@xmlns:aev': 'http://eudract.ema.europa.eu/schema/clinical_trial_result/adverse_events',
      '@xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
      description: events.description,
      nonSeriousEventFrequencyThreshold: events.threshold,
      timeFrame: events.timeFrame,
      assessmentMethod: { value: ASSESSMENT_METHODS[events.assessment] },
      reportingGroups: { reportingGroup: events.groups.map(toReportingGroupXml) },
      nonSeriousAdverseEvents: {
        nonSeriousAdverseEvent: events.other.map((term) => toAdverseEventXml(term, events)),
      },
      seriousAdverseEvents: {
        seriousAdverseEvent: events.serious.map((term) => toAdverseEventXml(term, events)),
      },
    },
  });
}

/** The adverse events for EudraCT's results upload. The XML names no trial: a person loads it into the right one. */
export const eudractAeXml: ExportFormat = {
  id: 'eudract-ae-xml',
  needsReleasedTerms: true,
  purpose: 'EudraCT: the adverse events, for the upload of results',
  needsReport: true,
  async *write(input) {
    const study = await buildCheckedEvents(input);
    refuseOutsideEudractLimits(study);
    const model = { figures: { events: study.results.events }, gaps: study.gaps };
    yield* writeWithTraces('eudract-adverse-events.xml', renderEudractXml(study), input, model);
  },
};
