import { computeMedian } from './median.ts';
import { computeQuantile, type QuantileType } from './quantile.ts';

/** A summary of numbers in their own unit; null where it is not defined. */
export interface NumberSummary {
  readonly n: number;
  readonly mean: number | null;
  /** Standard deviation with n − 1; null below two values. */
  readonly sd: number | null;
  readonly median: number | null;
  readonly q1: number | null;
  readonly q3: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

/**
 * Summarises numbers. The same as R's `mean`, `sd`, `median`, `quantile(values, c(0.25, 0.75), type = type)` and `range`.
 *
 * @param values in any order, each known: leave out what is missing, and report how many that were
 * @param type how quartiles between two values are read
 * @example
 * summariseNumbers([2, 4, 9], 7) // => {"n":3,"mean":5,"sd":3.60555,"median":4,"q1":3,"q3":6.5,"min":2,"max":9}
 * summariseNumbers([], 7) // => {"n":0,"mean":null,"sd":null,"median":null,"q1":null,"q3":null,"min":null,"max":null}
 */
export function summariseNumbers(values: readonly number[], type: QuantileType): NumberSummary {
  const n = values.length;
  const mean = n === 0 ? null : values.reduce((sum, value) => sum + value, 0) / n;
  // Deviations from the mean keep digits that the sum of squares would lose.
  const squares = values.reduce((sum, value) => sum + (value - (mean ?? 0)) ** 2, 0);
  return {
    n,
    mean,
    sd: n < 2 ? null : Math.sqrt(squares / (n - 1)),
    median: computeMedian(values),
    q1: computeQuantile(values, 0.25, type),
    q3: computeQuantile(values, 0.75, type),
    min: n === 0 ? null : values.reduce((least, value) => Math.min(least, value)),
    max: n === 0 ? null : values.reduce((most, value) => Math.max(most, value)),
  };
}
