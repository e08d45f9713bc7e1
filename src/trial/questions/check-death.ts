import type { DeathFact, Fact, Moment, Subject } from '../facts.ts';
import { areOnDifferentDays, buildContradiction, hasStatedConsent } from './build-contradiction.ts';
import { isFatalEvent } from './check-adverse-events.ts';
import { isNullDate } from './null-dates.ts';
import type { SubjectQuestion } from './subject-question.ts';

const FIX_DEATH =
  'Correct the day of death (Patient.deceased[x]) or the other resource; if both are right, reject the item with the reason.';

/**
 * Checks fatal events of a subject whose Patient has arrived and says nothing of a death. A death on an unknown day is
 * stated, and waits as a work item of its own. Without a Patient nothing is contradicted yet.
 */
function checkFatalEvents(facts: readonly Fact[], deaths: readonly DeathFact[]): readonly SubjectQuestion[] {
  const [person, ...others] = facts.filter((fact) => fact.kind === 'person');
  const fatal = facts.filter((fact) => fact.kind === 'adverse-event').filter(isFatalEvent);
  if (!person || fatal.length === 0 || deaths.length > 0) return [];
  if ([person, ...others].some(({ hasDied }) => hasDied)) return [];
  const question = buildContradiction({
    kind: 'fatal-event-without-death',
    about: null,
    detail:
      'An adverse event is fatal by its outcome, grade or seriousness, and the Patient does not say that they died.',
    fix: 'Send the Patient with deceasedDateTime, or correct the AdverseEvent; if both are right, reject the item with the reason.',
    facts: [person, ...others, ...fatal],
  });
  return [{ ...question, element: 'Patient.deceased[x]' }];
}

function checkDeathDates(deaths: readonly DeathFact[]): readonly SubjectQuestion[] {
  const [first, ...others] = deaths;
  if (!first || !deaths.some((death) => deaths.some((other) => areOnDifferentDays(death.at, other.at))))
    return [];
  return [
    buildContradiction({
      kind: 'death-dates-differ',
      about: null,
      detail: 'Two Patients of the subject state different days of death.',
      fix: FIX_DEATH,
      facts: [first, ...others],
    }),
  ];
}

/** A subject who is alive consents; see hasStatedConsent for why not every enrolment states when. */
function checkDeathBeforeConsent(subject: Subject, deaths: readonly DeathFact[]): readonly SubjectQuestion[] {
  if (!hasStatedConsent(subject)) return [];
  const [first, ...others] = deaths.filter(({ at }) => at.latestDay < subject.consentedOn);
  if (!first) return [];
  return [
    buildContradiction({
      kind: 'death-before-consent',
      about: null,
      detail: 'The day of death is before the day of consent.',
      fix: 'Correct the day of death (Patient.deceased[x]) or of consent; check that the Patient is the right person.',
      facts: [first, ...others],
      given: [subject.consentedOn],
    }),
  ];
}

/**
 * Whether the fact is about something that did not happen: an infusion that was not given and a result without a value may
 * have been planned for any day.
 */
function isWithoutEvent(fact: Fact): boolean {
  if (fact.kind === 'infusion') return fact.status === 'not-done';
  if (fact.kind === 'lab') return fact.measured === null;
  return fact.kind === 'differential' && fact.percent === null;
}

const isDatedAfter = (at: Moment, lastDay: string): boolean => at.earliestDay > lastDay && !isNullDate(at);

/**
 * Whether something happened certainly after the last day on which the death is possible. What was only recorded or
 * detected afterwards happened before. The end of an event counts, that of a condition does not: problem lists are closed
 * after a death.
 */
function isAfterDeath(fact: Fact, lastDay: string): boolean {
  if (fact.kind === 'person' || fact.kind === 'death' || fact.kind === 'adjudication') return false;
  if (isWithoutEvent(fact)) return false;
  if (fact.kind === 'adverse-event' && fact.resolved !== null && isDatedAfter(fact.resolved, lastDay))
    return true;
  const isOnset = !('datedBy' in fact) || fact.datedBy === undefined;
  return isOnset && isDatedAfter(fact.at, lastDay);
}

/** Checks everything that happened after the death; where its day is in question, after every stated day. */
function checkAfterDeath(facts: readonly Fact[], deaths: readonly DeathFact[]): readonly SubjectQuestion[] {
  const [first, ...others] = deaths;
  const lastDay = deaths
    .map(({ at }) => at.latestDay)
    .sort()
    .at(-1);
  if (!first || lastDay === undefined) return [];
  const later = facts.filter((fact) => isAfterDeath(fact, lastDay));
  if (later.length === 0) return [];
  return [
    buildContradiction({
      kind: 'dated-after-death',
      about: null,
      detail: 'Something is dated later than the day of death.',
      fix: FIX_DEATH,
      facts: [first, ...others, ...later],
    }),
  ];
}

/** Lists what contradicts that the subject is alive, or the day of their death. A null date is a question of its own. */
export function checkDeath(
  subject: Subject,
  facts: readonly Fact[],
  circumstances: readonly Fact[],
): readonly SubjectQuestion[] {
  const stated = circumstances.filter((fact) => fact.kind === 'death');
  const deaths = stated.filter(({ at }) => !isNullDate(at));
  return [
    ...checkFatalEvents(circumstances, stated),
    ...checkDeathDates(deaths),
    ...checkDeathBeforeConsent(subject, deaths),
    ...checkAfterDeath(facts, deaths),
  ];
}
