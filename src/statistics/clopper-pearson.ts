import { findRoot } from './find-root.ts';
import { tabulateLnFactorials } from './ln-factorials.ts';
import type { ProportionLimits } from './proportion-limits.ts';

/** Returns P(X >= x) of the binomial distribution as a function of p, summed from the far end so that small terms stay. */
function createBinomialUpperTail(x: number, n: number): (p: number) => number {
  const ln = tabulateLnFactorials(n);
  const lnChoose = ln.map((lnK, k) => (ln[n] ?? 0) - lnK - (ln[n - k] ?? 0));
  return (p) => {
    const [lnP, lnRest] = [Math.log(p), Math.log1p(-p)];
    let sum = 0;
    for (let k = n; k >= x; k -= 1) {
      sum += Math.exp((lnChoose[k] ?? 0) + k * lnP + (n - k) * lnRest);
    }
    return sum;
  };
}

/**
 * Computes exact confidence limits of a proportion: those at which the tail beyond x has half of `1 - level`.
 * Source: Clopper and Pearson, Biometrika 1934;26:404. The same as R's `binom.test(x, n, conf.level = level)`.
 *
 * @param x number of subjects with the property, from 0 to n
 * @param n number of subjects
 * @param level confidence level, such as 0.95
 * @returns limits as proportions; 0 is the lower limit of x = 0 and 1 the upper limit of x = n, so [0, 1] for n = 0
 * @example
 * computeClopperPearson(21, 74, 0.95) // => [0.18501, 0.40052]
 */
export function computeClopperPearson(x: number, n: number, level: number): ProportionLimits {
  const tail = (1 - level) / 2;
  const atLeast = createBinomialUpperTail(x, n);
  // P(X <= x) = P(n - X >= n - x): summed from its own far end, for the same reason.
  const atMost = createBinomialUpperTail(n - x, n);
  const low = x === 0 ? 0 : findRoot((p) => atLeast(p) - tail, 0, 1);
  const high = x === n ? 1 : 1 - findRoot((q) => atMost(q) - tail, 0, 1);
  return [low, high];
}
