import type { StudyReport } from '../../trial/endpoints/study-report.ts';
import type { Inconsistency } from './inconsistency.ts';
import type { RegisteredOutcome } from './registered-outcomes.ts';
import type { OutcomeMeasure, ReportedEvents } from './results-model.ts';

/** Rule 7: each registered outcome is reported once, as registered, and nothing else is called primary or secondary. */
export function checkRegisteredOutcomes(
  outcomes: readonly OutcomeMeasure[],
  registered: readonly RegisteredOutcome[],
): readonly Inconsistency[] {
  const nameOf = ({ type, title, timeFrame }: Pick<OutcomeMeasure, 'type' | 'title' | 'timeFrame'>): string =>
    `${type}: ${title} [${timeFrame}]`;
  const promised = registered.map(nameOf);
  const reported = outcomes.map(nameOf);
  const strange = outcomes.filter(
    (one) => (one.type === 'Primary' || one.type === 'Secondary') && !promised.includes(nameOf(one)),
  );
  const missing = promised.filter((name) => reported.filter((one) => one === name).length !== 1);
  return [
    ...strange.map(
      (one): Inconsistency => ({
        rule: 'outcomes',
        element: 'outcomeMeasures/outcomeMeasure/title',
        detail: `${nameOf(one)} is not registered`,
      }),
    ),
    ...missing.map(
      (name): Inconsistency => ({
        rule: 'outcomes',
        element: 'outcomeMeasures/outcomeMeasure',
        detail: `${name} is registered and not reported exactly once`,
      }),
    ),
  ];
}

function compareCounts(element: string, own: number, reported: number): readonly Inconsistency[] {
  if (own === reported) return [];
  return [{ rule: 'report', element, detail: `${own} here, ${reported} in the report` }];
}

/** The counts that the report gives too are its own: subjects and deaths. */
export function checkDeathsAgainstReport(
  events: ReportedEvents,
  report: StudyReport,
): readonly Inconsistency[] {
  const sum = (pick: (group: ReportedEvents['groups'][number]) => string): number =>
    events.groups.reduce((all, group) => all + Number(pick(group)), 0);
  const base = 'reportedEvents/interventionGroups/interventionGroup';
  return [
    ...compareCounts(
      `${base}/partAtRiskAllCauseMort`,
      sum(({ deathsAtRisk }) => deathsAtRisk.value),
      report.subjects,
    ),
    ...compareCounts(
      `${base}/numDeaths`,
      sum(({ deaths }) => deaths.value),
      report.subjects - report.alive.count,
    ),
  ];
}

/** The subjects behind an outcome are as many as the report counts; behind a percentage are all of whom it is one. */
export function checkOutcomesAgainstReport(
  outcomes: readonly OutcomeMeasure[],
  registered: readonly RegisteredOutcome[],
  report: StudyReport,
): readonly Inconsistency[] {
  const { response, timeToResponseDays: times } = report;
  const counts: Readonly<Record<string, number>> = {
    'overall-response': response.overall.count,
    'complete-response': response.complete.count,
    'partial-response': response.partial.count,
    'time-to-neutrophil': times.neutrophil.subjects,
    'time-to-erythroid': times.erythroid.subjects,
    'time-to-platelet': times.platelet.subjects,
    'survival-12-months': report.infused,
    alive: report.alive.count,
  };
  const reportable = registered.filter(({ figure }) => figure !== null);
  return reportable.flatMap(({ figure }, i) => {
    const count = counts[figure ?? ''];
    const value = outcomes[i]?.rows[0]?.values[0]?.entries[0]?.value;
    if (count === undefined || value === undefined) return [];
    const isPercentage = figure?.endsWith('-response') && value.counts === 'figure';
    const expected = isPercentage ? report.subjects : count;
    return compareCounts(`outcomeMeasures/outcomeMeasure[${i + 1}]`, value.subjects, expected);
  });
}
