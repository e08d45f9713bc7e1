import { computeNormalQuantile } from './distributions.ts';

/** How long one subject was followed, and whether death ended it (false: censored). */
export interface SurvivalObservation {
  readonly time: number;
  readonly died: boolean;
}

/** Scale on which limits are taken: log-log is SAS's default, log is R's. */
export type LimitScale = 'plain' | 'log' | 'log-log';

type ConfidenceLimits = readonly [low: number, high: number];

/** The curve after all deaths at `time`. */
export interface SurvivalStep {
  readonly time: number;
  readonly atRisk: number;
  readonly deaths: number;
  readonly survival: number;
  /** Greenwood's standard error of the survival; NaN once none is left. */
  readonly standardError: number;
  /** Limits on the scale asked for; null where they are not defined (log-log: survival 1; any: survival 0). */
  readonly limits: ConfidenceLimits | null;
}

/** Limits at a survival whose logarithm has this variance (Greenwood's sum). */
function computeSurvivalLimits(
  survival: number,
  variance: number,
  z: number,
  scale: LimitScale,
): ConfidenceLimits | null {
  if (survival <= 0) return null;
  const error = z * Math.sqrt(variance);
  switch (scale) {
    case 'plain':
      return [Math.max(0, survival - survival * error), Math.min(1, survival + survival * error)];
    case 'log':
      return [survival * Math.exp(-error), Math.min(1, survival * Math.exp(error))];
    case 'log-log': {
      if (survival >= 1) return null;
      const width = error / Math.log(survival);
      return [survival ** Math.exp(-width), survival ** Math.exp(width)];
    }
  }
}

/** Who was at risk when, and how many died. */
export interface RiskRow {
  readonly time: number;
  /** Those followed at least so long. */
  readonly atRisk: number;
  readonly deaths: number;
}

/** One row for each time at which someone died or was censored, earliest first. */
export function buildRiskTable(followed: readonly SurvivalObservation[]): readonly RiskRow[] {
  const ends = new Map<number, { ended: number; deaths: number }>();
  for (const { time, died } of followed) {
    const { ended, deaths } = ends.get(time) ?? { ended: 0, deaths: 0 };
    ends.set(time, { ended: ended + 1, deaths: deaths + (died ? 1 : 0) });
  }
  let left = followed.length;
  return [...ends]
    .sort(([a], [b]) => a - b)
    .map(([time, { ended, deaths }]) => {
      const atRisk = left;
      left -= ended;
      return { time, atRisk, deaths };
    });
}

/**
 * The Kaplan-Meier curve, one step for each time at which someone died or was censored; deaths go before censorings of
 * the same time. Standard error by Greenwood, limits on the scale named.
 */
export function estimateKaplanMeier(
  followed: readonly SurvivalObservation[],
  level: number,
  scale: LimitScale = 'log-log',
): readonly SurvivalStep[] {
  const z = computeNormalQuantile(level);
  let survival = 1;
  let variance = 0;
  return buildRiskTable(followed).map(({ time, atRisk, deaths }) => {
    survival *= 1 - deaths / atRisk;
    variance += deaths / (atRisk * (atRisk - deaths));
    const limits = computeSurvivalLimits(survival, variance, z, scale);
    return { time, atRisk, deaths, survival, standardError: survival * Math.sqrt(variance), limits };
  });
}

/** The step in force at a time: the last one not after it. Null before the first, where survival is 1. */
export function findStepAt(curve: readonly SurvivalStep[], time: number): SurvivalStep | null {
  return curve.filter((step) => step.time <= time).at(-1) ?? null;
}

/** Survival that rounding alone parts from a level is on it. */
const LEVEL_TOLERANCE = 1e-9;

/** When a falling curve comes down to a level; where it lies on the level for a while, the middle of that while (as R). */
function findTimeAtLevel(
  points: readonly (readonly [time: number, height: number])[],
  level: number,
): number | null {
  const reached = points.find(([, height]) => height <= level + LEVEL_TOLERANCE);
  if (reached === undefined) return null;
  if (reached[1] < level - LEVEL_TOLERANCE) return reached[0];
  const below = points.find(([, height]) => height < level - LEVEL_TOLERANCE) ?? points.at(-1);
  return below ? (reached[0] + below[0]) / 2 : null;
}

/** A time by which a share of the subjects has died, with limits; null where the curve does not come down to it. */
export interface SurvivalTime {
  readonly time: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** The median survival time, in the curve's unit, with the times at which its limits come down to a half (Brookmeyer and Crowley). */
export function estimateMedianSurvival(curve: readonly SurvivalStep[]): SurvivalTime {
  const along = (
    height: (step: SurvivalStep) => number | undefined,
  ): readonly (readonly [number, number])[] =>
    curve.flatMap((step) => {
      const value = height(step);
      return value === undefined ? [] : [[step.time, value] as const];
    });
  return {
    time: findTimeAtLevel(
      along((step) => step.survival),
      0.5,
    ),
    low: findTimeAtLevel(
      along((step) => step.limits?.[0]),
      0.5,
    ),
    high: findTimeAtLevel(
      along((step) => step.limits?.[1]),
      0.5,
    ),
  };
}

/**
 * Median follow-up by the reverse Kaplan-Meier method (Schemper and Smith, Control Clin Trials 1996;17:343): the end of
 * observation is the event, and death hides it. Log-log limits.
 */
export function estimateMedianFollowUp(
  followed: readonly SurvivalObservation[],
  level: number,
): SurvivalTime {
  const reversed = followed.map(({ time, died }) => ({ time, died: !died }));
  return estimateMedianSurvival(estimateKaplanMeier(reversed, level));
}
