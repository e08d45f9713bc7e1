import { computeTwoSidedP } from './normal-distribution.ts';

/**
 * Computes the upper tail of the chi-square distribution, as R's `pchisq(statistic, df, lower.tail = FALSE)`, by the
 * finite sums for whole degrees of freedom: their terms are all positive, so small tails keep their digits. Source:
 * Abramowitz and Stegun, Handbook of Mathematical Functions, 26.4.4 and 26.4.5.
 *
 * @param statistic the test statistic; one below 0, which only rounding produces, counts as 0
 * @param df degrees of freedom, a whole number of at least 1
 * @returns a probability
 * @example
 * computeChiSquareP(3.841458820694124) // => 0.05
 * computeChiSquareP(5.991464547107979, 2) // => 0.05
 */
export function computeChiSquareP(statistic: number, df = 1): number {
  const half = Math.max(0, statistic) / 2;
  const isOdd = df % 2 === 1;
  let tail = isOdd ? computeTwoSidedP(Math.sqrt(2 * half)) : Math.exp(-half);
  let term = isOdd ? Math.exp(-half) * 2 * Math.sqrt(half / Math.PI) : Math.exp(-half) * half;
  for (let k = isOdd ? 3 : 4; k <= df; k += 2) {
    tail += term;
    term *= (2 * half) / k;
  }
  return Math.min(1, tail);
}
