import { Decimal } from 'decimal.js';

/** Rounds half away from zero to so many decimal places, as printed tables do. */
export function roundHalfUp(value: number, places: number): number {
  return new Decimal(value).toDecimalPlaces(places, Decimal.ROUND_HALF_UP).toNumber();
}

/**
 * So many significant digits: enough to compare with another program, few enough that the last bits of a floating-point
 * number, which differ between machines, do not show.
 */
export function roundToSignificant(value: number, digits = 10): number {
  return Number.isFinite(value) ? Number(value.toPrecision(digits)) : value;
}

/** `count` of `of` in percent with one decimal place; 0 where there is nobody. */
export function toPercent(count: number, of: number): number {
  if (of === 0) return 0;
  return new Decimal(count).times(100).div(of).toDecimalPlaces(1, Decimal.ROUND_HALF_UP).toNumber();
}

/** The middle value (of an even number, the mean of the two middle ones); null of nothing. */
export function computeMedian(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const high = sorted[Math.floor(sorted.length / 2)];
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  return high === undefined || low === undefined ? null : (low + high) / 2;
}
