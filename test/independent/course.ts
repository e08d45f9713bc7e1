import type { Analyte, Fact, LabFact, Moment, Subject } from '../../src/trial/facts.ts';
import { type Range, readMeasuredRange, readUnits } from './range.ts';
import type { RawProtocol } from './raw-rules.ts';
import { READINGS } from './readings.ts';

/** Days from day 0 on which something can have happened: one, or several where the date is partial. */
export interface When {
  readonly first: number;
  readonly last: number;
  readonly instant: number | null;
}

export interface Count extends When {
  readonly analyte: Analyte;
  /** As measured. */
  readonly range: Range;
  /** The method, or `derived`. */
  readonly method: LabFact['method'] | 'derived';
}

export interface Transfusion extends When {
  readonly product: 'red-cells' | 'platelets' | 'any';
  readonly units: Range;
}

export interface Drug extends When {
  readonly agent: string;
  readonly role: string;
}

/** What ended the observation. */
export interface End {
  readonly day: number;
  readonly isByDeath: boolean;
}

/** One subject's facts, in days from day 0, as known today. */
export interface Course {
  readonly dayZero: string;
  /** When the first infusion was given. */
  readonly start: When;
  readonly today: number;
  readonly status: Subject['status'];
  readonly sex: string | null;
  readonly birthDate: string | null;
  readonly counts: readonly Count[];
  readonly transfusions: readonly Transfusion[];
  readonly drugs: readonly Drug[];
  readonly deathDay: number | null;
  readonly end: End | null;
}

const MS_PER_DAY = 86_400_000;

const countDay = (day: string): number => Date.parse(`${day}T00:00:00Z`) / MS_PER_DAY;

const locateMoment = (at: Moment, dayZero: string): When => ({
  first: countDay(at.earliestDay) - countDay(dayZero),
  last: countDay(at.latestDay) - countDay(dayZero),
  instant: at.instant,
});

/** The days that a date can mean. */
export const listDays = ({ first, last }: When): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

export const isExact = ({ first, last }: When): boolean => first === last;

/** The calendar day `day` days after day 0. */
export const formatCourseDay = ({ dayZero }: Pick<Course, 'dayZero'>, day: number): string =>
  new Date((countDay(dayZero) + day) * MS_PER_DAY).toISOString().slice(0, 10);

const GIVEN = ['completed', 'stopped', 'in-progress'];

function findDayZero(facts: readonly Fact[], { dosing }: RawProtocol): Moment | null {
  const given = facts.filter(
    (fact) => fact.kind === 'infusion' && fact.product === dosing.product && GIVEN.includes(fact.status),
  );
  const order = (at: Moment) => `${at.earliestDay} ${String(at.instant ?? 0).padStart(15, '0')}`;
  return given.map(({ at }) => at).sort((a, b) => (order(a) < order(b) ? -1 : 1))[0] ?? null;
}

/** Of a partial date the first possible day after day 0; null where there is none. */
const findFirstDayAfterStart = ({ first, last }: When): number | null =>
  last <= 0 ? null : Math.max(first, READINGS.perhapsBeforeStartIsBefore ? 0 : 1);

/** The first days of drugs and transplants that end the observation, by the protocol's `censoring`. */
function listEndingTreatments(
  { censoring }: RawProtocol,
  drugs: readonly Drug[],
  transplants: readonly When[],
): readonly number[] {
  const wasGivenBefore = (agent: string) =>
    drugs.some(
      (drug) => drug.agent === agent && (READINGS.perhapsBeforeStartIsBefore ? drug.first : drug.last) <= 0,
    );
  const ending = censoring.by.flatMap((rule): readonly When[] => {
    if (rule.event === 'transplant') return transplants;
    return drugs.filter(
      ({ agent, role }) =>
        (rule.agents?.includes(agent) ?? rule.role === role) && !(rule.onlyIfNew && wasGivenBefore(agent)),
    );
  });
  return ending.map(findFirstDayAfterStart).filter((day) => day !== null);
}

function findEnd(deathDay: number | null, treatments: readonly number[]): End | null {
  const treatment = treatments.length === 0 ? null : Math.min(...treatments);
  if (treatment !== null && (deathDay === null || treatment < deathDay))
    return { day: treatment, isByDeath: false };
  return deathDay === null ? null : { day: deathDay, isByDeath: true };
}

const readCount = (fact: LabFact, when: When): readonly Count[] =>
  fact.status === 'preliminary' || fact.measured === null
    ? []
    : [
        {
          ...when,
          analyte: fact.analyte,
          range: readMeasuredRange(fact.measured),
          method: fact.derived ? 'derived' : fact.method,
        },
      ];

/** Reads a subject's facts; null where no infusion was given. Facts dated after today are not known yet. */
export function readCourse(
  subject: Subject,
  facts: readonly Fact[],
  todayDate: string,
  protocol: RawProtocol,
): Course | null {
  const startMoment = findDayZero(facts, protocol);
  if (startMoment === null) return null;
  const dayZero = startMoment.earliestDay;
  const today = countDay(todayDate) - countDay(dayZero);
  const placed = facts
    .map((fact) => ({ fact, when: locateMoment(fact.at, dayZero) }))
    .filter(({ when }) => when.first <= today);
  const counts = placed.flatMap(({ fact, when }) => (fact.kind === 'lab' ? readCount(fact, when) : []));
  const transfusions = placed.flatMap(({ fact, when }) =>
    fact.kind === 'transfusion' ? [{ ...when, product: fact.component, units: readUnits(fact.units) }] : [],
  );
  const drugs = placed.flatMap(({ fact, when }) =>
    fact.kind === 'medication' ? [{ ...when, agent: fact.agent, role: fact.role }] : [],
  );
  const listWhen = (kind: Fact['kind']) => placed.filter(({ fact }) => fact.kind === kind).map((p) => p.when);
  const deathDays = listWhen('death').map(({ first, last }) =>
    Math.max(READINGS.deathIsOnLastPossibleDay ? last : first, 1),
  );
  const deathDay = deathDays.length === 0 ? null : Math.min(...deathDays);
  const person = facts.find((fact) => fact.kind === 'person');
  return {
    dayZero,
    start: locateMoment(startMoment, dayZero),
    today,
    status: subject.status,
    sex: person?.sex ?? null,
    birthDate: person?.birthDate ?? null,
    counts,
    transfusions,
    drugs,
    deathDay,
    end: findEnd(deathDay, listEndingTreatments(protocol, drugs, listWhen('transplant'))),
  };
}
