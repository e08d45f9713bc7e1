import { bisect, lnFactorials } from './distributions.ts';

/** A 2×2 table by rows: [a, b], [c, d]. */
export type Table = readonly [a: number, b: number, c: number, d: number];

/** Fisher's exact test with the odds ratio given the margins. */
export interface FisherTest {
  /** Two-sided. */
  readonly p: number;
  /** Conditional maximum likelihood odds ratio; null where it is infinite, or nothing can be said (an empty margin). */
  readonly oddsRatio: number | null;
  /** Exact limits of the odds ratio; an upper limit of null is infinite. */
  readonly limits: readonly [low: number, high: number | null];
}

/** The numbers that the first cell can have under the table's margins, and ln of their weights at odds ratio 1. */
function cellsOf([a, b, c, d]: Table): {
  readonly values: readonly number[];
  readonly weights: readonly number[];
} {
  const [row, other, column] = [a + b, c + d, a + c];
  const table = lnFactorials(row + other);
  const ln = (n: number): number => table[n] ?? 0;
  const values: number[] = [];
  for (let x = Math.max(0, column - other); x <= Math.min(row, column); x += 1) values.push(x);
  const weights = values.map(
    (x) => ln(row) + ln(other) - ln(x) - ln(row - x) - ln(column - x) - ln(other - column + x),
  );
  return { values, weights };
}

/** Probabilities of the first cell's numbers at an odds ratio, given by its logarithm (noncentral hypergeometric). */
function probabilities({ values, weights }: ReturnType<typeof cellsOf>, lnOdds: number): readonly number[] {
  const terms = values.map((x, i) => (weights[i] ?? 0) + x * lnOdds);
  const top = terms.reduce((most, term) => Math.max(most, term), Number.NEGATIVE_INFINITY);
  const sizes = terms.map((term) => Math.exp(term - top));
  const sum = sizes.reduce((total, size) => total + size, 0);
  return sizes.map((size) => size / sum);
}

/** Odds ratios outside e^±60 are nothing that a trial could tell from 0 or infinity. */
const FARTHEST = 60;

/**
 * Fisher's exact test of a 2×2 table. p is the sum of the tables with the same margins that are no more probable than
 * this one, with the relative tolerance 1e-7 that R uses. The odds ratio is the conditional maximum likelihood one (as
 * R's fisher.test, not ad/bc): the one at which the first cell's mean is what was seen; its limits are those at which
 * the tail beyond the cell has half of what is left of `level`. An empty table gives p 1 and no odds ratio.
 */
export function fisherTest(table: Table, level: number): FisherTest {
  const cells = cellsOf(table);
  const { values } = cells;
  const own = table[0];
  const place = values.indexOf(own);
  const atOne = probabilities(cells, 0);
  const mine = (atOne[place] ?? 1) * (1 + 1e-7);
  const p = Math.min(
    1,
    atOne.filter((each) => each <= mine).reduce((total, each) => total + each, 0),
  );
  if (values.length < 2) return { p: 1, oddsRatio: null, limits: [0, null] };
  const mean = (ln: number): number =>
    probabilities(cells, ln).reduce((total, each, i) => total + each * (values[i] ?? 0), 0);
  const tail = (1 - level) / 2;
  const atLeast = (ln: number): number =>
    probabilities(cells, ln).reduce((total, each, i) => total + (i >= place ? each : 0), 0);
  const atMost = (ln: number): number =>
    probabilities(cells, ln).reduce((total, each, i) => total + (i <= place ? each : 0), 0);
  const solve = (rising: (ln: number) => number): number => Math.exp(bisect(rising, -FARTHEST, FARTHEST));
  const isLeast = place === 0;
  const isMost = place === values.length - 1;
  const oddsRatio = isLeast ? 0 : isMost ? null : solve((ln) => mean(ln) - own);
  const low = isLeast ? 0 : solve((ln) => atLeast(ln) - tail);
  const high = isMost ? null : solve((ln) => tail - atMost(ln));
  return { p, oddsRatio, limits: [low, high] };
}
