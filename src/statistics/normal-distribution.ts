import { findRoot } from './find-root.ts';

/** Returns the area under the standard normal curve up to z, by its odd power series (good to 1e-15 for |z| < 6). */
function computeNormalCdf(z: number): number {
  let term = z;
  let sum = z;
  for (let k = 3; Math.abs(term) > 1e-18 && k < 400; k += 2) {
    term *= (z * z) / k;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}

/**
 * Returns the area beyond a large z, by Laplace's continued fraction evaluated from its far end: small areas keep their
 * digits.
 */
function computeNormalUpperTail(z: number): number {
  let fraction = z;
  for (let k = 200; k >= 1; k -= 1) fraction = z + k / fraction;
  return Math.exp((-z * z) / 2) / (Math.sqrt(2 * Math.PI) * fraction);
}

/**
 * Computes the two-sided p of a standard normal statistic: the area beyond |z| on both sides, as R's
 * `2 * pnorm(-abs(z))`.
 *
 * @param z the statistic; its sign does not matter
 * @returns a probability; 1 at z = 0
 * @example
 * computeTwoSidedP(1.959963984540054) // => 0.05
 */
export function computeTwoSidedP(z: number): number {
  const size = Math.abs(z);
  return Math.min(1, 2 * (size < 3 ? 1 - computeNormalCdf(size) : computeNormalUpperTail(size)));
}

/**
 * Computes the standard normal quantile that leaves half of `1 - level` on each side, as R's `qnorm((1 + level) / 2)`.
 *
 * @param level a confidence level between 0 and 1
 * @returns a number of standard deviations; at most 6, which is the level 1 - 2e-9
 * @example
 * computeNormalQuantile(0.95) // => 1.95996
 */
export function computeNormalQuantile(level: number): number {
  return findRoot((z) => computeNormalCdf(z) - (1 + level) / 2, 0, 6);
}
