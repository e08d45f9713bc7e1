import type { Ethnicity, PersonFact, Race } from '../trial/facts.ts';

/** What the statements about a person agree on; `unknown` where they were made and name nothing, or differ. */
function findAgreedValue<T>(
  said: readonly (T | 'unknown')[],
  textOf: (value: T) => string,
): T | 'unknown' | null {
  if (said.length === 0) return null;
  const named = new Map(
    said.flatMap((value) => (value === 'unknown' ? [] : [[textOf(value), value] as const])),
  );
  const [only] = named.values();
  return named.size === 1 && only !== undefined ? only : 'unknown';
}

/**
 * The categories of race that a person is of: one, or several. `unknown` where race was sent and names none, or where
 * statements differ; null where nobody sent it.
 */
export function deriveRaces(persons: readonly PersonFact[]): readonly Race[] | 'unknown' | null {
  const said = persons.flatMap(({ races }) =>
    races ? [races.length > 0 ? races : ('unknown' as const)] : [],
  );
  return findAgreedValue<readonly Race[]>(said, (races) => races.join());
}

/** Whether a person is Hispanic or Latino; `unknown` and null as for race. */
export function deriveEthnicity(persons: readonly PersonFact[]): Ethnicity | 'unknown' | null {
  return findAgreedValue<Ethnicity>(
    persons.flatMap(({ ethnicity }) => ethnicity ?? []),
    (ethnicity) => ethnicity,
  );
}
