import { resolveDay } from '../calendar-days.ts';
import { rankResult } from '../counts/rank-results.ts';
import type { UsableCount } from '../criteria/situation.ts';
import { deriveValueRange, type ValueRange } from '../criteria/value-range.ts';
import type { Fact, LabFact, MeasuredValue } from '../facts.ts';
import type { ConfounderIndex } from './confounding.ts';

/** Whether the laboratory has signed the result: only then can it be used to assess a response. */
function isSignedResult(fact: Fact): fact is LabFact {
  return fact.kind === 'lab' && fact.status !== 'preliminary';
}

/** A result that can represent its day. */
interface CountCandidate {
  readonly fact: LabFact;
  readonly measured: MeasuredValue;
  readonly day: string | null;
  readonly isConfounded: boolean;
}

function toUsableCount(
  { fact, measured, day, isConfounded }: CountCandidate,
  confounders: ConfounderIndex,
): UsableCount {
  return {
    fact,
    measured,
    day: day ?? fact.at.latestDay,
    isDayExact: day !== null,
    range: deriveValueRange(measured, isConfounded),
    measuredRange: deriveValueRange(measured, false),
    reading: isConfounded ? 'upper-limit' : 'as-measured',
    confounders: isConfounded ? confounders.find(fact.analyte, fact.at) : [],
  };
}

/**
 * Compares two results of one day by how well they represent it: unconfounded before confounded, then automated > manual >
 * unspecified > estimate > derived.
 */
function compareCandidates(a: CountCandidate, b: CountCandidate): number {
  return Number(a.isConfounded) - Number(b.isConfounded) || rankResult(a.fact) - rankResult(b.fact);
}

/**
 * Selects the results that can be the last of their day: the latest by time, and every one without a time of day, which
 * nothing orders. By key, so that equal facts always yield the same result.
 */
function selectPossiblyLast(candidates: readonly CountCandidate[]): readonly CountCandidate[] {
  const latest = Math.max(...candidates.map(({ fact }) => fact.at.instant ?? Number.NEGATIVE_INFINITY));
  return candidates
    .filter(({ fact: { at } }) => at.instant === null || at.instant === latest)
    .sort((a, b) => (a.fact.key > b.fact.key ? -1 : 1));
}

/** Combines the values of results that nothing orders: the subject's count can be any of them, so it is their range. */
function combineRanges(ranges: readonly [ValueRange, ...ValueRange[]]): ValueRange {
  return ranges.reduce((united, range) => {
    const isLower = range.low.lt(united.low) || (range.low.eq(united.low) && !range.lowOpen);
    const isHigher =
      united.high !== null &&
      (range.high === null || range.high.gt(united.high) || (range.high.eq(united.high) && !range.highOpen));
    return {
      ...(isLower
        ? { low: range.low, lowOpen: range.lowOpen }
        : { low: united.low, lowOpen: united.lowOpen }),
      ...(isHigher
        ? { high: range.high, highOpen: range.highOpen }
        : { high: united.high, highOpen: united.highOpen }),
    };
  });
}

/** Builds the count of one analyte on one day from its results. */
function buildDayCount(candidates: readonly CountCandidate[], confounders: ConfounderIndex): UsableCount[] {
  const sorted = candidates.toSorted(compareCandidates);
  const [best] = sorted;
  const equal = sorted.filter((candidate) => best && compareCandidates(best, candidate) === 0);
  const [first, ...others] = selectPossiblyLast(equal).map((one) => toUsableCount(one, confounders));
  if (first === undefined) return [];
  if (others.length === 0) return [first];
  const range = combineRanges([first.range, ...others.map((other) => other.range)]);
  const measuredRange = combineRanges([first.measuredRange, ...others.map((other) => other.measuredRange)]);
  const isMeasured = range.high !== null && first.reading === 'as-measured' && range.high.gt(range.low);
  const measured = isMeasured
    ? { value: range.low.toFixed(), comparator: null, upTo: range.high?.toFixed() ?? '' }
    : first.measured;
  return [{ ...first, range, measuredRange, measured }];
}

/**
 * Lists the counts that can be used for assessment, earliest day first: signed, with a value, one per analyte and
 * day. Of several results of one day the last counts; results that no time of day orders count as their range. A count with a partial date is listed in addition and marked as not exact.
 */
export function listUsableCounts(
  facts: readonly Fact[],
  confounders: ConfounderIndex,
): readonly UsableCount[] {
  const bySlot = new Map<string, CountCandidate[]>();
  for (const fact of facts) {
    if (!isSignedResult(fact) || fact.measured === null) continue;
    const day = resolveDay(fact.at);
    const isConfounded = confounders.hasAny(fact.analyte, fact.at);
    const slot = `${fact.analyte}|${day ?? fact.at.text}`;
    bySlot.set(slot, [...(bySlot.get(slot) ?? []), { fact, measured: fact.measured, day, isConfounded }]);
  }
  return [...bySlot.values()]
    .flatMap((candidates) => buildDayCount(candidates, confounders))
    .sort((a, b) => (a.day === b.day ? 0 : a.day < b.day ? -1 : 1));
}

/** Lists signed results without a value, with the laboratory's reason. */
export function listResultsWithoutValue(facts: readonly Fact[]): readonly LabFact[] {
  return facts.filter(isSignedResult).filter((fact) => fact.measured === null);
}
