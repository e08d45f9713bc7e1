import { resolveDay } from '../calendar-days.ts';
import type { Fact, InfusionFact } from '../facts.ts';

/** An infusion that was given, in whole or in part, on a known day. */
export interface GivenInfusion {
  readonly fact: InfusionFact;
  readonly day: string;
}

/** Which of two reports of one day's infusion to believe: a finished one, and one that states a dose. */
function isMoreReliable(a: InfusionFact, b: InfusionFact): boolean {
  const worth = (fact: InfusionFact): number => (fact.status === 'completed' ? 2 : 0) + (fact.dose ? 1 : 0);
  return worth(a) === worth(b) ? a.key < b.key : worth(a) > worth(b);
}

/**
 * The infusions that were given (completed, stopped or in progress), earliest first, one a day: a hospital that reports
 * one infusion twice gave it once. An infusion with a partial date cannot be placed and is left out.
 */
export function listGivenInfusions(facts: readonly Fact[]): readonly GivenInfusion[] {
  const byDay = new Map<string, InfusionFact>();
  for (const fact of facts) {
    if (fact.kind !== 'infusion' || fact.status === 'not-done') continue;
    const day = resolveDay(fact.at);
    const other = day === null ? undefined : byDay.get(day);
    if (day !== null && (other === undefined || isMoreReliable(fact, other))) byDay.set(day, fact);
  }
  return [...byDay].map(([day, fact]) => ({ fact, day })).sort((a, b) => (a.day < b.day ? -1 : 1));
}
