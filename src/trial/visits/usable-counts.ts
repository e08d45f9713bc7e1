import { resolveDay } from '../calendar-days.ts';
import { rankResult } from '../counts/rank-results.ts';
import type { UsableCount } from '../criteria/situation.ts';
import { deriveValueRange, type ValueRange } from '../criteria/value-range.ts';
import type { LabFact, MeasuredValue } from '../facts.ts';
import { rememberByMembers } from '../remember-by-members.ts';
import type { ConfounderIndex } from './confounding.ts';

/** Whether the laboratory has signed the result: only then can it be used to assess a response. */
const isSignedResult = ({ status }: LabFact): boolean => status !== 'preliminary';

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

/** Builds the counts of one analyte on one day, or of one partial date, from its results. */
function buildSlotCounts(
  results: readonly MeasuredResult[],
  confounders: ConfounderIndex,
): readonly UsableCount[] {
  const candidates = results.map((fact) => ({
    fact,
    measured: fact.measured,
    day: resolveDay(fact.at),
    isConfounded: confounders.hasAny(fact.analyte, fact.at),
  }));
  return buildDayCount(candidates, confounders);
}

type MeasuredResult = LabFact & { readonly measured: MeasuredValue };

const hasValue = (fact: LabFact): fact is MeasuredResult => fact.measured !== null;

/** Groups results by analyte and day, or partial date, in order of the first of each. */
function groupBySlot(labs: readonly LabFact[]): readonly (readonly MeasuredResult[])[] {
  const slots: MeasuredResult[][] = [];
  const byAnalyte = new Map<string, Map<string, MeasuredResult[]>>();
  for (const fact of labs) {
    if (!isSignedResult(fact) || !hasValue(fact)) continue;
    const byDay = byAnalyte.get(fact.analyte) ?? new Map<string, MeasuredResult[]>();
    byAnalyte.set(fact.analyte, byDay);
    const day = resolveDay(fact.at) ?? fact.at.text;
    const slot = byDay.get(day);
    if (slot) slot.push(fact);
    else {
      const added = [fact];
      byDay.set(day, added);
      slots.push(added);
    }
  }
  return slots;
}

/**
 * Lists the counts that can be used for assessment, earliest day first: signed, with a value, one per analyte and
 * day. Of several results of one day the last counts; results that no time of day orders count as their range. A count with a partial date is listed in addition and marked as not exact.
 */
export const listUsableCounts = createCountLister();

/**
 * As `listUsableCounts`, for the results before the first infusion: those of its day are a part of that day's, and both are
 * remembered.
 */
export const listCountsBefore = createCountLister();

/** Creates a lister that remembers the counts of each analyte and day. */
function createCountLister(): (
  labs: readonly LabFact[],
  confounders: ConfounderIndex,
) => readonly UsableCount[] {
  const buildOnce = rememberByMembers(buildSlotCounts);
  return (labs, confounders) =>
    groupBySlot(labs)
      .flatMap((results) => buildOnce(results, confounders))
      .sort((a, b) => (a.day === b.day ? 0 : a.day < b.day ? -1 : 1));
}

/** Lists signed results without a value, with the laboratory's reason. */
export function listResultsWithoutValue(labs: readonly LabFact[]): readonly LabFact[] {
  return labs.filter((fact) => isSignedResult(fact) && fact.measured === null);
}
