import type { Fact, PersonFact, Subject } from '../facts.ts';
import { areOnDifferentDays, buildContradiction, isCertainlyBefore } from './build-contradiction.ts';
import { isNullBirthDate, isNullDate } from './null-dates.ts';
import type { SubjectQuestion } from './subject-question.ts';

/** Nobody is known to have lived longer in whole years (Jeanne Calment, 1875 to 1997). */
const LONGEST_LIFE_YEARS = 122;

const FIX_PATIENTS =
  'Correct the Patient that is wrong, or the link or enrolment that makes two people one subject; if both are right, reject the item with the reason.';

function checkBirthDatesDiffer(born: readonly PersonFact[]): readonly SubjectQuestion[] {
  const [first, ...others] = born;
  if (!first || !born.some((person) => born.some((other) => areOnDifferentDays(person.at, other.at))))
    return [];
  return [
    buildContradiction({
      kind: 'birth-dates-differ',
      about: null,
      detail: 'Two Patients of the subject state different birth dates.',
      fix: FIX_PATIENTS,
      facts: [first, ...others],
    }),
  ];
}

/** Checks the sexes that Patients state; `unknown` and none contradict nothing. */
function checkSexesDiffer(persons: readonly PersonFact[]): readonly SubjectQuestion[] {
  const [first, ...others] = persons.filter(({ sex }) => sex !== null && sex !== 'unknown');
  if (!first || others.every(({ sex }) => sex === first.sex)) return [];
  return [
    buildContradiction({
      kind: 'sexes-differ',
      about: null,
      detail: 'Two Patients of the subject state different sexes.',
      fix: FIX_PATIENTS,
      facts: [first, ...others],
    }),
  ];
}

/** Whether the fact happened certainly before the birth. A null date is a question of its own. */
const isBeforeBirth = (fact: Fact, { at: birth }: PersonFact): boolean =>
  fact.kind !== 'person' && isCertainlyBefore(fact.at, birth) && !isNullDate(fact.at);

function checkBirthTooLate(
  { enrolledOn, consentedOn }: Subject,
  born: readonly PersonFact[],
  facts: readonly Fact[],
): readonly SubjectQuestion[] {
  const lastBirth = born.map(({ at }) => at.earliestDay).reduce((a, b) => (a > b ? a : b), '');
  const earlier = facts.filter(
    (fact) => fact.at.latestDay < lastBirth && born.some((person) => isBeforeBirth(fact, person)),
  );
  const [first, ...others] = born.filter(
    (person) =>
      person.at.earliestDay > enrolledOn ||
      person.at.earliestDay > consentedOn ||
      earlier.some((fact) => isBeforeBirth(fact, person)),
  );
  if (!first) return [];
  return [
    buildContradiction({
      kind: 'birth-date-too-late',
      about: null,
      detail:
        'The birth date is after enrolment or consent, or after something that happened to the subject.',
      fix: 'Correct Patient.birthDate, the enrolment or the date of the other resource; check that it is about the subject.',
      facts: [first, ...others, ...earlier],
      given: [enrolledOn, consentedOn],
    }),
  ];
}

/** Lists days in the first year after which nobody is alive: `YYYY-MM-DD` in text order. */
function deriveLastPossibleDay({ at }: PersonFact): string {
  const year = Number(at.latestDay.slice(0, 4)) + LONGEST_LIFE_YEARS + 1;
  return `${String(year).padStart(4, '0')}${at.latestDay.slice(4)}`;
}

/** Checks birth dates that are null dates, or with which the subject would be older on enrolment than anybody was. */
function checkBirthTooEarly(
  { enrolledOn }: Subject,
  born: readonly PersonFact[],
): readonly SubjectQuestion[] {
  const [unknown, ...moreUnknown] = born.filter(({ birthDate }) => isNullBirthDate(birthDate ?? ''));
  const fix = 'Send Patient.birthDate as it is, as a year if only that is known, or without it.';
  if (unknown)
    return [
      buildContradiction({
        kind: 'null-birth-date',
        about: null,
        detail: 'The birth date is a day that systems write where no date is known.',
        fix,
        facts: [unknown, ...moreUnknown],
      }),
    ];
  const [first, ...others] = born.filter((person) => deriveLastPossibleDay(person) <= enrolledOn);
  if (!first) return [];
  return [
    buildContradiction({
      kind: 'birth-date-too-early',
      about: null,
      detail: 'By the birth date the subject was older at enrolment than anybody has been.',
      fix,
      facts: [first, ...others],
      given: [enrolledOn],
    }),
  ];
}

/** Lists what contradicts the person: two Patients who differ, and birth dates that cannot be. */
export function checkPerson(
  subject: Subject,
  facts: readonly Fact[],
  circumstances: readonly Fact[],
): readonly SubjectQuestion[] {
  const persons = circumstances.filter((fact) => fact.kind === 'person');
  const born = persons.filter(({ birthDate }) => birthDate !== null);
  const known = born.filter(({ birthDate }) => !isNullBirthDate(birthDate ?? ''));
  return [
    ...checkBirthDatesDiffer(known),
    ...checkSexesDiffer(persons),
    ...checkBirthTooLate(subject, known, facts),
    ...checkBirthTooEarly(subject, born),
  ];
}
