import type { Fact, Subject } from '../facts.ts';
import { buildContradiction, hasStatedConsent } from './build-contradiction.ts';
import { checkEventsAndConditions } from './check-adverse-events.ts';
import { checkDeath } from './check-death.ts';
import { checkPerson } from './check-person.ts';
import { isNullDate } from './null-dates.ts';
import type { SubjectQuestion } from './subject-question.ts';

/** Whether the fact is dated on a null date, or ends on one. The birth date is checked with the person. */
function hasNullDate(fact: Fact): boolean {
  if (fact.kind === 'person') return false;
  if (isNullDate(fact.at)) return true;
  if (fact.kind === 'adverse-event') return fact.resolved !== null && isNullDate(fact.resolved);
  return fact.kind === 'condition' && fact.abated !== null && isNullDate(fact.abated);
}

function checkNullDates(facts: readonly Fact[]): readonly SubjectQuestion[] {
  const [first, ...others] = facts.filter(hasNullDate);
  if (!first) return [];
  return [
    buildContradiction({
      kind: 'null-date',
      about: null,
      detail: 'The date is a day that systems write where no date is known.',
      fix: 'Send the resource again with the date, or without it; if it is the true date, reject the item with the reason.',
      facts: [first, ...others],
    }),
  ];
}

/**
 * Checks infusions of the study product that were given before consent (ICH E6(R2) 4.8.8: consent comes first). One
 * before enrolment is not in question: a subject may be registered later. See hasStatedConsent.
 */
function checkInfusionBeforeConsent(subject: Subject, facts: readonly Fact[]): readonly SubjectQuestion[] {
  const { consentedOn } = subject;
  if (!hasStatedConsent(subject)) return [];
  const [first, ...others] = facts.filter(
    (fact) =>
      fact.kind === 'infusion' &&
      fact.status !== 'not-done' &&
      fact.at.latestDay < consentedOn &&
      !isNullDate(fact.at),
  );
  if (!first) return [];
  return [
    buildContradiction({
      kind: 'infusion-before-consent',
      about: null,
      detail: 'An infusion of the study product is dated before the subject consented.',
      fix: 'Correct the date of the infusion or of consent; if both are right, reject the item with the reason.',
      facts: [first, ...others],
      given: [consentedOn],
    }),
  ];
}

/**
 * Lists the contradictions between a subject's facts that are certain, whatever partial dates mean: what a data manager
 * would query. Nothing is decided: the facts count as they are until they are corrected. What is usual raises no question:
 * results before enrolment, events without grade or outcome, several statements of one day.
 */
export function checkContradictoryFacts(
  subject: Subject,
  facts: readonly Fact[],
  circumstances: readonly Fact[],
): readonly SubjectQuestion[] {
  return [
    ...checkDeath(subject, facts, circumstances),
    ...checkPerson(subject, facts, circumstances),
    ...checkEventsAndConditions(circumstances),
    ...checkInfusionBeforeConsent(subject, circumstances),
    ...checkNullDates(facts),
  ];
}
