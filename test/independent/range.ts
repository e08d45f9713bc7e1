import type { MeasuredValue } from '../../src/trial/facts.ts';
import type { Truth } from './truth.ts';

/** Decimals are whole numbers of 10^-9, so that arithmetic is exact. */
const SCALE_DIGITS = 9;
const SCALE = 10n ** BigInt(SCALE_DIGITS);

/** Every number from `low` to `high` (in units of 10^-9; null: without end), with or without its ends. */
export interface Range {
  readonly low: bigint | null;
  readonly high: bigint | null;
  readonly isLowOpen: boolean;
  readonly isHighOpen: boolean;
}

export type RawOperator = '<' | '<=' | '>=' | '>';

/** Reads `0.30` as 300000000 units of 10^-9. */
export function readScaled(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  if (fraction.length > SCALE_DIGITS) throw new Error(`too many digits: ${text}`);
  return BigInt(whole) * SCALE + BigInt(fraction.padEnd(SCALE_DIGITS, '0'));
}

const buildClosed = (low: bigint | null, high: bigint | null): Range => ({
  low,
  high,
  isLowOpen: false,
  isHighOpen: false,
});

/** The numbers that a measured value can mean. */
export function readMeasuredRange({ value, comparator, upTo }: MeasuredValue): Range {
  const at = readScaled(value);
  if (upTo !== undefined) return buildClosed(at, readScaled(upTo));
  if (comparator === null) return buildClosed(at, at);
  if (comparator.startsWith('<')) return { ...buildClosed(0n, at), isHighOpen: comparator === '<' };
  return { ...buildClosed(at, null), isLowOpen: comparator === '>' };
}

/** An upper limit: every number from 0 to the highest. */
export const fillToZero = (range: Range): Range => ({ ...range, low: 0n, isLowOpen: false });

export const negateRange = ({ low, high, isLowOpen, isHighOpen }: Range): Range => ({
  low: high === null ? null : -high,
  high: low === null ? null : -low,
  isLowOpen: isHighOpen,
  isHighOpen: isLowOpen,
});

/** Every sum of a number of the one and a number of the other. */
export const addRanges = (a: Range, b: Range): Range => ({
  low: a.low === null || b.low === null ? null : a.low + b.low,
  high: a.high === null || b.high === null ? null : a.high + b.high,
  isLowOpen: a.isLowOpen || b.isLowOpen,
  isHighOpen: a.isHighOpen || b.isHighOpen,
});

export const subtractFromRange = (a: Range, b: Range): Range => addRanges(a, negateRange(b));

/** `factor` is scaled; so is the result. Exact: factors have at most 9 digits, and so have counts. */
export function multiplyRangeBy({ low, high, ...ends }: Range, factor: bigint): Range {
  const times = (end: bigint | null) => (end === null ? null : (end * factor) / SCALE);
  return { low: times(low), high: times(high), ...ends };
}

/** Whether every number of the range is at least `limit` (above it, if strict). */
function isWhollyAbove({ low, isLowOpen }: Range, limit: bigint, isStrict: boolean): boolean {
  if (low === null) return false;
  return low > limit || (low === limit && (!isStrict || isLowOpen));
}

const isWhollyBelow = (range: Range, limit: bigint, isStrict: boolean): boolean =>
  isWhollyAbove(negateRange(range), -limit, isStrict);

/** True if every number of the range satisfies `range OP limit`, false if none does. */
export function compareRange(range: Range, op: RawOperator, limit: bigint): Truth {
  const isStrict = !op.endsWith('=');
  if (op.startsWith('<')) {
    if (isWhollyBelow(range, limit, isStrict)) return true;
    return isWhollyAbove(range, limit, !isStrict) ? false : null;
  }
  if (isWhollyAbove(range, limit, isStrict)) return true;
  return isWhollyBelow(range, limit, !isStrict) ? false : null;
}

export const isZero = ({ low, high }: Range): boolean => low === 0n && high === 0n;

/** The units of a transfusion: as sent, or at least one. */
export const readUnits = (units: string | null): Range =>
  units === null ? buildClosed(SCALE, null) : buildClosed(readScaled(units), readScaled(units));

/** No units. */
export const NOTHING: Range = buildClosed(0n, 0n);

const findLowest = (ends: readonly (bigint | null)[]): bigint | null =>
  ends.reduce((a, b) => (a === null || b === null ? null : a < b ? a : b));

/** The smallest range that contains all of these; at least one. */
export function joinRanges(ranges: readonly Range[]): Range {
  const low = findLowest(ranges.map((range) => range.low));
  const high = negateRange(buildClosed(findLowest(ranges.map((range) => negateRange(range).low)), null)).high;
  return {
    low,
    high,
    isLowOpen: ranges.every((range) => range.low !== low || range.isLowOpen),
    isHighOpen: ranges.every((range) => range.high !== high || range.isHighOpen),
  };
}
