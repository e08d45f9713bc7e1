import { normalQuantile } from './proportion.ts';

/** How long one subject was followed, and whether death ended it (false: censored). */
export interface Followed {
  readonly time: number;
  readonly died: boolean;
}

/** The curve after all deaths at `time`. */
export interface SurvivalStep {
  readonly time: number;
  readonly atRisk: number;
  readonly deaths: number;
  readonly survival: number;
  /** Greenwood's standard error of the survival; NaN once none is left. */
  readonly standardError: number;
  /** log-log limits; null where they are not defined (survival 1 or 0). */
  readonly limits: readonly [low: number, high: number] | null;
}

function logLogLimits(survival: number, variance: number, z: number): SurvivalStep['limits'] {
  if (survival <= 0 || survival >= 1) return null;
  const width = (z * Math.sqrt(variance)) / Math.log(survival);
  return [survival ** Math.exp(-width), survival ** Math.exp(width)];
}

/**
 * The Kaplan-Meier curve, one step for each time at which someone died or was censored; deaths go before censorings of
 * the same time. Standard error by Greenwood, limits on the log-log scale (SAS's default; R's is log).
 */
export function kaplanMeier(followed: readonly Followed[], level: number): readonly SurvivalStep[] {
  const z = normalQuantile(level);
  const times = [...new Set(followed.map((one) => one.time))].sort((a, b) => a - b);
  let survival = 1;
  let variance = 0;
  return times.map((time) => {
    const atRisk = followed.filter((one) => one.time >= time).length;
    const deaths = followed.filter((one) => one.time === time && one.died).length;
    survival *= 1 - deaths / atRisk;
    variance += deaths / (atRisk * (atRisk - deaths));
    const limits = logLogLimits(survival, variance, z);
    return { time, atRisk, deaths, survival, standardError: survival * Math.sqrt(variance), limits };
  });
}

/** The step in force at a time: the last one not after it. Null before the first, where survival is 1. */
export function stepAt(curve: readonly SurvivalStep[], time: number): SurvivalStep | null {
  return curve.filter((step) => step.time <= time).at(-1) ?? null;
}
