import type { LogisticCoefficient } from './logistic-regression.ts';
import { computeNormalQuantile } from './normal-distribution.ts';

/**
 * Computes the limits of a coefficient from its standard error, on the logit scale. The same as R's `confint.default`.
 *
 * @param level confidence level, such as 0.95
 * @example
 * computeWaldLimits({ estimate: 1, standardError: 0.5 }, 0.95) // => [0.02002, 1.97998]
 */
export function computeWaldLimits(
  { estimate, standardError }: LogisticCoefficient,
  level: number,
): readonly [number, number] {
  const half = computeNormalQuantile(level) * standardError;
  return [estimate - half, estimate + half];
}
