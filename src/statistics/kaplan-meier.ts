import { computeNormalQuantile } from './normal-distribution.ts';
import { buildRiskTable, type SurvivalObservation } from './risk-table.ts';

/** Scale on which limits are taken: log-log is SAS's default, log is R's. */
export type LimitScale = 'plain' | 'log' | 'log-log';

type ConfidenceLimits = readonly [low: number, high: number];

/** The curve after all deaths at `time`. */
export interface SurvivalStep {
  readonly time: number;
  readonly atRisk: number;
  readonly deaths: number;
  /** A share from 0 to 1. */
  readonly survival: number;
  /** Greenwood's standard error of the survival; NaN once nobody is left. */
  readonly standardError: number;
  /** Limits on the chosen scale; null where they are not defined (log-log: survival 1; any: survival 0). */
  readonly limits: ConfidenceLimits | null;
}

/** Computes limits at a survival whose logarithm has this variance (Greenwood's sum). */
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

/**
 * Estimates the Kaplan-Meier curve: one step for each time at which a subject died or was censored; deaths precede
 * censorings of the same time. Sources: Kaplan and Meier, J Am Stat Assoc 1958;53:457; standard error by Greenwood. The
 * same as R's `survival::survfit` with `conf.type` of that scale.
 *
 * @param level confidence level, such as 0.95
 * @returns steps in the unit of the times, earliest first; none where nobody was followed
 * @example
 * estimateKaplanMeier([{ time: 3, died: true }, { time: 5, died: false }], 0.95).map((step) => step.survival) // => [0.5, 0.5]
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

/**
 * Finds the step in force at a time: the last one that is not after it. As R's `summary(survfit, times = time)`.
 *
 * @returns null before the first step, where survival is 1
 * @example
 * findStepAt(estimateKaplanMeier([{ time: 3, died: true }, { time: 5, died: true }], 0.95), 4).survival // => 0.5
 * findStepAt([], 4) // => null
 */
export function findStepAt(curve: readonly SurvivalStep[], time: number): SurvivalStep | null {
  return curve.filter((step) => step.time <= time).at(-1) ?? null;
}
