/** Lower and upper limit, as proportions from 0 to 1. */
export type Limits = readonly [low: number, high: number];

/** ln(0!) to ln(n!) by summing logarithms. */
function lnFactorials(n: number): readonly number[] {
  const table = [0];
  for (let i = 1; i <= n; i += 1) table.push((table[i - 1] ?? 0) + Math.log(i));
  return table;
}

/** The root of a function that rises from below 0 to above 0 between two points, to the last bit. */
function bisect(rising: (x: number) => number, from: number, to: number): number {
  let low = from;
  let high = to;
  for (let i = 0; i < 200; i += 1) {
    const middle = (low + high) / 2;
    if (rising(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(X >= x) of the binomial distribution as a function of p, summed from the far end so that small terms stay. */
function upperTail(x: number, n: number): (p: number) => number {
  const ln = lnFactorials(n);
  const lnChoose = ln.map((lnK, k) => (ln[n] ?? 0) - lnK - (ln[n - k] ?? 0));
  return (p) => {
    let sum = 0;
    for (let k = n; k >= x; k -= 1) {
      sum += Math.exp((lnChoose[k] ?? 0) + k * Math.log(p) + (n - k) * Math.log1p(-p));
    }
    return sum;
  };
}

/**
 * Exact confidence limits for x of n (Clopper and Pearson, Biometrika 1934;26:404): the proportions at which the tail
 * beyond x has half of what is left of `level` (0.95). [0, 1] for n = 0.
 */
export function clopperPearson(x: number, n: number, level: number): Limits {
  const tail = (1 - level) / 2;
  const atLeast = upperTail(x, n);
  // P(X <= x) = P(n - X >= n - x): summed from its own far end, for the same reason.
  const atMost = upperTail(n - x, n);
  const low = x === 0 ? 0 : bisect((p) => atLeast(p) - tail, 0, 1);
  const high = x === n ? 1 : 1 - bisect((q) => atMost(q) - tail, 0, 1);
  return [low, high];
}

/** The area under the standard normal curve up to z, by its odd power series (good to 1e-15 for |z| < 6). */
function normalArea(z: number): number {
  let term = z;
  let sum = z;
  for (let k = 3; Math.abs(term) > 1e-18 && k < 400; k += 2) {
    term *= (z * z) / k;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}

/** The normal quantile for a two-sided level: 1.959963984540054 for 0.95. */
export function normalQuantile(level: number): number {
  return bisect((z) => normalArea(z) - (1 + level) / 2, 0, 6);
}

/** Score limits for x of n (Wilson, J Am Stat Assoc 1927;22:209), without continuity correction. [0, 1] for n = 0. */
export function wilson(x: number, n: number, level: number): Limits {
  if (n === 0) return [0, 1];
  const z = normalQuantile(level);
  const p = x / n;
  const middle = p + (z * z) / (2 * n);
  const half = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return [Math.max(0, (middle - half) / scale), Math.min(1, (middle + half) / scale)];
}

/** The limits by the method that the protocol names. */
export function limitsOf(method: 'clopper-pearson' | 'wilson', x: number, n: number, level: number): Limits {
  return method === 'wilson' ? wilson(x, n, level) : clopperPearson(x, n, level);
}

/**
 * Two-sided exact p of a 2×2 table by rows [a, b], [c, d] (Fisher): the sum of the tables with the same margins that
 * are no more probable than this one, with the relative tolerance 1e-7 that R uses. 1 for an empty table.
 */
export function fisherExact(a: number, b: number, c: number, d: number): number {
  const [row, other, column, all] = [a + b, c + d, a + c, a + b + c + d];
  const table = lnFactorials(all);
  const ln = (n: number): number => table[n] ?? 0;
  const margins = ln(row) + ln(other) + ln(column) + ln(all - column) - ln(all);
  const probability = (x: number): number =>
    Math.exp(margins - ln(x) - ln(row - x) - ln(column - x) - ln(other - column + x));
  const own = probability(a) * (1 + 1e-7);
  let p = 0;
  for (let x = Math.max(0, column - other); x <= Math.min(row, column); x += 1) {
    if (probability(x) <= own) p += probability(x);
  }
  return Math.min(1, p);
}
