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
  OutcomeAnalysis,
  OutcomeMeasure,
  ReportedEntry,
  ReportedMeasure,
  ReportingGroup,
} from './results-model.ts';
import { sumCellsOfGroup } from './results-model.ts';

/** The values that an entry must have under a dispersion type. */
interface DispersionParts {
  readonly spread?: true;
  readonly limits?: true;
  /** Whether the limits are those of a confidence interval. */
  readonly isInterval?: true;
}

const DISPERSION_PARTS: Readonly<Record<Dispersion, DispersionParts>> = {
  'Not Applicable': {},
  'Standard Deviation': { spread: true },
  'Full Range': { limits: true },
  '90% Confidence Interval': { limits: true, isInterval: true },
  '95% Confidence Interval': { limits: true, isInterval: true },
  '99% Confidence Interval': { limits: true, isInterval: true },
};

const listGroupIds = (measure: ReportedMeasure): readonly string[] => [
  ...measure.analyzed.map(({ group }) => group),
  ...measure.rows.flatMap(({ values }) => values.map(({ group }) => group)),
];

/**
 * Rule 5, whether the measure may have its dispersion type: counts and baseline numbers have none; outcome numbers none
 * or a confidence interval; means and medians have one.
 */
function checkDispersion(
  measure: ReportedMeasure,
  element: string,
  isBaseline: boolean,
): readonly Inconsistency[] {
  const { parameter, dispersion } = measure;
  const hasNone = dispersion === 'Not Applicable';
  const isInterval = DISPERSION_PARTS[dispersion].isInterval ?? false;
  const isAllowed = {
    'Count of Participants': hasNone,
    Number: hasNone || (isInterval && !isBaseline),
    Mean: !hasNone,
    Median: !hasNone && dispersion !== 'Standard Deviation',
  }[parameter];
  return isAllowed ? [] : [{ rule: 'dispersion', element, detail: `${parameter} with ${dispersion}` }];
}

/** Whether limits and value are out of order. Cells that are `NA` are left out: they need a comment instead. */
function isOutOfOrder({ value, lower, upper }: ReportedEntry): boolean {
  const numbers = [lower, value, upper]
    .flatMap((cell) => (cell === null ? [] : [Number(cell.value)]))
    .filter((number) => !Number.isNaN(number));
  return numbers.some((number, i) => i > 0 && number < (numbers[i - 1] ?? number));
}

const LIMITS_EXCLUDE_VALUE = 'the limits do not enclose the value';

function findEntryProblems(entry: ReportedEntry, dispersion: Dispersion): readonly string[] {
  const { spread = false, limits = false } = DISPERSION_PARTS[dispersion];
  const cells = [entry.value, entry.spread, entry.lower, entry.upper].filter((cell) => cell !== null);
  const hasRequiredCells =
    (entry.spread !== null) === spread &&
    (entry.lower !== null) === limits &&
    (entry.upper !== null) === limits;
  const isUnexplained = cells.some(({ value }) => Number.isNaN(Number(value))) && entry.comment === null;
  return [
    hasRequiredCells ? null : `values are not those of ${dispersion}`,
    isOutOfOrder(entry) ? LIMITS_EXCLUDE_VALUE : null,
    isUnexplained ? 'a value is not a number and no comment explains why' : null,
  ].filter((problem) => problem !== null);
}

/**
 * Rule 4: the categories of a count add up to the participants analysed in the group; a single category counts no more
 * than these. Returns the problem in words, or null.
 */
function describeWrongSum(
  measure: ReportedMeasure,
  group: string,
  entries: readonly ReportedEntry[],
): string | null {
  const analyzed = measure.analyzed.find((groupCell) => groupCell.group === group)?.cell.value;
  if (analyzed === undefined) return null;
  const sum = entries.reduce((total, { value }) => total + Number(value.value), 0);
  const isRight = entries.length > 1 ? sum === Number(analyzed) : sum <= Number(analyzed);
  return isRight ? null : `categories add up to ${sum} of ${analyzed} analysed`;
}

function checkRows(measure: ReportedMeasure, element: string): readonly Inconsistency[] {
  const isCount = measure.parameter === 'Count of Participants';
  return measure.rows.flatMap(({ values }, i) =>
    values.flatMap(({ group, entries }): readonly Inconsistency[] => {
      const rowElement = `${element}/measureRows/measureRow[${i + 1}]`;
      const wrongSum = isCount ? describeWrongSum(measure, group, entries) : null;
      return [
        ...entries
          .flatMap((entry) => findEntryProblems(entry, measure.dispersion))
          .map((detail) => ({ rule: 'dispersion' as const, element: rowElement, detail })),
        ...(isCount ? entries.flatMap(({ value }) => checkWholeNumber(rowElement, value)) : []),
        ...(wrongSum === null ? [] : [{ rule: 'sums' as const, element: rowElement, detail: wrongSum }]),
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

/** Lists all entries of a measure in one group. */
const listGroupEntries = (measure: BaselineMeasure, groupId: string): readonly ReportedEntry[] =>
  measure.rows
    .flatMap(({ values }) => values.filter(({ group }) => group === groupId))
    .flatMap(({ entries }) => entries);

const sumEntries = (entries: readonly ReportedEntry[]): number =>
  entries.reduce((sum, { value }) => sum + Number(value.value), 0);

const formatBaselineElement = ({ title }: BaselineMeasure): string =>
  `baseline/baselineMeasures/baselineMeasure[${title}]`;

/** Rule 4: with several groups, the total is their sum, for participants and for each count. */
function checkBaselineTotal(baseline: BaselineCharacteristics): readonly Inconsistency[] {
  const { total, groups, participants } = baseline;
  if (total === null) return [];
  const sum = groups.reduce((count, { id }) => count + sumCellsOfGroup(id, participants), 0);
  const stated = sumCellsOfGroup(total.id, participants);
  const element = 'baseline/totalBaselineReportingGroup';
  const head: readonly Inconsistency[] =
    sum === stated
      ? []
      : [{ rule: 'sums', element, detail: `groups add up to ${sum}, the total is ${stated}` }];
  return [...head, ...baseline.measures.flatMap((measure) => checkMeasureTotal(measure, groups, total))];
}

function checkMeasureTotal(
  measure: BaselineMeasure,
  groups: readonly ReportingGroup[],
  total: ReportingGroup,
): readonly Inconsistency[] {
  if (measure.parameter !== 'Count of Participants') return [];
  const sumCategory = (groupId: string, category: string | null): number =>
    sumEntries(listGroupEntries(measure, groupId).filter((entry) => entry.category === category));
  const categories = measure.rows.flatMap(({ values }) =>
    values.flatMap(({ entries }) => entries.map(({ category }) => category)),
  );
  return [...new Set(categories)]
    .filter(
      (category) =>
        groups.reduce((sum, { id }) => sum + sumCategory(id, category), 0) !==
        sumCategory(total.id, category),
    )
    .map((category) => ({
      rule: 'sums',
      element: formatBaselineElement(measure),
      detail: `${category ?? 'the counts'}: the groups do not add up to the total`,
    }));
}

/** Rule 4: where the categories of a count are rows, the rows add up to the participants analysed. */
function checkRowSums(measure: BaselineMeasure): readonly Inconsistency[] {
  const { rows, analyzed, parameter } = measure;
  if (parameter !== 'Count of Participants' || rows.some(({ title }) => title === null)) return [];
  return analyzed
    .map(({ group, cell }) => ({ sum: sumEntries(listGroupEntries(measure, group)), count: cell.value }))
    .filter(({ sum, count }) => sum !== Number(count))
    .map(({ sum, count }) => ({
      rule: 'sums',
      element: formatBaselineElement(measure),
      detail: `rows add up to ${sum} of ${count} analysed`,
    }));
}

/** Rules 1, 2, 4 and 5 for the baseline. */
export function checkBaseline(baseline: BaselineCharacteristics): readonly Inconsistency[] {
  const groups = baseline.total ? [...baseline.groups, baseline.total] : baseline.groups;
  const usedIds = baseline.participants.map(({ group }) => group);
  return [
    ...checkGroupReferences('baseline/baselineReportingGroups', groups, usedIds),
    ...checkWholeNumbers('baseline/baselineReportingGroups', baseline.participants),
    ...checkBaselineTotal(baseline),
    ...baseline.measures.flatMap(checkRowSums),
    ...baseline.measures.flatMap((measure) =>
      checkMeasure(measure, formatBaselineElement(measure), groups, true),
    ),
  ];
}

function checkAnalysis(
  { groups, lower, value, upper }: OutcomeAnalysis,
  element: string,
  outcomeGroups: readonly ReportingGroup[],
): readonly Inconsistency[] {
  const isOrdered = Number(lower.value) <= Number(value.value) && Number(value.value) <= Number(upper.value);
  return [
    ...checkGroupReferences(element, outcomeGroups, groups),
    ...(isOrdered ? [] : [{ rule: 'dispersion' as const, element, detail: LIMITS_EXCLUDE_VALUE }]),
  ];
}

/** Rules 1, 2, 4 and 5 for the outcome measures and their analyses. */
export function checkOutcomeMeasures(outcomes: readonly OutcomeMeasure[]): readonly Inconsistency[] {
  return outcomes.flatMap((outcome, i) => {
    const element = `outcomeMeasures/outcomeMeasure[${i + 1}]`;
    const analysisElement = `${element}/outcomeMeasureAnalyses/measureAnalysis`;
    return [
      ...checkMeasure(outcome, element, outcome.groups, false),
      ...outcome.analyses.flatMap((analysis) => checkAnalysis(analysis, analysisElement, outcome.groups)),
    ];
  });
}
