/** ln(0!) to ln(n!) by summing logarithms. */
export function tabulateLnFactorials(n: number): readonly number[] {
  const table = [0];
  for (let i = 1; i <= n; i += 1) table.push((table[i - 1] ?? 0) + Math.log(i));
  return table;
}

/** The root of a function that rises from below 0 to above 0 between two points, to the last bit. */
export function findRoot(rising: (x: number) => number, from: number, to: number): number {
  let low = from;
  let high = to;
  for (let i = 0; i < 200; i += 1) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (rising(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The area under the standard normal curve up to z, by its odd power series (good to 1e-15 for |z| < 6). */
function computeNormalCdf(z: number): number {
  let term = z;
  let sum = z;
  for (let k = 3; Math.abs(term) > 1e-18 && k < 400; k += 2) {
    term *= (z * z) / k;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}

/** The area beyond a large z, by Laplace's continued fraction, evaluated from its far end: small areas keep their digits. */
function computeNormalUpperTail(z: number): number {
  let fraction = z;
  for (let k = 200; k >= 1; k -= 1) fraction = z + k / fraction;
  return Math.exp((-z * z) / 2) / (Math.sqrt(2 * Math.PI) * fraction);
}

/** Two-sided p of a standard normal statistic: the area beyond |z| on both sides. */
export function computeTwoSidedP(z: number): number {
  const size = Math.abs(z);
  return Math.min(1, 2 * (size < 3 ? 1 - computeNormalCdf(size) : computeNormalUpperTail(size)));
}

/** Upper tail of the chi-square distribution with one degree of freedom. */
export function computeChiSquareP(statistic: number): number {
  return computeTwoSidedP(Math.sqrt(Math.max(0, statistic)));
}

/** The normal quantile for a two-sided level: 1.959963984540054 for 0.95. */
export function computeNormalQuantile(level: number): number {
  return findRoot((z) => computeNormalCdf(z) - (1 + level) / 2, 0, 6);
}
