import { computeChiSquareP } from '../chi-square-p.ts';
import type { ChiSquareResult } from '../survival-comparison/group-statistic.ts';

/** How many of the subjects of one group (a site, a stratum) have the property, such as a response. */
export interface GroupCount {
  readonly count: number;
  readonly of: number;
}

/**
 * Runs the chi-square score test of whether a proportion is the same in all groups, without continuity correction.
 * Source: Pearson, Phil Mag 1900;50:157. The same as R's `prop.test(count, of, correct = FALSE)`. With expected counts
 * below about 5 its p is not reliable: take `computeExactTableP`.
 *
 * @param rows a group without subjects is left out
 * @returns null where there are fewer than two groups, or none or all of the subjects have the property
 * @example
 * runHomogeneityTest([{ count: 3, of: 12 }, { count: 10, of: 12 }]) // => {"chiSquare":8.22378,"df":1,"p":0.00413}
 * runHomogeneityTest([{ count: 0, of: 12 }, { count: 0, of: 12 }]) // => null
 */
export function runHomogeneityTest(rows: readonly GroupCount[]): ChiSquareResult | null {
  const groups = rows.filter(({ of }) => of > 0);
  const total = groups.reduce((sum, { count }) => sum + count, 0);
  const size = groups.reduce((sum, { of }) => sum + of, 0);
  if (groups.length < 2 || total === 0 || total === size) return null;
  const share = total / size;
  const chiSquare = groups.reduce(
    (sum, { count, of }) => sum + (count - of * share) ** 2 / (of * share * (1 - share)),
    0,
  );
  const df = groups.length - 1;
  return { chiSquare, df, p: computeChiSquareP(chiSquare, df) };
}
