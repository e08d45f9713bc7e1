import { countDaysBetween, resolveDay } from '../calendar-days.ts';
import type { Fact } from '../facts.ts';
import { findDeathDay, selectFactsKnownOn } from '../visits/clinical-course.ts';

/** Days in a month: a year of 365.25 days divided by 12. */
export const DAYS_PER_MONTH = 30.4375;

/** How long a subject was followed from the first infusion. */
export interface FollowUp {
  readonly days: number;
  readonly died: boolean;
}

/**
 * Derives the last day on which the subject was surely in contact: of a partial date its first day, of a period its
 * last.
 */
function deriveContactDay(fact: Fact, today: string): string {
  const last = resolveDay(fact.at) === null ? fact.at.earliestDay : fact.at.latestDay;
  return last < today ? last : today;
}

/**
 * Finds the fact that shows the last contact: of several on one day the first by key. Null where only the person's
 * own data are known. A statement about the subject is no contact with them.
 */
export function findLastContact(
  facts: readonly Fact[],
  today: string,
): { readonly fact: Fact; readonly day: string } | null {
  const contacts = facts
    .filter((fact) => fact.kind !== 'person' && fact.kind !== 'adjudication')
    .map((fact) => ({ fact, day: deriveContactDay(fact, today) }));
  const [first] = contacts;
  if (first === undefined) return null;
  return contacts.reduce((last, contact) => {
    if (contact.day !== last.day) return contact.day > last.day ? contact : last;
    return contact.fact.key < last.fact.key ? contact : last;
  }, first);
}

/**
 * Measures the follow-up from the first infusion to death, or to the last contact: the latest day of any fact but the
 * person's own data. Never negative.
 */
export function measureFollowUp(dayZero: string, allFacts: readonly Fact[], today: string): FollowUp {
  const facts = selectFactsKnownOn(allFacts, today);
  const death = findDeathDay(facts);
  if (death !== null)
    return { days: Math.max(0, countDaysBetween(dayZero, death < today ? death : today)), died: true };
  const last = findLastContact(facts, today)?.day ?? dayZero;
  return { days: Math.max(0, countDaysBetween(dayZero, last)), died: false };
}
