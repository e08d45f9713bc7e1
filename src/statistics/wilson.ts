import { computeNormalQuantile } from './normal-distribution.ts';
import type { ProportionLimits } from './proportion-limits.ts';

/**
 * Computes score limits of a proportion without continuity correction. Source: Wilson, J Am Stat Assoc 1927;22:209.
 * The same as R's `prop.test(x, n, conf.level = level, correct = FALSE)`.
 *
 * @param x number of subjects with the property, from 0 to n
 * @param n number of subjects
 * @param level confidence level, such as 0.95
 * @returns limits as proportions; [0, 1] for n = 0
 * @example
 * computeWilson(21, 74, 0.95) // => [0.19374, 0.39517]
 */
export function computeWilson(x: number, n: number, level: number): ProportionLimits {
  if (n === 0) return [0, 1];
  const z = computeNormalQuantile(level);
  const p = x / n;
  const middle = p + (z * z) / (2 * n);
  const half = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return [Math.max(0, (middle - half) / scale), Math.min(1, (middle + half) / scale)];
}
