import { Decimal } from 'decimal.js';

/**
 * Computes a share in percent, rounded half away from zero to one decimal place.
 *
 * @param count number of subjects with the property
 * @param of number of subjects
 * @returns percent from 0 to 100; 0 where there are no subjects
 * @example
 * toPercent(21, 74) // => 28.4
 * toPercent(0, 0) // => 0
 */
export function toPercent(count: number, of: number): number {
  if (of === 0) return 0;
  return new Decimal(count).times(100).div(of).toDecimalPlaces(1, Decimal.ROUND_HALF_UP).toNumber();
}
