import {
  type DeathFact,
  ETHNICITIES,
  type Fact,
  type Moment,
  type PersonFact,
  RACES,
} from '../../trial/facts.ts';
import type { MappingResult, WorkNeed } from '../mapping-result.ts';
import type { ViewRow } from '../view/compile-view.ts';
import { toFactsResult } from './build-result.ts';
import { buildFactKey, formatDayKey } from './fact-keys.ts';
import { buildSource, createMissingTimeNeed, type ReaderInput, readMoment } from './reader-input.ts';
import { readConcept, readElementPath, readFlag, readText } from './row-columns.ts';

const SEXES = ['male', 'female', 'other', 'unknown'] as const;

/** A moment of which nothing is known: it can mean any day. */
const UNKNOWN_MOMENT: Moment = {
  text: '',
  earliestDay: '0001-01-01',
  latestDay: '9999-12-31',
  instant: null,
};

const createDeathDayNeed = (element: string, isSent: boolean): WorkNeed => ({
  ...createMissingTimeNeed(element, isSent),
  concerns: 'death-without-day',
});

function readDeath(
  row: ViewRow,
  reading: ReaderInput,
): { fact: DeathFact | null; work: readonly WorkNeed[] } {
  const at = readMoment(row, 'deceased', reading.context.timeZone);
  if (at) {
    const fact: DeathFact = {
      kind: 'death',
      key: buildFactKey('death', formatDayKey(at)),
      subject: reading.context.subject,
      at,
      sources: [buildSource(reading, readElementPath(row, 'deceased'))],
    };
    return { fact, work: [] };
  }
  if (at === null) return { fact: null, work: [createDeathDayNeed(readElementPath(row, 'deceased'), true)] };
  // Survival is counted in days: a death without a date cannot be placed, and must not be lost.
  return {
    fact: null,
    work: readFlag(row, 'deceased_flag') ? [createDeathDayNeed(`${reading.at}.deceased[x]`, false)] : [],
  };
}

/** The words that the row's codes have in a vocabulary; codes without one (null flavours, finer categories) say nothing. */
function readCategories<T extends string>(
  row: ViewRow,
  column: 'race' | 'ethnicity',
  known: readonly T[],
  reading: ReaderInput,
): readonly T[] {
  const { mappings: tools, context } = reading;
  const words = readConcept(row, column).codings.flatMap((coding) => {
    const meaning = tools.terminology.translate(context.site, [column], [coding]);
    return meaning.kind === 'word' ? [meaning.term.code] : [];
  });
  return known.filter((word) => words.includes(word));
}

/** Race and ethnicity as categories. A text alone means that nothing is known; it is not kept. */
function readRaceAndEthnicity(row: ViewRow, reading: ReaderInput): Pick<PersonFact, 'races' | 'ethnicity'> {
  const races = readCategories(row, 'race', RACES, reading);
  const [ethnicity = 'unknown', ...more] = readCategories(row, 'ethnicity', ETHNICITIES, reading);
  return {
    ...(readFlag(row, 'race_sent') ? { races } : {}),
    ...(readFlag(row, 'ethnicity_sent') ? { ethnicity: more.length > 0 ? 'unknown' : ethnicity } : {}),
  };
}

/** What makes two statements about a person the same: all that they say. */
function buildPersonKey(said: Pick<PersonFact, 'sex' | 'birthDate' | 'races' | 'ethnicity'>): string {
  const { races, ethnicity } = said;
  const origin = races || ethnicity ? [races?.join('+') ?? '', ethnicity ?? ''] : [];
  return buildFactKey('person', said.sex ?? '', said.birthDate ?? '', ...origin);
}

/**
 * One row of a Patient as a person fact (administrative gender, birth date as sent, race and ethnicity as US Core has
 * them) and, where he has died, a death fact. A death without a date is held beside the person fact. No address is read:
 * what registries ask for is the country of the site. Source: FHIR R4 Patient; US Core race and ethnicity; contract
 * section 2.
 */
export function readPatient(row: ViewRow, reading: ReaderInput): MappingResult {
  const birth = readMoment(row, 'born', reading.context.timeZone);
  const sex = SEXES.find((s) => s === readText(row, 'sex')) ?? null;
  const said = { sex, birthDate: birth?.text ?? null, ...readRaceAndEthnicity(row, reading) };
  const person: PersonFact = {
    kind: 'person',
    key: buildPersonKey(said),
    subject: reading.context.subject,
    at: birth ?? UNKNOWN_MOMENT,
    sources: [buildSource(reading, reading.at)],
    ...said,
  };
  const death = readDeath(row, reading);
  const facts: Fact[] = death.fact ? [person, death.fact] : [person];
  const work =
    birth === null ? [...death.work, createMissingTimeNeed(readElementPath(row, 'born'), true)] : death.work;
  return toFactsResult(facts, work);
}
