/** How a quantile between two values is read: 2 as SAS by default, 6 as SPSS, 7 as R (Hyndman and Fan, Am Stat 1996;50:361). */
export type QuantileType = 2 | 6 | 7;

/** The place of a quantile among n sorted values, counted from 1, whole part and rest. */
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

/** A quantile (`share` from 0 to 1) of values, in their unit; null of nothing. */
export function computeQuantile(values: readonly number[], share: number, type: QuantileType): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const { whole, rest } = locateQuantile(share, n, type);
  const at = (place: number): number | undefined => sorted[Math.min(n, Math.max(1, place)) - 1];
  const [low, high] = [at(whole), at(whole + 1)];
  return low === undefined || high === undefined ? null : low + rest * (high - low);
}
