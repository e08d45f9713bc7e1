import { tabulateLnFactorials } from '../ln-factorials.ts';

/**
 * Tabulates the binomial distribution: the probability of 0 to n subjects with the property. As R's `dbinom(0:n, n, p)`.
 *
 * @param p from 0 to 1
 * @returns n + 1 probabilities
 * @example
 * tabulateBinomial(2, 0.25) // => [0.5625, 0.375, 0.0625]
 * tabulateBinomial(1, 0) // => [1, 0]
 */
export function tabulateBinomial(n: number, p: number): readonly number[] {
  const ln = tabulateLnFactorials(n);
  // 0 subjects contribute 0 · ln 0 = 0.
  const weigh = (count: number, share: number): number => (count === 0 ? 0 : count * Math.log(share));
  return ln.map((lnK, k) =>
    Math.exp((ln[n] ?? 0) - lnK - (ln[n - k] ?? 0) + weigh(k, p) + weigh(n - k, 1 - p)),
  );
}

/**
 * Tabulates the upper tail of a distribution: the k-th entry is the probability of at least k, summed from the far end so
 * that small terms stay.
 *
 * @param masses probabilities of 0, 1, 2 and more
 * @returns one entry more than `masses`, the last one 0
 * @example
 * tabulateUpperTail([0.5, 0.25, 0.25]) // => [1, 0.5, 0.25, 0]
 */
export function tabulateUpperTail(masses: readonly number[]): readonly number[] {
  const tail = [0];
  for (const mass of masses.toReversed()) tail.push((tail.at(-1) ?? 0) + mass);
  return tail.reverse();
}
