import { tabulateLnFactorials } from '../ln-factorials.ts';
import type { GroupCount } from './homogeneity-test.ts';
import { type Completion, type LnChoose, tabulateCompletions } from './table-completions.ts';

/** Tables count as equally probable within this relative tolerance, as in R's `fisher.test` of a 2×2 table. */
const PROBABILITY_TOLERANCE = 1e-7;

/** Logarithms that differ by less are one value: rounding, below the tolerance even when it adds up over fifty groups. */
const LN_RESOLUTION = 1e-9;

/** Bounds of the work, so that an answer takes about a second: the product of subjects and responders, and steps. */
const MAX_TABLE_SIZE = 5_000_000;
const MAX_STEPS = 3_000_000;

/** The ways to fill the groups so far that leave the same number of responders and have the same ln weight. */
interface PartialTable {
  readonly left: number;
  readonly ln: number;
  ways: number;
}

/** A place in the enumeration: what is undecided, the share of the tables known to count, and the steps taken. */
interface Progress {
  readonly undecided: readonly PartialTable[];
  readonly share: number;
  readonly steps: number;
}

/** One group to be filled. */
interface Filling {
  /** ln of the ways to choose 0, 1, 2 and more responders of the group. */
  readonly weights: readonly number[];
  readonly next: Completion;
  /** The ln weight up to which a table counts, and that of all tables together. */
  readonly limit: number;
  readonly lnAll: number;
}

function addPartial(
  byLn: Map<number, PartialTable> | undefined,
  left: number,
  ln: number,
  ways: number,
): void {
  const key = Math.round(ln / LN_RESOLUTION);
  const known = byLn?.get(key);
  if (known === undefined) byLn?.set(key, { left, ln, ways });
  else known.ways += ways;
}

/**
 * Fills a group in every possible way. Where all completions count, their share is added at once; where none does, they
 * are dropped; only the rest is lumped for the next group.
 *
 * @returns the share that counts, and the steps taken
 */
function fillPartial(
  partial: PartialTable,
  { weights, next, limit, lnAll }: Filling,
  lumped: readonly Map<number, PartialTable>[],
): readonly [share: number, steps: number] {
  const fewest = Math.max(0, partial.left - next.all.length + 1);
  const most = Math.min(weights.length - 1, partial.left);
  let share = 0;
  for (let x = fewest; x <= most; x += 1) {
    const left = partial.left - x;
    const ln = partial.ln + (weights[x] ?? 0);
    if (ln + (next.most[left] ?? 0) <= limit)
      share += partial.ways * Math.exp(ln + (next.all[left] ?? 0) - lnAll);
    else if (ln + (next.least[left] ?? 0) <= limit) addPartial(lumped[left], left, ln, partial.ways);
  }
  return [share, most - fewest + 1];
}

/** Fills one more group; null beyond MAX_STEPS. */
function fillGroup(progress: Progress, filling: Filling): Progress | null {
  const lumped = filling.next.all.map(() => new Map<number, PartialTable>());
  let { share, steps } = progress;
  for (const partial of progress.undecided) {
    const [added, taken] = fillPartial(partial, filling, lumped);
    share += added;
    steps += taken;
    if (steps > MAX_STEPS) return null;
  }
  return { undecided: lumped.flatMap((byLn) => [...byLn.values()]), share, steps };
}

/**
 * Computes the p of the exact test of whether a proportion is the same in all groups: the summed probability of the
 * tables with the same margins that are no more probable than this one. Source: Freeman and Halton, Biometrika
 * 1951;38:141; enumerated as a network with limits on what the remaining groups can add (Mehta and Patel, J Am Stat Assoc
 * 1983;78:427). The same as R's `fisher.test` of the table of responders and non-responders by group.
 *
 * @param rows a group without subjects is left out
 * @returns null where there are fewer than two groups, or none or all of the subjects have the property; also where
 * the enumeration is too large. Ten groups with 150 subjects, thirty small ones with 150 or four with 2,000 are within the
 * bounds; ten with 400 or thirty with 2,000 are not, and there `runHomogeneityTest` has large counts to go by
 * @example
 * computeExactTableP([{ count: 3, of: 12 }, { count: 10, of: 12 }]) // => 0.01228
 * computeExactTableP([{ count: 3, of: 5 }, { count: 0, of: 4 }, { count: 1, of: 6 }]) // => 0.16484
 * computeExactTableP([{ count: 0, of: 12 }, { count: 0, of: 12 }]) // => null
 */
export function computeExactTableP(rows: readonly GroupCount[]): number | null {
  const groups = rows.filter(({ of }) => of > 0).sort((a, b) => b.of - a.of);
  const size = groups.reduce((sum, { of }) => sum + of, 0);
  const responders = groups.reduce((sum, { count }) => sum + count, 0);
  const total = Math.min(responders, size - responders);
  if (groups.length < 2 || total === 0 || total * size > MAX_TABLE_SIZE) return null;
  const table = tabulateLnFactorials(size);
  const lnChoose: LnChoose = (n, k) => (table[n] ?? 0) - (table[k] ?? 0) - (table[n - k] ?? 0);
  const completions = tabulateCompletions(
    groups.map(({ of }) => of),
    total,
    lnChoose,
  );
  const lnObserved = groups.reduce((sum, { count, of }) => sum + lnChoose(of, count), 0);
  const limit = lnObserved + Math.log1p(PROBABILITY_TOLERANCE);
  const lnAll = lnChoose(size, total);
  let progress: Progress | null = { undecided: [{ left: total, ln: 0, ways: 1 }], share: 0, steps: 0 };
  for (const [k, { of }] of groups.entries()) {
    const weights = Array.from({ length: of + 1 }, (_, x) => lnChoose(of, x));
    const next = completions[k + 1];
    if (next === undefined || progress === null) return null;
    progress = fillGroup(progress, { weights, next, limit, lnAll });
  }
  return progress && Math.min(1, progress.share);
}
