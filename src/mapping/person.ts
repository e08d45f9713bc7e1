import type { DeathFact, Fact, Moment, PersonFact } from '../trial/facts.ts';
import { dayKey, keyOf } from './keys.ts';
import type { Mapped, WorkNeed } from './mapped.ts';
import { momentIn, needsTime, type Reading, sourceOf } from './reading.ts';
import { states } from './results.ts';
import { elementOf, flag, text } from './row.ts';
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

/**
 * One row of a Patient as a person fact (administrative gender, birth date as sent) and, where he has died, a death
 * fact. A death without a date is held beside the person fact. Source: FHIR R4 Patient; contract section 2.
 */
export function readPerson(row: Row, reading: Reading): Mapped {
  const birth = momentIn(row, 'born', reading.context.timeZone);
  const sex = SEXES.find((s) => s === text(row, 'sex')) ?? null;
  const person: PersonFact = {
    kind: 'person',
    key: keyOf('person', sex ?? '', birth?.text ?? ''),
    subject: reading.context.subject,
    at: birth ?? ANY_DAY,
    sources: [sourceOf(reading, reading.at)],
    sex,
    birthDate: birth?.text ?? null,
  };
  const death = deathOf(row, reading);
  const facts: Fact[] = death.fact ? [person, death.fact] : [person];
  const work = birth === null ? [...death.work, needsTime(elementOf(row, 'born'), true)] : death.work;
  return states(facts, work);
}
