import { computeNormalQuantile, findRoot, tabulateLnFactorials } from './distributions.ts';

/** Lower and upper limit, as proportions from 0 to 1. */
export type ProportionLimits = readonly [low: number, high: number];

/** The intervals that a protocol may ask for, by name. */
export const INTERVAL_METHODS = ['clopper-pearson', 'wilson', 'wilson-cc'] as const;

export type IntervalMethod = (typeof INTERVAL_METHODS)[number];

/** P(X >= x) of the binomial distribution as a function of p, summed from the far end so that small terms stay. */
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
 * Exact confidence limits for x of n (Clopper and Pearson, Biometrika 1934;26:404): the proportions at which the tail
 * beyond x has half of what is left of `level` (0.95). [0, 1] for n = 0.
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

/** Score limits for x of n (Wilson, J Am Stat Assoc 1927;22:209), without continuity correction. [0, 1] for n = 0. */
export function computeWilson(x: number, n: number, level: number): ProportionLimits {
  if (n === 0) return [0, 1];
  const z = computeNormalQuantile(level);
  const p = x / n;
  const middle = p + (z * z) / (2 * n);
  const half = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return [Math.max(0, (middle - half) / scale), Math.min(1, (middle + half) / scale)];
}

/**
 * Score limits with Yates' continuity correction, as R's prop.test gives them (Newcombe, Stat Med 1998;17:857): the
 * proportion is moved half a subject outwards before the score limits are taken. The correction never goes beyond the
 * distance of x from n/2, where prop.test tests a half. [0, 1] for n = 0.
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

const INTERVALS_BY_METHOD = {
  'clopper-pearson': computeClopperPearson,
  wilson: computeWilson,
  'wilson-cc': computeWilsonCorrected,
} as const;

/** The limits by the method that the protocol names. */
export function computeProportionLimits(
  method: IntervalMethod,
  x: number,
  n: number,
  level: number,
): ProportionLimits {
  return INTERVALS_BY_METHOD[method](x, n, level);
}
