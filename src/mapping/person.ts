import {
  type DeathFact,
  ETHNICITIES,
  type Fact,
  type Moment,
  type PersonFact,
  RACES,
} from '../trial/facts.ts';
import { dayKey, keyOf } from './keys.ts';
import type { Mapped, WorkNeed } from './mapped.ts';
import { momentIn, needsTime, type Reading, sourceOf } from './reading.ts';
import { states } from './results.ts';
import { conceptOf, elementOf, flag, text } from './row.ts';
import type { Row } from './view/compile.ts';

const SEXES = ['male', 'female', 'other', 'unknown'] as const;

/** A moment of which nothing is known: it can mean any day. */
const ANY_DAY: Moment = { text: '', earliestDay: '0001-01-01', latestDay: '9999-12-31', instant: null };

function deathOf(row: Row, reading: Reading): { fact: DeathFact | null; work: readonly WorkNeed[] } {
  const at = momentIn(row, 'deceased', reading.context.timeZone);
  if (at) {
    const fact: DeathFact = {
      kind: 'death',
      key: keyOf('death', dayKey(at)),
      subject: reading.context.subject,
      at,
      sources: [sourceOf(reading, elementOf(row, 'deceased'))],
    };
    return { fact, work: [] };
  }
  if (at === null) return { fact: null, work: [needsTime(elementOf(row, 'deceased'), true)] };
  // Survival is counted in days: a death without a date cannot be placed, and must not be lost.
  return {
    fact: null,
    work: flag(row, 'deceased_flag') ? [needsTime(`${reading.at}.deceased[x]`, false)] : [],
  };
}

/** The words that the row's codes have in a vocabulary; codes without one (null flavours, finer categories) say nothing. */
function categoriesOf<T extends string>(
  row: Row,
  column: 'race' | 'ethnicity',
  known: readonly T[],
  reading: Reading,
): readonly T[] {
  const { tools, context } = reading;
  const words = conceptOf(row, column).codings.flatMap((coding) => {
    const meaning = tools.concepts.find(context.site, [column], [coding]);
    return meaning.kind === 'word' ? [meaning.word.code] : [];
  });
  return known.filter((word) => words.includes(word));
}

/** Race and ethnicity as categories. A text alone means that nothing is known; it is not kept. */
function originOf(row: Row, reading: Reading): Pick<PersonFact, 'races' | 'ethnicity'> {
  const races = categoriesOf(row, 'race', RACES, reading);
  const [ethnicity = 'unknown', ...more] = categoriesOf(row, 'ethnicity', ETHNICITIES, reading);
  return {
    ...(flag(row, 'race_sent') ? { races } : {}),
    ...(flag(row, 'ethnicity_sent') ? { ethnicity: more.length > 0 ? 'unknown' : ethnicity } : {}),
  };
}

/** What makes two statements about a person the same: all that they say. */
function personKey(said: Pick<PersonFact, 'sex' | 'birthDate' | 'races' | 'ethnicity'>): string {
  const { races, ethnicity } = said;
  const origin = races || ethnicity ? [races?.join('+') ?? '', ethnicity ?? ''] : [];
  return keyOf('person', said.sex ?? '', said.birthDate ?? '', ...origin);
}

/**
 * One row of a Patient as a person fact (administrative gender, birth date as sent, race and ethnicity as US Core has
 * them) and, where he has died, a death fact. A death without a date is held beside the person fact. No address is read:
 * what registries ask for is the country of the site. Source: FHIR R4 Patient; US Core race and ethnicity; contract
 * section 2.
 */
export function readPerson(row: Row, reading: Reading): Mapped {
  const birth = momentIn(row, 'born', reading.context.timeZone);
  const sex = SEXES.find((s) => s === text(row, 'sex')) ?? null;
  const said = { sex, birthDate: birth?.text ?? null, ...originOf(row, reading) };
  const person: PersonFact = {
    kind: 'person',
    key: personKey(said),
    subject: reading.context.subject,
    at: birth ?? ANY_DAY,
    sources: [sourceOf(reading, reading.at)],
    ...said,
  };
  const death = deathOf(row, reading);
  const facts: Fact[] = death.fact ? [person, death.fact] : [person];
  const work = birth === null ? [...death.work, needsTime(elementOf(row, 'born'), true)] : death.work;
  return states(facts, work);
}
