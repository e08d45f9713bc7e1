import type { EventResults } from '../ctgov/build.ts';
import { checkedEvents, withTraces } from '../ctgov/export.ts';
import type { EventGroup, EventStats, EventTerm, ReportedEvents } from '../ctgov/model.ts';
import { type Xml, xmlText } from '../ctgov/xml.ts';
import type { ExportFormat } from '../format.ts';
import { refuseEudract } from './limits.ts';
import { classVersion, EUTCT } from './organ-systems.ts';

const NOT_SAID: Xml = { '@xsi:nil': 'true' };

const ASSESSMENTS = {
  'Systematic Assessment': 'ADV_EVT_ASSESS_TYPE.systematic',
  'Non-systematic Assessment': 'ADV_EVT_ASSESS_TYPE.non_systematic',
} as const;

/** Which deaths an adverse event caused is nothing that the facts say: it is sent as not said, never as none. */
function groupXml(group: EventGroup): Xml {
  return {
    '@id': group.id,
    title: group.title,
    description: group.description ?? NOT_SAID,
    subjectsAffectedByNonSeriousAdverseEvents: group.other.value,
    subjectsAffectedBySeriousAdverseEvents: group.serious.value,
    subjectsExposed: group.otherAtRisk.value,
    deathsAllCauses: group.deaths.value,
    deathsResultingFromAdverseEvents: NOT_SAID,
  };
}

const valueXml = ({ group, events, affected, atRisk }: EventStats): Xml => ({
  '@reportingGroupId': group,
  occurrences: events.value,
  subjectsAffected: affected.value,
  subjectsExposed: atRisk.value,
});

function termXml({ term, organSystem, notes, stats }: EventTerm, events: ReportedEvents): Xml {
  return {
    description: notes,
    term,
    organSystem: { eutctId: EUTCT[organSystem], version: classVersion(organSystem) },
    assessmentMethod: { value: ASSESSMENTS[events.assessment] },
    dictionaryOverridden: 'false',
    values: { value: stats.map(valueXml) },
  };
}

/** The adverse events in EudraCT's words; the same table as for ClinicalTrials.gov. */
export function eudractText({ results: { events } }: EventResults): string {
  return xmlText({
    'aev:adverseEvents': {
      '@xmlns:aev': 'http://eudract.ema.europa.eu/schema/clinical_trial_result/adverse_events',
      '@xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
      description: events.description,
      nonSeriousEventFrequencyThreshold: events.threshold,
      timeFrame: events.timeFrame,
      assessmentMethod: { value: ASSESSMENTS[events.assessment] },
      reportingGroups: { reportingGroup: events.groups.map(groupXml) },
      nonSeriousAdverseEvents: { nonSeriousAdverseEvent: events.other.map((one) => termXml(one, events)) },
      seriousAdverseEvents: { seriousAdverseEvent: events.serious.map((one) => termXml(one, events)) },
    },
  });
}

/** The adverse events for EudraCT's results upload. The XML names no trial: it is loaded into one by hand. */
export const eudractAeXml: ExportFormat = {
  id: 'eudract-ae-xml',
  says: 'EudraCT: the adverse events, for the upload of results',
  readsReport: true,
  async *write(input) {
    const study = await checkedEvents(input);
    refuseEudract(study);
    const model = { figures: { events: study.results.events }, gaps: study.gaps };
    yield* withTraces('eudract-adverse-events.xml', eudractText(study), input, model);
  },
};
