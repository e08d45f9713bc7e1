import { countDaysBetween } from '../../src/trial/calendar-days.ts';
import type { Fact, LabFact, MedicationFact } from '../../src/trial/facts.ts';
import { buildVignetteFacts, DAY_ZERO, type Vignette } from '../trial/vignette.ts';

/**
 * Random subjects as a clinician would write them. Beyond a vignette: `12..30` is a range of results that contradict each other,
 * the method `derived` a calculated count, a drug may have a time, a death a partial date.
 */
export interface RandomSubject extends Omit<Vignette, 'death' | 'drugs' | 'expect'> {
  readonly death?: number | string;
  readonly drugs: readonly (readonly [number | string, string, string?])[];
}

export type CountRow = NonNullable<Vignette['counts']>[number];

/** Leaves out the fields that are undefined. */
export function dropUndefined<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

function readNotation(fact: LabFact): LabFact {
  const derived =
    (fact.method as string) === 'derived' ? ({ method: 'unspecified', derived: true } as const) : {};
  const [value = '', upTo] = fact.measured?.value.split('..') ?? [];
  const measured = fact.measured && upTo !== undefined ? { value, comparator: null, upTo } : fact.measured;
  return { ...fact, measured, ...derived };
}

const withTime = (fact: Fact, time: string | undefined): Fact =>
  time === undefined || fact.at.earliestDay !== fact.at.latestDay
    ? fact
    : { ...fact, at: { ...fact.at, instant: Date.parse(`${fact.at.earliestDay}T${time}:00Z`) } };

/** Androgens are no growth factors. */
const withRole = (fact: MedicationFact): Fact =>
  fact.agent === 'danazol' || fact.agent === 'stanozolol' ? { ...fact, role: 'other' } : fact;

/** Two partial dates are written alike only where they mean the same days. */
const withDays = <T extends Fact>(fact: T): T => {
  const [first, last] = [fact.at.earliestDay, fact.at.latestDay].map((day) =>
    countDaysBetween(DAY_ZERO, day),
  );
  return first === last ? fact : { ...fact, at: { ...fact.at, text: `${first}/${last}` } };
};

/** Builds the facts of a random subject. */
export function buildRandomFacts(subject: RandomSubject): readonly Fact[] {
  const { death, drugs, ...vignette } = subject;
  const asVignette = {
    ...vignette,
    death,
    drugs: drugs.map(([day, agent]) => [day, agent] as const),
    expect: {},
  };
  const facts = buildVignetteFacts(dropUndefined(asVignette) as Vignette);
  const times = drugs.map(([, , time]) => time);
  return facts.map(withDays).map((fact) => {
    if (fact.kind === 'lab') return readNotation(fact);
    return fact.kind === 'medication' ? withTime(withRole(fact), times.shift()) : fact;
  });
}
