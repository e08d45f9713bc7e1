import { findRoot } from './find-root.ts';
import { tabulateLnFactorials } from './ln-factorials.ts';

/** A 2×2 table by rows: [a, b], [c, d]. */
type TwoByTwoTable = readonly [a: number, b: number, c: number, d: number];

/** The result of Fisher's exact test, with the odds ratio given the margins. */
interface FisherResult {
  /** Two-sided. */
  readonly p: number;
  /** Conditional maximum likelihood odds ratio; null where it is infinite or cannot be determined (an empty margin). */
  readonly oddsRatio: number | null;
  /** Exact limits of the odds ratio; an upper limit of null is infinite. */
  readonly limits: readonly [low: number, high: number | null];
}

/** Tabulates the values that the first cell can have under the table's margins, and ln of their weights at odds ratio 1. */
function tabulateFirstCell([a, b, c, d]: TwoByTwoTable): {
  readonly values: readonly number[];
  readonly weights: readonly number[];
} {
  const [row, other, column] = [a + b, c + d, a + c];
  const table = tabulateLnFactorials(row + other);
  const ln = (n: number): number => table[n] ?? 0;
  const values: number[] = [];
  for (let x = Math.max(0, column - other); x <= Math.min(row, column); x += 1) values.push(x);
  const weights = values.map(
    (x) => ln(row) + ln(other) - ln(x) - ln(row - x) - ln(column - x) - ln(other - column + x),
  );
  return { values, weights };
}

/**
 * Computes the mean of a function of the first cell's value at an odds ratio given by its logarithm (noncentral
 * hypergeometric distribution). It is called some hundred times for large tables, so no array is kept in between.
 */
function computeConditionalMean(
  { values, weights }: ReturnType<typeof tabulateFirstCell>,
  lnOdds: number,
  weigh: (x: number, place: number) => number,
): number {
  const term = (i: number): number => (weights[i] ?? 0) + (values[i] ?? 0) * lnOdds;
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i += 1) top = Math.max(top, term(i));
  let total = 0;
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) {
    const size = Math.exp(term(i) - top);
    total += size;
    sum += size * weigh(values[i] ?? 0, i);
  }
  return sum / total;
}

/** Odds ratios outside e^±60 cannot be distinguished from 0 or infinity in a trial. */
const MAX_LN_ODDS = 60;

/** R's `fisher.test` counts tables as equally probable within this relative tolerance. */
const PROBABILITY_TOLERANCE = 1e-7;

/** Solves a rising function of the logarithm of the odds ratio; returns the odds ratio. */
const solveOddsRatio = (rising: (lnOdds: number) => number): number =>
  Math.exp(findRoot(rising, -MAX_LN_ODDS, MAX_LN_ODDS));

/**
 * Runs Fisher's exact test of a 2×2 table. p sums the tables with the same margins that are no more probable than this
 * one. The odds ratio is the conditional maximum likelihood estimate, not ad/bc: the one at which the mean of the first
 * cell is its observed value; its limits are those at which the tail beyond the cell has half of `1 - level`. Source:
 * Fisher, J R Stat Soc 1935;98:39. The same as R's `fisher.test`, which searches to about 1e-4.
 *
 * @param table by rows, such as responders and non-responders with and without a property
 * @param level confidence level, such as 0.95
 * @returns p 1 and no odds ratio where a margin is empty
 * @example
 * runFisherTest([3, 9, 10, 2], 0.95) // => {"p":0.01228,"oddsRatio":0.07737,"limits":[0.00524,0.64735]}
 * runFisherTest([0, 0, 0, 0], 0.95) // => {"p":1,"oddsRatio":null,"limits":[0,null]}
 */
export function runFisherTest(table: TwoByTwoTable, level: number): FisherResult {
  const cells = tabulateFirstCell(table);
  const { values, weights } = cells;
  const observed = table[0];
  const place = values.indexOf(observed);
  const lnObserved = (weights[place] ?? 0) + Math.log1p(PROBABILITY_TOLERANCE);
  const p = computeConditionalMean(cells, 0, (_x, i) => ((weights[i] ?? 0) <= lnObserved ? 1 : 0));
  if (values.length < 2) return { p: 1, oddsRatio: null, limits: [0, null] };
  const tail = (1 - level) / 2;
  const mean = (lnOdds: number): number => computeConditionalMean(cells, lnOdds, (x) => x);
  const atLeast = (lnOdds: number): number =>
    computeConditionalMean(cells, lnOdds, (_x, i) => (i >= place ? 1 : 0));
  const atMost = (lnOdds: number): number =>
    computeConditionalMean(cells, lnOdds, (_x, i) => (i <= place ? 1 : 0));
  const isLeast = place === 0;
  const isMost = place === values.length - 1;
  const oddsRatio = isLeast ? 0 : isMost ? null : solveOddsRatio((lnOdds) => mean(lnOdds) - observed);
  const low = isLeast ? 0 : solveOddsRatio((lnOdds) => atLeast(lnOdds) - tail);
  const high = isMost ? null : solveOddsRatio((lnOdds) => tail - atMost(lnOdds));
  return { p: Math.min(1, p), oddsRatio, limits: [low, high] };
}
