import type { Report } from '../../trial/endpoints/report.ts';
import type { EventResults, StudyResults } from './build.ts';
import { checkEvents } from './check-events.ts';
import { checkFlow } from './check-flow.ts';
import { checkBaseline, checkOutcomes } from './check-measures.ts';
import { checkDeathsOfReport, checkOutcomesOfReport, checkRegistered } from './check-report.ts';
import type { Inconsistency } from './inconsistency.ts';
import { checkEventLengths, checkLengths } from './lengths.ts';

/** Everything in which a full upload breaks the rules that the XSD cannot see. Empty where it may be written. */
export function inconsistenciesOf(study: StudyResults, report: Report): readonly Inconsistency[] {
  const { results, registered, record } = study;
  return [
    ...checkFlow(results.flow, record.enrollment),
    ...checkBaseline(results.baseline),
    ...checkOutcomes(results.outcomes),
    ...checkEvents(results.events, results.flow, report),
    ...checkRegistered(results.outcomes, registered),
    ...checkDeathsOfReport(results.events, report),
    ...checkOutcomesOfReport(results.outcomes, registered, report),
    ...checkLengths(study),
  ];
}

/** The same for an upload of adverse events alone. */
export function eventInconsistenciesOf(study: EventResults, report: Report): readonly Inconsistency[] {
  const { flow, events } = study.results;
  return [
    ...checkFlow(flow, null),
    ...checkEvents(events, flow, report),
    ...checkDeathsOfReport(events, report),
    ...checkEventLengths(study),
  ];
}
