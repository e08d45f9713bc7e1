import { UNKNOWN_MOMENT } from '../../trial/calendar-days.ts';
import { type DeathFact, ETHNICITIES, type Fact, type PersonFact, RACES } from '../../trial/facts.ts';
import { type MappingResult, toFactsResult, type WorkNeed } from '../mapping-result.ts';
import type { ViewRow } from '../view/view-row.ts';
import { createMissingTimeNeed } from '../work-item-texts.ts';
import { buildFactKey, buildSource, formatDayKey } from './fact-base.ts';
import type { ReaderInput } from './reader-input.ts';
import { readConcept, readElementPath, readFlag, readMoment, readText } from './row-columns.ts';
import { translateEachCoding } from './translate-concept.ts';

const SEXES = ['male', 'female', 'other', 'unknown'] as const;

const createDeathDayNeed = (element: string, isSent: boolean): WorkNeed => ({
  ...createMissingTimeNeed(element, isSent),
  concerns: 'death-without-day',
});

/** Reads the death; `fact` is null if the subject is alive or the date is missing. */
function readDeath(
  row: ViewRow,
  input: ReaderInput,
): { readonly fact: DeathFact | null; readonly work: readonly WorkNeed[] } {
  const at = readMoment(row, 'deceased', input.context.timeZone);
  const element = readElementPath(row, 'deceased');
  if (at) {
    const fact: DeathFact = {
      kind: 'death',
      key: buildFactKey('death', formatDayKey(at)),
      subject: input.context.subject,
      at,
      sources: [buildSource(input, element)],
    };
    return { fact, work: [] };
  }
  if (at === null) return { fact: null, work: [createDeathDayNeed(element, true)] };
  // Survival is counted in days: a death without a date cannot be used, and must not be lost.
  const isDead = readFlag(row, 'deceased_flag');
  return { fact: null, work: isDead ? [createDeathDayNeed(`${input.at}.deceased[x]`, false)] : [] };
}

/** Reads the terms of the row's codes; codes without a term (null flavours, finer categories) are left out. */
function readCategories<T extends string>(
  row: ViewRow,
  column: 'race' | 'ethnicity',
  categories: readonly T[],
  input: ReaderInput,
): readonly T[] {
  const terms = translateEachCoding(input, column, readConcept(row, column).codings);
  return categories.filter((category) => terms.includes(category));
}

/** Reads race and ethnicity as categories. A text without a code counts as unknown and is not stored. */
function readRaceAndEthnicity(row: ViewRow, input: ReaderInput): Pick<PersonFact, 'races' | 'ethnicity'> {
  const races = readCategories(row, 'race', RACES, input);
  const [ethnicity = 'unknown', ...others] = readCategories(row, 'ethnicity', ETHNICITIES, input);
  return {
    ...(readFlag(row, 'race_sent') ? { races } : {}),
    ...(readFlag(row, 'ethnicity_sent') ? { ethnicity: others.length > 0 ? 'unknown' : ethnicity } : {}),
  };
}

type PersonCharacteristics = Pick<PersonFact, 'sex' | 'birthDate' | 'races' | 'ethnicity' | 'hasDied'>;

/** Builds the key of a person fact from all stated characteristics: two statements are the same if they all agree. */
function buildPersonKey({ sex, birthDate, races, ethnicity, hasDied }: PersonCharacteristics): string {
  const origin = races || ethnicity ? [races?.join('+') ?? '', ethnicity ?? ''] : [];
  return buildFactKey('person', sex ?? '', birthDate ?? '', ...origin, ...(hasDied ? ['has-died'] : []));
}

/**
 * Reads one row of a Patient as a person fact (administrative gender, birth date as sent, race and ethnicity as in US
 * Core) and, for a patient who has died, a death fact. A death without a date is held in addition to the person fact. No
 * address is read: registries ask for the country of the site.
 * Source: FHIR R4 Patient; US Core race and ethnicity; contract section 2.
 */
export function readPatient(row: ViewRow, input: ReaderInput): MappingResult {
  const birth = readMoment(row, 'born', input.context.timeZone);
  const sentSex = readText(row, 'sex');
  const death = readDeath(row, input);
  const characteristics: PersonCharacteristics = {
    sex: SEXES.find((sex) => sex === sentSex) ?? null,
    birthDate: birth?.text ?? null,
    ...readRaceAndEthnicity(row, input),
    ...(death.work.length > 0 ? { hasDied: true } : {}),
  };
  const person: PersonFact = {
    kind: 'person',
    key: buildPersonKey(characteristics),
    subject: input.context.subject,
    at: birth ?? UNKNOWN_MOMENT,
    sources: [buildSource(input, input.at)],
    ...characteristics,
  };
  const facts: Fact[] = death.fact ? [person, death.fact] : [person];
  const birthWork = birth === null ? [createMissingTimeNeed(readElementPath(row, 'born'), true)] : [];
  return toFactsResult(facts, [...death.work, ...birthWork]);
}
