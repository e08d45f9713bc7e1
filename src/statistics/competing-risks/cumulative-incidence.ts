import { computeNormalQuantile } from '../normal-distribution.ts';
import {
  buildCompetingRiskTable,
  type CompetingObservation,
  listEventTimes,
} from './competing-risk-table.ts';

export type { CompetingObservation } from './competing-risk-table.ts';

/** The cumulative incidence of one cause after all events at `time`. */
export interface IncidenceStep {
  readonly time: number;
  /** The share of subjects in whom the cause came first by this time, from 0 to 1. */
  readonly incidence: number;
  readonly standardError: number;
  /** Limits on the log-log scale; null where they are not defined (incidence 0 or 1). */
  readonly limits: readonly [number, number] | null;
  readonly atRisk: number;
  /** Events of the cause at this time. */
  readonly events: number;
}

/** What the events of one time add to the variance of the incidence at any later time. */
interface VarianceSource {
  /** Variance of the jump of the cause's incidence, and of the sum of the other causes' incidences. */
  readonly own: number;
  readonly other: number;
  /** Survival free of any event after this time, and the cause's incidence after it. */
  readonly eventFree: number;
  readonly incidence: number;
}

/** Computes the variance of a jump: the square of survival before it, times the variance of d events among n at risk. */
const computeJumpVariance = (before: number, events: number, atRisk: number): number =>
  events === 0 ? 0 : (before ** 2 * events * (1 - (events - 1) / Math.max(1, atRisk - 1))) / atRisk ** 2;

/** Sums what each event so far does to the incidence: a response raises it, any event leaves fewer for later ones. */
function sumIncidenceVariance(sources: readonly VarianceSource[], incidence: number): number {
  let variance = 0;
  for (const source of sources) {
    const { own, other, eventFree } = source;
    const later = eventFree > 0 ? (incidence - source.incidence) / eventFree : 0;
    variance += own * (1 - later) ** 2 + other * later ** 2;
  }
  return variance;
}

function computeIncidenceLimits(
  incidence: number,
  standardError: number,
  z: number,
): readonly [number, number] | null {
  if (incidence <= 0 || incidence >= 1) return null;
  const width = (z * standardError) / (incidence * Math.log(incidence));
  return [incidence ** Math.exp(-width), incidence ** Math.exp(width)];
}

/**
 * Estimates the cumulative incidence of one cause where other causes compete with it (Aalen-Johansen): one step for each
 * time with an event of any cause; events precede censorings of the same time.
 *
 * With S(t) survival free of any event, d₁ events of the cause, d₂ of all others and n at risk, the incidence F is the sum
 * of S(t−)·d₁/n. Its variance at t is the sum over the event times s up to t of
 * S(s−)²/n² · { d₁·c₁·[1 − (F(t) − F(s))/S(s)]² + d₂·c₂·[(F(t) − F(s))/S(s)]² }, with c = 1 − (d − 1)/(n − 1) for ties.
 *
 * Sources: Aalen and Johansen, Scand J Stat 1978;5:141; variance by Aalen, Ann Stat 1978;6:534. The same as R's
 * `cmprsk::cuminc`; the incidence is also that of `survival::survfit` with several states. Limits: F^exp(±z·se/(F·ln F)).
 *
 * @param cause the name of the event in question; every other name competes with it
 * @param level confidence level, such as 0.95
 * @returns steps in the unit of the times, earliest first; none where nobody had an event
 * @example
 * estimateCumulativeIncidence([{ time: 1, event: 'death' }, { time: 2, event: 'response' }, { time: 3, event: null }], 'response', 0.95).map((step) => step.incidence) // => [0, 0.33333]
 */
export function estimateCumulativeIncidence(
  observations: readonly CompetingObservation[],
  cause: string,
  level: number,
): readonly IncidenceStep[] {
  const z = computeNormalQuantile(level);
  const sources: VarianceSource[] = [];
  let eventFree = 1;
  let incidence = 0;
  return buildCompetingRiskTable(observations, cause, listEventTimes(observations)).map((row) => {
    const { time, atRisk, events, otherEvents } = row;
    const before = eventFree;
    eventFree *= (atRisk - events - otherEvents) / atRisk;
    incidence = Math.min(1, incidence + (before * events) / atRisk);
    sources.push({
      own: computeJumpVariance(before, events, atRisk),
      other: computeJumpVariance(before, otherEvents, atRisk),
      eventFree,
      incidence,
    });
    const standardError = Math.sqrt(sumIncidenceVariance(sources, incidence));
    const limits = computeIncidenceLimits(incidence, standardError, z);
    return { time, incidence, standardError, limits, atRisk, events };
  });
}

/**
 * Finds the step in force at a time: the last one that is not after it. As R's `cmprsk::timepoints`.
 *
 * @returns null before the first event, where the incidence is 0
 * @example
 * findIncidenceAt(estimateCumulativeIncidence([{ time: 1, event: 'response' }, { time: 3, event: null }], 'response', 0.95), 2).incidence // => 0.5
 * findIncidenceAt([], 2) // => null
 */
export function findIncidenceAt(steps: readonly IncidenceStep[], time: number): IncidenceStep | null {
  return steps.filter((step) => step.time <= time).at(-1) ?? null;
}
