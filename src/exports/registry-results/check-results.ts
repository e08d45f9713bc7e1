import type { StudyReport } from '../../trial/endpoints/study-report.ts';
import type { EventResults, StudyResults } from './build-results.ts';
import {
  checkDeathsAgainstReport,
  checkOutcomesAgainstReport,
  checkRegisteredOutcomes,
} from './check-against-report.ts';
import { checkEvents } from './check-events.ts';
import { checkFlow } from './check-flow.ts';
import { checkEventLengths, checkLengths } from './check-lengths.ts';
import { checkBaseline, checkOutcomeMeasures } from './check-measures.ts';
import type { Inconsistency } from './inconsistency.ts';

/** Everything in which a full upload breaks the rules that the XSD cannot see. Empty where it may be written. */
export function findInconsistencies(study: StudyResults, report: StudyReport): readonly Inconsistency[] {
  const { results, registeredOutcomes: registered, record } = study;
  return [
    ...checkFlow(results.flow, record.enrollment),
    ...checkBaseline(results.baseline),
    ...checkOutcomeMeasures(results.outcomes),
    ...checkEvents(results.events, results.flow, report),
    ...checkRegisteredOutcomes(results.outcomes, registered),
    ...checkDeathsAgainstReport(results.events, report),
    ...checkOutcomesAgainstReport(results.outcomes, registered, report),
    ...checkLengths(study),
  ];
}

/** The same for an upload of adverse events alone. */
export function findEventInconsistencies(study: EventResults, report: StudyReport): readonly Inconsistency[] {
  const { flow, events } = study.results;
  return [
    ...checkFlow(flow, null),
    ...checkEvents(events, flow, report),
    ...checkDeathsAgainstReport(events, report),
    ...checkEventLengths(study),
  ];
}
