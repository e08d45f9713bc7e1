import { findRoot, tabulateLnFactorials } from './distributions.ts';

/** A 2×2 table by rows: [a, b], [c, d]. */
export type TwoByTwoTable = readonly [a: number, b: number, c: number, d: number];

/** Fisher's exact test with the odds ratio given the margins. */
export interface FisherResult {
  /** Two-sided. */
  readonly p: number;
  /** Conditional maximum likelihood odds ratio; null where it is infinite, or nothing can be said (an empty margin). */
  readonly oddsRatio: number | null;
  /** Exact limits of the odds ratio; an upper limit of null is infinite. */
  readonly limits: readonly [low: number, high: number | null];
}

/** The numbers that the first cell can have under the table's margins, and ln of their weights at odds ratio 1. */
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
 * The mean of what `of` gives for the first cell's numbers, at an odds ratio given by its logarithm (noncentral
 * hypergeometric). Large tables are asked some hundred times, so nothing is kept of the numbers in between.
 */
function computeConditionalMean(
  { values, weights }: ReturnType<typeof tabulateFirstCell>,
  lnOdds: number,
  of: (x: number, place: number) => number,
): number {
  const term = (i: number): number => (weights[i] ?? 0) + (values[i] ?? 0) * lnOdds;
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i += 1) top = Math.max(top, term(i));
  let all = 0;
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) {
    const size = Math.exp(term(i) - top);
    all += size;
    sum += size * of(values[i] ?? 0, i);
  }
  return sum / all;
}

/** Odds ratios outside e^±60 are nothing that a trial could tell from 0 or infinity. */
const MAX_LN_ODDS = 60;

/**
 * Fisher's exact test of a 2×2 table. p is the sum of the tables with the same margins that are no more probable than
 * this one, with the relative tolerance 1e-7 that R uses. The odds ratio is the conditional maximum likelihood one (as
 * R's fisher.test, not ad/bc): the one at which the first cell's mean is what was seen; its limits are those at which
 * the tail beyond the cell has half of what is left of `level`. An empty table gives p 1 and no odds ratio.
 */
export function runFisherTest(table: TwoByTwoTable, level: number): FisherResult {
  const cells = tabulateFirstCell(table);
  const { values } = cells;
  const own = table[0];
  const place = values.indexOf(own);
  const mine = (cells.weights[place] ?? 0) + Math.log1p(1e-7);
  const p = Math.min(
    1,
    computeConditionalMean(cells, 0, (_x, i) => ((cells.weights[i] ?? 0) <= mine ? 1 : 0)),
  );
  if (values.length < 2) return { p: 1, oddsRatio: null, limits: [0, null] };
  const mean = (ln: number): number => computeConditionalMean(cells, ln, (x) => x);
  const tail = (1 - level) / 2;
  const atLeast = (ln: number): number => computeConditionalMean(cells, ln, (_x, i) => (i >= place ? 1 : 0));
  const atMost = (ln: number): number => computeConditionalMean(cells, ln, (_x, i) => (i <= place ? 1 : 0));
  const solve = (rising: (ln: number) => number): number =>
    Math.exp(findRoot(rising, -MAX_LN_ODDS, MAX_LN_ODDS));
  const isLeast = place === 0;
  const isMost = place === values.length - 1;
  const oddsRatio = isLeast ? 0 : isMost ? null : solve((ln) => mean(ln) - own);
  const low = isLeast ? 0 : solve((ln) => atLeast(ln) - tail);
  const high = isMost ? null : solve((ln) => tail - atMost(ln));
  return { p, oddsRatio, limits: [low, high] };
}
