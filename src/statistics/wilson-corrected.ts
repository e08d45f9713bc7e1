import { computeNormalQuantile } from './normal-distribution.ts';
import type { ProportionLimits } from './proportion-limits.ts';

/**
 * Computes score limits of a proportion with Yates' continuity correction: the proportion is moved half a subject outwards
 * before the score limits are taken. The correction never exceeds the distance of x from n/2, where R tests a half.
 * Source: Newcombe, Stat Med 1998;17:857. The same as R's `prop.test(x, n, conf.level = level)`.
 *
 * @param x number of subjects with the property, from 0 to n
 * @param n number of subjects
 * @param level confidence level, such as 0.95
 * @returns limits as proportions; [0, 1] for n = 0
 * @example
 * computeWilsonCorrected(21, 74, 0.95) // => [0.18801, 0.40226]
 */
export function computeWilsonCorrected(x: number, n: number, level: number): ProportionLimits {
  if (n === 0) return [0, 1];
  const z = computeNormalQuantile(level);
  const correction = Math.min(0.5, Math.abs(x - n / 2));
  const scale = 1 + (z * z) / n;
  const side = (direction: 1 | -1): number => {
    const p = x / n + (direction * correction) / n;
    const half = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
    return (p + (z * z) / (2 * n) + direction * half) / scale;
  };
  return [x === 0 ? 0 : Math.max(0, side(-1)), x === n ? 1 : Math.min(1, side(1))];
}
