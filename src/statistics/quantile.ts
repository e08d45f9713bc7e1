/**
 * How a quantile between two values is read, by the numbers of Hyndman and Fan (Am Stat 1996;50:361): 2 as SAS by
 * default, 6 as SPSS, 7 as R.
 */
export type QuantileType = 2 | 6 | 7;

/** Locates a quantile among n sorted values: its place counted from 1, as whole part and rest. */
function locateQuantile(
  share: number,
  n: number,
  type: QuantileType,
): { readonly whole: number; readonly rest: number } {
  const place = type === 2 ? n * share : type === 6 ? (n + 1) * share : 1 + (n - 1) * share;
  // A product such as 0.1 × 30 may miss its whole number by the last bit.
  const whole = Math.floor(place + 4 * Number.EPSILON);
  const rest = Math.abs(place - whole) < 1e-12 ? 0 : place - whole;
  // Type 2 takes the next value, and the mean of both where the place is a whole number.
  if (type === 2) return { whole, rest: rest === 0 ? 0.5 : 1 };
  return { whole, rest };
}

/**
 * Computes a quantile. The same as R's `quantile(values, share, type = type)`.
 *
 * @param values in any order
 * @param share from 0 to 1, such as 0.25 for the lower quartile
 * @returns the quantile in the unit of the values; null of no values
 * @example
 * computeQuantile([11, 12, 17, 18, 19, 20, 21, 25, 26, 29], 0.25, 7) // => 17.25
 */
export function computeQuantile(values: readonly number[], share: number, type: QuantileType): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const { whole, rest } = locateQuantile(share, n, type);
  const at = (place: number): number | undefined => sorted[Math.min(n, Math.max(1, place)) - 1];
  const [low, high] = [at(whole), at(whole + 1)];
  return low === undefined || high === undefined ? null : low + rest * (high - low);
}
