import { Decimal } from 'decimal.js';
import type { Contradiction, LabFact, MeasuredValue, SettlementFact, UnsettledResult } from '../facts.ts';
import { formatStatingResource } from '../source-key.ts';
import { mergeSources } from './merge-statements.ts';
import { compareByRank } from './rank-results.ts';
import { selectInForce } from './statements-in-force.ts';

type ResultWithValue = LabFact & { readonly measured: MeasuredValue };

const hasValue = (fact: LabFact): fact is ResultWithValue => fact.measured !== null;

const isSameValue = (a: MeasuredValue, b: MeasuredValue): boolean =>
  a.comparator === b.comparator && new Decimal(a.value).eq(b.value);

/** Whether the first value is one of those that the second allows, such as 3 of `<5`. */
function isWithin(a: MeasuredValue, b: MeasuredValue): boolean {
  if (isSameValue(a, b)) return true;
  if (a.comparator !== null && a.comparator[0] !== b.comparator?.[0]) return false;
  const [value, limit] = [new Decimal(a.value), new Decimal(b.value)];
  switch (b.comparator) {
    case '<':
      return a.comparator === '<' ? value.lte(limit) : value.lt(limit);
    case '<=':
      return value.lte(limit);
    case '>':
      return a.comparator === '>' ? value.gte(limit) : value.gt(limit);
    case '>=':
      return value.gte(limit);
    case null:
      return false;
  }
}

/** Formats a value so that equal values have equal texts. */
const formatValue = ({ comparator, value }: MeasuredValue): string =>
  `${comparator ?? ''}${new Decimal(value).toString()}`;

/** Selects the lowest and the highest result of each comparator: one of them is within a value if any of them is. */
function selectExtremes(results: readonly ResultWithValue[]): readonly ResultWithValue[] {
  return [...Map.groupBy(results, ({ measured }) => measured.comparator).values()].flatMap((group) => {
    const sorted = group
      .map((result) => ({ result, value: new Decimal(result.measured.value) }))
      .sort((a, b) => a.value.cmp(b.value));
    return [sorted[0], sorted.at(-1)].flatMap((each) => (each ? [each.result] : []));
  });
}

/** Selects the results that allow no value besides those of a narrower one: of 3 and `<5`, the 3. */
function selectNarrowest(results: readonly ResultWithValue[]): readonly ResultWithValue[] {
  if (results.every(({ measured }) => measured.comparator === null)) return results;
  const extremes = selectExtremes(results);
  return results.filter(
    ({ measured }) =>
      !extremes.some((other) => isWithin(other.measured, measured) && !isWithin(measured, other.measured)),
  );
}

/** Derives the range of all values that the results allow. */
function deriveHull(results: readonly ResultWithValue[]): MeasuredValue {
  const isBelow = ({ comparator }: MeasuredValue): boolean => comparator === '<' || comparator === '<=';
  const isAbove = ({ comparator }: MeasuredValue): boolean => comparator === '>' || comparator === '>=';
  const lows = results.map(({ measured }) => new Decimal(isBelow(measured) ? 0 : measured.value));
  const low = lows.reduce((lowest, value) => (value.lt(lowest) ? value : lowest)).toFixed();
  if (results.some(({ measured }) => isAbove(measured))) return { value: low, comparator: '>=' };
  const highs = results.map(({ measured }) => new Decimal(measured.value));
  const high = highs.reduce((highest, value) => (value.gt(highest) ? value : highest)).toFixed();
  return { value: low, comparator: null, upTo: high };
}

const toContradiction = ({ measured, method, sources: [source] }: ResultWithValue): Contradiction => ({
  measured,
  method,
  source,
});

/** The text by which an answer is found again: the results that contradict each other, in any order. */
export function formatConflictBasis(analyte: string, unsettled: readonly UnsettledResult[]): string {
  const results = unsettled.map(({ source: { resourceType, id, element }, measured, status }) =>
    [`${resourceType}/${id}`, element, `${measured.comparator ?? ''}${measured.value}`, status].join(' '),
  );
  return JSON.stringify([analyte, ...results.sort()]);
}

/**
 * Settles the results of one analyte in one collection: keeps what is in force, with the sources of all that agree and
 * the values of those that do not. Results that contradict each other and that nothing orders become one fact, the range of
 * all of them, unless a person has chosen one. An estimate never contradicts a count, and a preliminary result never a signed
 * one; it is kept only as long as there is no other. Source: domain sections 3.1 and 6.
 */
export function resolveResults(
  results: readonly LabFact[],
  settlements: readonly SettlementFact[],
): readonly LabFact[] {
  if (results.length === 1) return results;
  const preliminary = results.filter(({ status }) => status === 'preliminary');
  const signed = results.filter(({ status }) => status !== 'preliminary');
  const counts = signed.filter(({ method }) => method !== 'estimate');
  const hasCount = counts.some(hasValue);
  const inForce = selectInForce(hasCount ? counts : signed);
  const compared = inForce.filter(hasValue);
  const withoutValue = inForce.filter((fact) => !hasValue(fact));
  if (compared.length === 0) return [...withoutValue, ...preliminary];
  const kept = new Set(inForce);
  const superseded = results.filter((result) => !kept.has(result)).filter(hasValue);
  const settled = selectChosenResult(selectNarrowest(compared), settlements);
  const others = [...compared, ...superseded];
  return [...withoutValue, describeResult(settled, others)];
}

/** Results that are in force together: one of them, or several that contradict each other. */
type SettledResults = readonly [ResultWithValue, ...ResultWithValue[]];

/** Keeps the results that contradict each other, or the one that a person has chosen. */
function selectChosenResult(
  results: readonly ResultWithValue[],
  settlements: readonly SettlementFact[],
): SettledResults {
  const [first, ...others] = results.toSorted(compareByRank);
  if (!first) throw new Error('A collection without a result cannot be settled.');
  if (others.every(({ measured }) => isSameValue(measured, first.measured))) return [first];
  const basis = formatConflictBasis(first.analyte, [first, ...others].map(toUnsettledResult));
  const settlement = settlements.find((candidate) => candidate.basis === basis);
  const chosen = [first, ...others].find((result) => formatStatingResource(result) === settlement?.chosen);
  return chosen ? [chosen] : [first, ...others];
}

const toUnsettledResult = (result: ResultWithValue): UnsettledResult => ({
  ...toContradiction(result),
  status: result.status,
});

/** Builds the fact: the result in force or the range, with the sources that agree and the values that do not count. */
function describeResult([first, ...more]: SettledResults, others: readonly ResultWithValue[]): LabFact {
  const settled = [first, ...more];
  const values = new Set(settled.map(({ measured }) => formatValue(measured)));
  const agreeing = others.filter((other) => other !== first && values.has(formatValue(other.measured)));
  const known = new Set([...settled, ...agreeing]);
  const contradicted = others.filter((other) => !known.has(other));
  const sources = mergeSources(
    first.sources,
    ...more.map((result) => result.sources),
    ...agreeing.map((other) => other.sources),
  );
  const shown = contradicted.length > 0 ? { contradicted: contradicted.map(toContradiction) } : {};
  if (more.length === 0) return { ...first, sources, ...shown };
  const key = `${first.key.split('|').slice(0, 3).join('|')}|unsettled`;
  return {
    ...first,
    key,
    measured: deriveHull(settled),
    sources,
    ...shown,
    unsettled: settled.map(toUnsettledResult),
  };
}
