import type { Ethnicity, PersonFact, Race } from '../trial/facts.ts';

/**
 * Returns the value on which all statements agree. `unknown` where they name no value or differ; null where there is no
 * statement.
 */
function findAgreedValue<T>(
  statements: readonly (T | 'unknown')[],
  toText: (value: T) => string,
): T | 'unknown' | null {
  if (statements.length === 0) return null;
  const values = new Map(
    statements.flatMap((value) => (value === 'unknown' ? [] : [[toText(value), value] as const])),
  );
  const [value] = values.values();
  return values.size === 1 && value !== undefined ? value : 'unknown';
}

/**
 * Derives a person's categories of race: one or several. `unknown` where race was sent without a category, or where
 * statements differ; null where race was not sent.
 */
export function deriveRaces(persons: readonly PersonFact[]): readonly Race[] | 'unknown' | null {
  const statements = persons.flatMap(({ races }) =>
    races ? [races.length > 0 ? races : ('unknown' as const)] : [],
  );
  return findAgreedValue<readonly Race[]>(statements, (races) => races.join());
}

/** Derives whether a person is Hispanic or Latino; `unknown` and null as for race. */
export function deriveEthnicity(persons: readonly PersonFact[]): Ethnicity | 'unknown' | null {
  return findAgreedValue<Ethnicity>(
    persons.flatMap(({ ethnicity }) => ethnicity ?? []),
    (ethnicity) => ethnicity,
  );
}

/**
 * Derives a person's administrative gender. `unknown` where the statements name no gender or differ; null where none was
 * sent.
 */
export function deriveSex(persons: readonly PersonFact[]): NonNullable<PersonFact['sex']> | null {
  return findAgreedValue<NonNullable<PersonFact['sex']>>(
    persons.flatMap(({ sex }) => sex ?? []),
    (sex) => sex,
  );
}

/** Derives a person's birth date (perhaps a partial date); null where none was sent or where the statements differ. */
export function deriveBirthDate(persons: readonly PersonFact[]): string | null {
  const birthDate = findAgreedValue<string>(
    persons.flatMap((person) => person.birthDate ?? []),
    (date) => date,
  );
  return birthDate === 'unknown' ? null : birthDate;
}
