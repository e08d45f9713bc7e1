import { addDays } from './calendar-days.ts';
import type { Moment } from './facts.ts';

interface Dated {
  readonly at: Moment;
}

/**
 * Facts by day, so that finding those of a few days costs the logarithm of their number and not the number. Partial
 * dates and periods may mean any of several days; they are few, and are looked through one by one.
 */
export interface DayIndex<T extends Dated> {
  /** The facts that can have happened from `first` to `last` (days that count themselves), in order of their first day. */
  findBetween(first: string, last: string): readonly T[];
  /** Whether one of them is as asked; stops at the first that is, from the earliest on. */
  some(first: string, last: string, isAsked: (fact: T) => boolean): boolean;
}

/** How many of the sorted facts happened before a day. */
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
  const [one, other] = [a.at.earliestDay, b.at.earliestDay];
  return one === other ? 0 : one < other ? -1 : 1;
}

/** Makes the index; facts of one day keep their order. */
export function buildDayIndex<T extends Dated>(facts: readonly T[]): DayIndex<T> {
  const exact = facts.filter(({ at }) => at.earliestDay === at.latestDay).sort(compareByDay);
  const vague = facts.filter(({ at }) => at.earliestDay !== at.latestDay).sort(compareByDay);
  const vagueIn = (first: string, last: string): readonly T[] =>
    vague.filter(({ at }) => at.latestDay >= first && at.earliestDay <= last);
  const bounds = (first: string, last: string): readonly [number, number] => [
    countBefore(exact, first),
    countBefore(exact, addDays(last, 1)),
  ];
  return {
    findBetween(first, last) {
      const inside = exact.slice(...bounds(first, last));
      const open = vagueIn(first, last);
      return open.length === 0 ? inside : [...inside, ...open].sort(compareByDay);
    },
    some(first, last, isAsked) {
      const [from, to] = bounds(first, last);
      for (let i = from; i < to; i += 1) {
        const fact = exact[i];
        if (fact !== undefined && isAsked(fact)) return true;
      }
      return vagueIn(first, last).some(isAsked);
    },
  };
}
