import { computeTwoSidedP } from './normal-distribution.ts';

/**
 * Computes the upper tail of the chi-square distribution with one degree of freedom, as R's
 * `pchisq(statistic, 1, lower.tail = FALSE)`.
 *
 * @param statistic the test statistic; one below 0, which only rounding produces, counts as 0
 * @returns a probability
 * @example
 * computeChiSquareP(3.841458820694124) // => 0.05
 */
export function computeChiSquareP(statistic: number): number {
  return computeTwoSidedP(Math.sqrt(Math.max(0, statistic)));
}
