import type { StudyReport } from '../../trial/endpoints/study-report.ts';
import type { StudyInput } from '../export-format.ts';
import {
  buildEventResults,
  buildStudyResults,
  type EventResults,
  type StudyResults,
} from './build-results.ts';
import {
  checkDeathsAgainstReport,
  checkOutcomesAgainstReport,
  checkRegisteredOutcomes,
} from './check-against-report.ts';
import { checkEvents } from './check-events.ts';
import { checkFlow } from './check-flow.ts';
import { checkEventLengths, checkLengths } from './check-lengths.ts';
import { checkBaseline, checkOutcomeMeasures } from './check-measures.ts';
import { type Inconsistency, refuseInconsistent } from './inconsistency.ts';

/** Finds every place where a full upload breaks a rule that the XSD cannot check. An empty list: it may be written. */
export function findInconsistencies(study: StudyResults, report: StudyReport): readonly Inconsistency[] {
  const { results, registeredOutcomes, record } = study;
  return [
    ...checkFlow(results.flow, record.enrollment),
    ...checkBaseline(results.baseline),
    ...checkOutcomeMeasures(results.outcomes),
    ...checkEvents(results.events, results.flow, report),
    ...checkRegisteredOutcomes(results.outcomes, registeredOutcomes),
    ...checkDeathsAgainstReport(results.events, report),
    ...checkOutcomesAgainstReport(results.outcomes, report),
    ...checkLengths(study),
  ];
}

/** Finds the same for an upload of adverse events alone. */
function findEventInconsistencies(study: EventResults, report: StudyReport): readonly Inconsistency[] {
  const { flow, events } = study.results;
  return [
    ...checkFlow(flow, null),
    ...checkEvents(events, flow, report),
    ...checkDeathsAgainstReport(events, report),
    ...checkEventLengths(study),
  ];
}

/** Builds and checks the results of a study. Throws `exports/identity`, `exports/incomplete` or `exports/inconsistent`. */
export async function buildCheckedResults(input: StudyInput): Promise<StudyResults> {
  const study = await buildStudyResults(input);
  refuseInconsistent(findInconsistencies(study, input.report));
  return study;
}

/** Builds and checks the adverse events of a study, with the same refusals. */
export async function buildCheckedEvents(input: StudyInput): Promise<EventResults> {
  const study = await buildEventResults(input);
  refuseInconsistent(findEventInconsistencies(study, input.report));
  return study;
}
