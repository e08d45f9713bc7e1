import type { StudyReport } from '../../trial/endpoints/study-report.ts';
import type { OutcomeFigure } from '../registry-vocabulary.ts';
import type { Inconsistency } from './inconsistency.ts';
import type { RegisteredOutcome } from './registered-outcomes.ts';
import type { EventGroup, OutcomeMeasure, ReportedEvents } from './results-model.ts';

const formatOutcomeName = ({
  type,
  title,
  timeFrame,
}: Pick<OutcomeMeasure, 'type' | 'title' | 'timeFrame'>): string => `${type}: ${title} [${timeFrame}]`;

/** Rule 7: each registered outcome is reported once, as registered, and no other is called primary or secondary. */
export function checkRegisteredOutcomes(
  outcomes: readonly OutcomeMeasure[],
  registeredOutcomes: readonly RegisteredOutcome[],
): readonly Inconsistency[] {
  const registeredNames = registeredOutcomes.map(formatOutcomeName);
  const reportedNames = outcomes.map(formatOutcomeName);
  const unregistered = outcomes
    .filter(({ type }) => type === 'Primary' || type === 'Secondary')
    .map(formatOutcomeName)
    .filter((name) => !registeredNames.includes(name));
  const notReportedOnce = registeredNames.filter(
    (name) => reportedNames.filter((reported) => reported === name).length !== 1,
  );
  return [
    ...unregistered.map(
      (name): Inconsistency => ({
        rule: 'outcomes',
        element: 'outcomeMeasures/outcomeMeasure/title',
        detail: `${name} is not registered`,
      }),
    ),
    ...notReportedOnce.map(
      (name): Inconsistency => ({
        rule: 'outcomes',
        element: 'outcomeMeasures/outcomeMeasure',
        detail: `${name} is registered, but is not reported exactly once`,
      }),
    ),
  ];
}

function compareCounts(element: string, count: number, reportCount: number): readonly Inconsistency[] {
  if (count === reportCount) return [];
  return [{ rule: 'report', element, detail: `${count} here, ${reportCount} in the report` }];
}

/** Compares with the report the counts that both have: subjects and deaths. */
export function checkDeathsAgainstReport(
  events: ReportedEvents,
  report: StudyReport,
): readonly Inconsistency[] {
  const sumGroups = (pick: (group: EventGroup) => string): number =>
    events.groups.reduce((sum, group) => sum + Number(pick(group)), 0);
  const base = 'reportedEvents/interventionGroups/interventionGroup';
  return [
    ...compareCounts(
      `${base}/partAtRiskAllCauseMort`,
      sumGroups(({ deathsAtRisk }) => deathsAtRisk.value),
      report.subjects,
    ),
    ...compareCounts(
      `${base}/numDeaths`,
      sumGroups(({ deaths }) => deaths.value),
      report.subjects - report.alive.count,
    ),
  ];
}

/** The report's count of the subjects who contribute to a registered outcome. */
interface ReportCount {
  readonly count: (report: StudyReport) => number;
  /** Whether the outcome may be reported as a percentage of all subjects, who then all contribute to it. */
  readonly isRate?: true;
}

/** null: the report has no single count; the categories are checked against each other instead. */
const REPORT_COUNTS: Readonly<Record<OutcomeFigure, ReportCount | null>> = {
  'overall-response': { count: ({ response }) => response.overall.count, isRate: true },
  'complete-response': { count: ({ response }) => response.complete.count, isRate: true },
  'partial-response': { count: ({ response }) => response.partial.count, isRate: true },
  'best-response': null,
  'time-to-neutrophil': { count: ({ timeToResponseDays }) => timeToResponseDays.neutrophil.subjects },
  'time-to-erythroid': { count: ({ timeToResponseDays }) => timeToResponseDays.erythroid.subjects },
  'time-to-platelet': { count: ({ timeToResponseDays }) => timeToResponseDays.platelet.subjects },
  'survival-12-months': { count: ({ infused }) => infused },
  alive: { count: ({ alive }) => alive.count },
};

/**
 * Compares the number of subjects who contribute to each outcome with the report's count. All subjects contribute to a
 * percentage, since each of them is in its denominator.
 */
export function checkOutcomesAgainstReport(
  outcomes: readonly OutcomeMeasure[],
  report: StudyReport,
): readonly Inconsistency[] {
  return outcomes.flatMap(({ figure, rows }, i) => {
    const reportCount = REPORT_COUNTS[figure];
    const value = rows[0]?.values[0]?.entries[0]?.value;
    if (reportCount === null || value === undefined) return [];
    const isPercentage = reportCount.isRate && value.counts === 'figure';
    const expected = isPercentage ? report.subjects : reportCount.count(report);
    return compareCounts(`outcomeMeasures/outcomeMeasure[${i + 1}]`, value.subjects, expected);
  });
}
