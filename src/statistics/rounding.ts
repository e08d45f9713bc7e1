import { Decimal } from 'decimal.js';

/**
 * Rounds half away from zero, as printed tables do. Decimal arithmetic on the digits of the number, so 0.25 is exactly in
 * the middle; R's `round` rounds half to even.
 *
 * @param places decimal places, at least 0
 * @example
 * roundHalfUp(16.5, 0) // => 17
 * roundHalfUp(-0.25, 1) // => -0.3
 */
export function roundHalfUp(value: number, places: number): number {
  return new Decimal(value).toDecimalPlaces(places, Decimal.ROUND_HALF_UP).toNumber();
}

/**
 * Rounds to significant digits: enough to compare with another program, few enough that the last bits of a
 * floating-point number, which differ between machines, do not show. The same as R's `signif`.
 *
 * @param digits from 1 to 100
 * @returns the rounded number; NaN and infinities as they are
 * @example
 * roundToSignificant(2 / 3, 4) // => 0.6667
 */
export function roundToSignificant(value: number, digits = 10): number {
  return Number.isFinite(value) ? Number(value.toPrecision(digits)) : value;
}
