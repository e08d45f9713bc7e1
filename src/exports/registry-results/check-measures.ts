import {
  checkGroupReferences,
  checkWholeNumber,
  checkWholeNumbers,
  type Inconsistency,
} from './inconsistency.ts';
import type {
  BaselineCharacteristics,
  BaselineMeasure,
  Dispersion,
  OutcomeMeasure,
  ReportedEntry,
  ReportedMeasure,
  ReportingGroup,
} from './results-model.ts';
import { sumCellsOfGroup } from './results-model.ts';

const listGroupIds = (measure: ReportedMeasure): readonly string[] => [
  ...measure.analyzed.map(({ group }) => group),
  ...measure.rows.flatMap(({ values }) => values.map(({ group }) => group)),
];

/** Rule 5, whether the measure may have this dispersion: counts and baseline numbers none, means and medians one. */
function checkDispersion(
  measure: ReportedMeasure,
  element: string,
  isBaseline: boolean,
): readonly Inconsistency[] {
  const { parameter, dispersion } = measure;
  const none = dispersion === 'Not Applicable';
  const interval = dispersion.endsWith('Confidence Interval');
  const right = {
    'Count of Participants': none,
    Number: none || (interval && !isBaseline),
    Mean: !none,
    Median: !none && dispersion !== 'Standard Deviation',
  }[parameter];
  return right ? [] : [{ rule: 'dispersion', element, detail: `${parameter} with ${dispersion}` }];
}

/** Which of spread and limits an entry must have. */
function selectRequiredParts(dispersion: Dispersion): { readonly spread: boolean; readonly limits: boolean } {
  if (dispersion === 'Not Applicable') return { spread: false, limits: false };
  return dispersion === 'Standard Deviation'
    ? { spread: true, limits: false }
    : { spread: false, limits: true };
}

/** Limits and value in order; what is NA is left out, and needs a comment. */
function isOutOfOrder({ value, lower, upper }: ReportedEntry): boolean {
  const numbers = [lower, value, upper]
    .flatMap((cell) => (cell === null ? [] : [Number(cell.value)]))
    .filter((number) => !Number.isNaN(number));
  return numbers.some((number, i) => i > 0 && number < (numbers[i - 1] ?? number));
}

function findEntryProblems(entry: ReportedEntry, dispersion: Dispersion): readonly string[] {
  const { spread, limits } = selectRequiredParts(dispersion);
  const parts = [entry.value, entry.spread, entry.lower, entry.upper].filter((cell) => cell !== null);
  const isRight =
    (entry.spread !== null) === spread &&
    (entry.lower !== null) === limits &&
    (entry.upper !== null) === limits;
  const unsaid = parts.some(({ value }) => Number.isNaN(Number(value))) && entry.comment === null;
  return [
    isRight ? null : `values are not those of ${dispersion}`,
    isOutOfOrder(entry) ? 'the limits do not enclose the value' : null,
    unsaid ? 'a value is no number and no comment says why' : null,
  ].filter((one) => one !== null);
}

/** Rule 4: several categories of a count make up those analysed in the group; a single one is no more than they. */
function describeWrongSum(
  measure: ReportedMeasure,
  group: string,
  entries: readonly ReportedEntry[],
): string | null {
  const of = measure.analyzed.find((one) => one.group === group)?.cell.value;
  const sum = entries.reduce((all, { value }) => all + Number(value.value), 0);
  if (of === undefined) return null;
  const right = entries.length > 1 ? sum === Number(of) : sum <= Number(of);
  return right ? null : `categories are ${sum} of ${of} analysed`;
}

function checkRows(measure: ReportedMeasure, element: string): readonly Inconsistency[] {
  const counts = measure.parameter === 'Count of Participants';
  return measure.rows.flatMap(({ values }, i) =>
    values.flatMap(({ group, entries }): readonly Inconsistency[] => {
      const at = `${element}/measureRows/measureRow[${i + 1}]`;
      const sum = counts ? describeWrongSum(measure, group, entries) : null;
      return [
        ...entries
          .flatMap((entry) => findEntryProblems(entry, measure.dispersion))
          .map((says) => ({ rule: 'dispersion' as const, element: at, detail: says })),
        ...(counts ? entries.flatMap(({ value }) => checkWholeNumber(at, value)) : []),
        ...(sum === null ? [] : [{ rule: 'sums' as const, element: at, detail: sum }]),
      ];
    }),
  );
}

function checkMeasure(
  measure: ReportedMeasure,
  element: string,
  groups: readonly ReportingGroup[],
  isBaseline: boolean,
): readonly Inconsistency[] {
  return [
    ...checkGroupReferences(element, groups, listGroupIds(measure)),
    ...checkWholeNumbers(element, measure.analyzed),
    ...checkDispersion(measure, element, isBaseline),
    ...checkRows(measure, element),
  ];
}

/** Rule 4: with several groups, the total is their sum, for participants and for each count. */
function checkBaselineTotal(baseline: BaselineCharacteristics): readonly Inconsistency[] {
  const { total, groups, participants } = baseline;
  if (total === null) return [];
  const all = groups.reduce((sum, { id }) => sum + sumCellsOfGroup(id, participants), 0);
  const own = sumCellsOfGroup(total.id, participants);
  const element = 'baseline/totalBaselineReportingGroup';
  const head: readonly Inconsistency[] =
    all === own ? [] : [{ rule: 'sums', element, detail: `groups are ${all}, the total says ${own}` }];
  return [...head, ...baseline.measures.flatMap((measure) => checkMeasureTotal(measure, groups, total))];
}

function checkMeasureTotal(
  measure: BaselineMeasure,
  groups: readonly ReportingGroup[],
  total: ReportingGroup,
): readonly Inconsistency[] {
  if (measure.parameter !== 'Count of Participants') return [];
  const valuesOf = (id: string, category: string | null): number =>
    measure.rows
      .flatMap(({ values }) => values.filter(({ group }) => group === id))
      .flatMap(({ entries }) => entries.filter((entry) => entry.category === category))
      .reduce((sum, { value }) => sum + Number(value.value), 0);
  const categories = measure.rows.flatMap(({ values }) =>
    values.flatMap(({ entries }) => entries.map((e) => e.category)),
  );
  return [...new Set(categories)]
    .filter((one) => groups.reduce((sum, { id }) => sum + valuesOf(id, one), 0) !== valuesOf(total.id, one))
    .map((one) => ({
      rule: 'sums',
      element: `baseline/baselineMeasures/baselineMeasure[${measure.title}]`,
      detail: `the groups' ${one ?? 'counts'} do not make up the total`,
    }));
}

/** Rule 4: where a count has its categories as rows, they make up those analysed together. */
function checkRowSums(measure: BaselineMeasure): readonly Inconsistency[] {
  const { rows, analyzed, parameter, title } = measure;
  if (parameter !== 'Count of Participants' || rows.some((row) => row.title === null)) return [];
  const inGroup = (id: string): number =>
    rows
      .flatMap(({ values }) => values.filter(({ group }) => group === id))
      .flatMap(({ entries }) => entries)
      .reduce((sum, { value }) => sum + Number(value.value), 0);
  return analyzed
    .filter(({ group, cell }) => inGroup(group) !== Number(cell.value))
    .map(({ group, cell }) => ({
      rule: 'sums',
      element: `baseline/baselineMeasures/baselineMeasure[${title}]`,
      detail: `rows are ${inGroup(group)} of ${cell.value} analysed`,
    }));
}

/** Rules 1, 2, 4 and 5 for the baseline. */
export function checkBaseline(baseline: BaselineCharacteristics): readonly Inconsistency[] {
  const groups = baseline.total ? [...baseline.groups, baseline.total] : baseline.groups;
  const used = baseline.participants.map(({ group }) => group);
  return [
    ...checkGroupReferences('baseline/baselineReportingGroups', groups, used),
    ...checkWholeNumbers('baseline/baselineReportingGroups', baseline.participants),
    ...checkBaselineTotal(baseline),
    ...baseline.measures.flatMap(checkRowSums),
    ...baseline.measures.flatMap((measure) => [
      ...checkMeasure(measure, `baseline/baselineMeasures/baselineMeasure[${measure.title}]`, groups, true),
    ]),
  ];
}

/** Rules 1, 2, 4 and 5 for the outcome measures and their analyses. */
export function checkOutcomeMeasures(outcomes: readonly OutcomeMeasure[]): readonly Inconsistency[] {
  return outcomes.flatMap((outcome, i) => {
    const element = `outcomeMeasures/outcomeMeasure[${i + 1}]`;
    const analyses = outcome.analyses.flatMap(({ groups, lower, value, upper }): readonly Inconsistency[] => {
      const at = `${element}/outcomeMeasureAnalyses/measureAnalysis`;
      const ordered =
        Number(lower.value) <= Number(value.value) && Number(value.value) <= Number(upper.value);
      return [
        ...checkGroupReferences(at, outcome.groups, groups),
        ...(ordered
          ? []
          : [{ rule: 'dispersion' as const, element: at, detail: 'the limits do not enclose the value' }]),
      ];
    });
    return [...checkMeasure(outcome, element, outcome.groups, false), ...analyses];
  });
}
