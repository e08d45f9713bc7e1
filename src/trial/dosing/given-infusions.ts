import { resolveDay } from '../calendar-days.ts';
import type { Fact, InfusionFact } from '../facts.ts';

/** An infusion that was given, in whole or in part, on a known day. */
export interface GivenInfusion {
  readonly fact: InfusionFact;
  readonly day: string;
}

/**
 * Whether the first of two reports of one day's infusion is preferred: a completed one, then one that states a dose.
 */
function isMoreReliable(a: InfusionFact, b: InfusionFact): boolean {
  const scoreReport = (fact: InfusionFact): number =>
    (fact.status === 'completed' ? 2 : 0) + (fact.dose ? 1 : 0);
  return scoreReport(a) === scoreReport(b) ? a.key < b.key : scoreReport(a) > scoreReport(b);
}

/**
 * Lists the infusions that were given (completed, stopped or in progress), earliest first, one per day: a hospital
 * that reports one infusion twice gave it once. An infusion with a partial date cannot be placed and is left out.
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
