import type { PatientRecord } from '../../intake/patient-identifiers.ts';
import { parseIdentifierSystem } from './contradicting-identifiers.ts';
import type { SubjectIdentifier } from './narrow-subjects.ts';

/*
 * Identifiers that two people share: families share insurance numbers, and a medical record number is mistyped. Such an
 * identifier links no record to a subject, until one of the records is corrected.
 */

/** A person as their Patients describe them: one Patient, or several merged ones. */
export interface DescribedPerson {
  readonly records: readonly PatientRecord[];
  /** `Patient/id` of every Patient, sent or not. */
  readonly ids: readonly string[];
  /** Their ids, and `system|value` of all their Patients. */
  readonly identifiers: readonly string[];
}

/** What two people differ in who share an identifier. */
export type PersonalDifference = 'enrolled-identifier' | 'identifier' | 'birth-date' | 'sex';

/** An identifier that people share who differ, with the Patients that carry it. */
export interface Contest {
  readonly identifier: string;
  readonly patients: readonly string[];
  readonly differences: readonly PersonalDifference[];
}

/** Sexes that exclude each other; `unknown` excludes none. */
const DISTINCT_SEXES: ReadonlySet<string> = new Set(['male', 'female', 'other']);

/** Whether dates of different precision cannot be the same: `1990` can be `1990-05-01`. */
function isOtherDate(first: string, second: string): boolean {
  const length = Math.min(first.length, second.length);
  return first.slice(0, length) !== second.slice(0, length);
}

const hasDifferingPair = <T>(
  first: readonly T[],
  second: readonly T[],
  differ: (a: T, b: T) => boolean,
): boolean => first.some((a) => second.some((b) => differ(a, b)));

const listBirthDates = ({ records }: DescribedPerson): readonly string[] =>
  records.flatMap(({ birthDate }) => birthDate ?? []);
const listSexes = ({ records }: DescribedPerson): readonly string[] =>
  records.flatMap(({ sex }) => (sex !== null && DISTINCT_SEXES.has(sex) ? [sex] : []));

/** Groups identifiers by their system, those without a system and `Patient/id` left out. */
function groupBySystem(identifiers: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const qualified = identifiers.filter(
    (identifier) => !['', 'Patient'].includes(parseIdentifierSystem(identifier)),
  );
  return Map.groupBy(qualified, parseIdentifierSystem);
}

/** Whether some system has values of both people, and none in common. */
function hasOtherIdentifier(first: readonly string[], second: readonly string[]): boolean {
  const others = groupBySystem(second);
  return [...groupBySystem(first)].some(([system, values]) => {
    const otherValues = others.get(system) ?? [];
    return otherValues.length > 0 && !otherValues.some((value) => values.includes(value));
  });
}

/**
 * Whether one person carries an identifier of an enrolment, and the other one has another value in its system. Ids of
 * Patients count here: they are one system of the EHR, except ids that were derived for Patients sent without one.
 */
function hasOtherEnrolledIdentifier(
  first: DescribedPerson,
  second: DescribedPerson,
  enrolled: ReadonlySet<string>,
): boolean {
  const names = first.identifiers.filter((identifier) => enrolled.has(identifier));
  return names.some((name) => {
    const system = parseIdentifierSystem(name);
    const inSystem = second.identifiers.filter(
      (other) => system !== '' && parseIdentifierSystem(other) === system,
    );
    return inSystem.length > 0 && !inSystem.some((other) => first.identifiers.includes(other));
  });
}

/** Lists what shows that two people are not one; empty where nothing does. */
export function listDifferences(
  first: DescribedPerson,
  second: DescribedPerson,
  enrolled: ReadonlySet<string>,
): readonly PersonalDifference[] {
  const isOtherSubject =
    hasOtherEnrolledIdentifier(first, second, enrolled) ||
    hasOtherEnrolledIdentifier(second, first, enrolled);
  return [
    ...(isOtherSubject ? (['enrolled-identifier'] as const) : []),
    ...(hasOtherIdentifier(first.identifiers, second.identifiers) ? (['identifier'] as const) : []),
    ...(hasDifferingPair(listBirthDates(first), listBirthDates(second), isOtherDate)
      ? (['birth-date'] as const)
      : []),
    ...(hasDifferingPair(listSexes(first), listSexes(second), (a, b) => a !== b) ? (['sex'] as const) : []),
  ];
}

/** Lists in what any two of the people differ, each once, in alphabetical order. */
export function listAllDifferences(
  people: readonly DescribedPerson[],
  enrolled: ReadonlySet<string>,
): readonly PersonalDifference[] {
  const differences = people.flatMap((person, index) =>
    people.slice(index + 1).flatMap((other) => listDifferences(person, other, enrolled)),
  );
  return [...new Set(differences)].sort();
}

/**
 * Finds the identifiers that people share who differ in an enrolled identifier, in another value of one system, in birth
 * date or in sex. Identifiers of enrolments are facts and are never contested; those without a system identify nobody.
 * Ordered by identifier.
 */
export function findContests(
  people: readonly DescribedPerson[],
  enrolments: readonly SubjectIdentifier[],
): readonly Contest[] {
  const enrolled = new Set(enrolments.map(({ identifier }) => identifier));
  const carriers = new Map<string, DescribedPerson[]>();
  for (const person of people) {
    for (const identifier of new Set(person.identifiers)) {
      if (['', 'Patient'].includes(parseIdentifierSystem(identifier)) || enrolled.has(identifier)) continue;
      carriers.set(identifier, [...(carriers.get(identifier) ?? []), person]);
    }
  }
  const contests = [...carriers].map(([identifier, carrying]): Contest => {
    const patients = carrying.flatMap(({ records }) => records.map(({ id }) => id)).sort();
    return { identifier, patients, differences: listAllDifferences(carrying, enrolled) };
  });
  return contests
    .filter(({ differences }) => differences.length > 0)
    .sort((a, b) => (a.identifier < b.identifier ? -1 : 1));
}
