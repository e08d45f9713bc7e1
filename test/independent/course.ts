import type { Analyte, Fact, LabFact, Moment, Subject } from '../../src/trial/facts.ts';
import { type Range, readMeasuredRange, readUnits } from './range.ts';
import type { RawProtocol } from './raw-rules.ts';
import { invertTruth, isTrueForAny, mergeWorlds, type Truth } from './truth.ts';

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
  /** Whether it surely was after day 0, and, of a drug that must be new, surely was new. */
  readonly isSure: boolean;
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

/** An event ends the observation on its first possible day, or on day 0 if it can have been by then; null if it surely was. */
const endBy = ({ first, last }: When, isNew: Truth): End | null =>
  last <= 0 || isNew === false
    ? null
    : { day: Math.max(first, 0), isByDeath: false, isSure: first > 0 && isNew === true };

/** Whether an agent was given for the first time after day 0. */
const decideNew = (drugs: readonly Drug[], agent: string): Truth =>
  invertTruth(
    isTrueForAny(
      drugs
        .filter((drug) => drug.agent === agent)
        .map(({ first, last }) => mergeWorlds([first <= 0, last <= 0])),
    ),
  );

/** Every drug and transplant that ends the observation by the protocol's `censoring`; conditioning does so on its own day. */
function listEndingTreatments(
  { censoring }: RawProtocol,
  drugs: readonly Drug[],
  transplants: readonly When[],
): readonly End[] {
  const ends = censoring.by.flatMap((rule) => {
    if (rule.event === 'transplant') return transplants.map((when) => endBy(when, true));
    return drugs
      .filter(({ agent, role }) => rule.agents?.includes(agent) ?? rule.role === role)
      .map((drug) => endBy(drug, rule.onlyIfNew ? decideNew(drugs, drug.agent) : true));
  });
  return ends.filter((end) => end !== null);
}

function findEnd(deathDay: number | null, treatments: readonly End[]): End | null {
  const death = deathDay === null ? [] : [{ day: deathDay, isByDeath: true, isSure: true }];
  return (
    [...death, ...treatments].sort((a, b) => a.day - b.day || Number(b.isSure) - Number(a.isSure))[0] ?? null
  );
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
  const deathDays = listWhen('death').map(({ last }) => Math.max(last, 1));
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
