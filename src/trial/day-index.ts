import { addDays } from './calendar-days.ts';
import type { Moment } from './facts.ts';

interface Dated {
  readonly at: Moment;
}

/**
 * Facts by day, so that finding those of a few days costs the logarithm of their number instead of the number.
 * Partial dates and periods can mean any of several days; they are few and are searched one by one.
 */
export interface DayIndex<T extends Dated> {
  /** Finds the facts that can have happened from `first` to `last`, both included, in order of their first day. */
  findBetween(first: string, last: string): readonly T[];
  /** Whether a fact of these days satisfies the condition; stops at the first, from the earliest on. */
  some(first: string, last: string, isMatch: (fact: T) => boolean): boolean;
}

/** Counts the sorted facts that happened before a day. */
function countBefore(sorted: readonly Dated[], day: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.at.earliestDay ?? '') < day) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compareByDay(a: Dated, b: Dated): number {
  const [first, second] = [a.at.earliestDay, b.at.earliestDay];
  return first === second ? 0 : first < second ? -1 : 1;
}

/** Builds the index; facts of one day keep their order. */
export function buildDayIndex<T extends Dated>(facts: readonly T[]): DayIndex<T> {
  const exact = facts.filter(({ at }) => at.earliestDay === at.latestDay).sort(compareByDay);
  const partial = facts.filter(({ at }) => at.earliestDay !== at.latestDay).sort(compareByDay);
  const findPartial = (first: string, last: string): readonly T[] =>
    partial.filter(({ at }) => at.latestDay >= first && at.earliestDay <= last);
  const locateBounds = (first: string, last: string): readonly [number, number] => [
    countBefore(exact, first),
    countBefore(exact, addDays(last, 1)),
  ];
  return {
    findBetween(first, last) {
      const inside = exact.slice(...locateBounds(first, last));
      const open = findPartial(first, last);
      return open.length === 0 ? inside : [...inside, ...open].sort(compareByDay);
    },
    some(first, last, isMatch) {
      const [from, to] = locateBounds(first, last);
      for (let i = from; i < to; i += 1) {
        const fact = exact[i];
        if (fact !== undefined && isMatch(fact)) return true;
      }
      return findPartial(first, last).some(isMatch);
    },
  };
}
