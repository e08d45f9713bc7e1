import type { SurvivalStep } from './kaplan-meier.ts';

/** Survival that differs from a level by rounding alone is on it. */
const LEVEL_TOLERANCE = 1e-9;

/**
 * Finds when a falling curve comes down to a level; where it stays on the level for a while, the middle of that while
 * (as R).
 */
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

/**
 * Estimates the median survival time, with the times at which the limits of the curve come down to a half. Source:
 * Brookmeyer and Crowley, Biometrics 1982;38:29. The same as R's `print(survfit)`.
 *
 * @param curve from `estimateKaplanMeier`
 * @returns times in the unit of the curve; null where the curve (or the limit) does not come down to a half
 * @example
 * estimateMedianSurvival([{ time: 3, survival: 0.75, limits: null }, { time: 5, survival: 0.25, limits: null }]) // => {"time":5,"low":null,"high":null}
 */
export function estimateMedianSurvival(curve: readonly SurvivalStep[]): SurvivalTime {
  const findHalf = (selectHeight: (step: SurvivalStep) => number | undefined): number | null => {
    const points = curve.flatMap((step) => {
      const height = selectHeight(step);
      return height === undefined ? [] : [[step.time, height] as const];
    });
    return findTimeAtLevel(points, 0.5);
  };
  return {
    time: findHalf((step) => step.survival),
    low: findHalf((step) => step.limits?.[0]),
    high: findHalf((step) => step.limits?.[1]),
  };
}
