/**
 * Computes the middle value, or the mean of the two middle values of an even number. The same as R's `median`.
 *
 * @param values in any order
 * @returns the median in the unit of the values; null of no values
 * @example
 * computeMedian([19, 11, 29, 17]) // => 18
 * computeMedian([]) // => null
 */
export function computeMedian(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const high = sorted[Math.floor(sorted.length / 2)];
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  return high === undefined || low === undefined ? null : (low + high) / 2;
}
