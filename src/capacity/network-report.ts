import { createDurationHistogram, type DurationHistogram } from './duration-histogram.ts';

/** Seconds: exact mean and maximum, quantiles up to 2 % too long. */
export interface DurationSummary {
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** One hour of the simulation, of the pushes that came into being in it. */
export interface HourReport {
  /** Hour of the day. */
  readonly hour: number;
  readonly pushes: number;
  /** From when an instance accepted the push until it began to work on it. */
  readonly waiting: DurationSummary;
  /** From when the hospital had the result until it was acknowledged. */
  readonly age: DurationSummary;
  /** The most pushes that waited for an instance at one time. */
  readonly longestQueue: number;
  /** The most pushes that hospitals had to hold back at one time. */
  readonly mostHeldBack: number;
  /** Refused by a full queue, or while no instance could be reached. */
  readonly refusals: number;
  /** The share of the instances' time in which they worked; waiting for a commit is work. */
  readonly utilisation: number;
}

/** What a simulation found. `arrived` is `served` and `outstanding` together. */
export interface NetworkReport {
  readonly arrived: number;
  readonly served: number;
  readonly outstanding: number;
  readonly hours: readonly HourReport[];
  /** The hour with the longest mean age; null where nothing was served. */
  readonly worst: HourReport | null;
  /** Null without an outage. */
  readonly recovery: RecoveryReport | null;
}

export interface RecoveryReport {
  /** Pushes that waited in the hospitals when the outage ended. */
  readonly backlog: number;
  /** From the end of the outage until everything from before its end was acknowledged; null if it was not. */
  readonly caughtUpAfter: number | null;
}

/** Collects one hour while it is simulated. */
export interface HourRecord {
  readonly waiting: DurationHistogram;
  readonly age: DurationHistogram;
  pushes: number;
  longestQueue: number;
  mostHeldBack: number;
  refusals: number;
  busy: number;
}

/** Creates the record of an hour in which nothing has happened yet. */
export const createHourRecord = (): HourRecord => ({
  waiting: createDurationHistogram(),
  age: createDurationHistogram(),
  pushes: 0,
  longestQueue: 0,
  mostHeldBack: 0,
  refusals: 0,
  busy: 0,
});

const summarise = (durations: DurationHistogram): DurationSummary => ({
  mean: durations.mean,
  p50: durations.findQuantile(0.5),
  p99: durations.findQuantile(0.99),
  max: durations.max,
});

/** Summarises the record of an hour. */
export function summariseHour(hour: number, record: HourRecord, instances: number): HourReport {
  const { pushes, longestQueue, mostHeldBack, refusals, busy } = record;
  return {
    hour,
    pushes,
    waiting: summarise(record.waiting),
    age: summarise(record.age),
    longestQueue,
    mostHeldBack,
    refusals,
    utilisation: busy / (3_600 * instances),
  };
}

/** Finds the hour with the longest mean age. */
export function findWorstHour(hours: readonly HourReport[]): HourReport | null {
  const served = hours.filter(({ age }) => age.max > 0);
  return served.reduce<HourReport | null>(
    (worst, hour) => (worst === null || hour.age.mean > worst.age.mean ? hour : worst),
    null,
  );
}
