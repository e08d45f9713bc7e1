import { Decimal } from 'decimal.js';
import type { Verdict } from '../assessment.ts';
import type { MeasuredValue } from '../facts.ts';
import type { Operator } from './criteria-set.ts';

/** All values that a measurement can mean; an open end is not included. `high` null: no upper end. */
export interface ValueRange {
  readonly low: Decimal;
  readonly lowOpen: boolean;
  readonly high: Decimal | null;
  readonly highOpen: boolean;
}

const THRESHOLD_CACHE = new Map<string, Decimal>();

/** Parses a threshold. The criteria have few of them and compare each with every count, so each is parsed once. */
export function parseThreshold(digits: string): Decimal {
  const known = THRESHOLD_CACHE.get(digits);
  if (known) return known;
  const threshold = new Decimal(digits);
  THRESHOLD_CACHE.set(digits, threshold);
  return threshold;
}

const ZERO = new Decimal(0);

/**
 * Derives the range of a measurement in the unit it was sent in: `24` is 24 alone, `<5` is every value from 0 up to
 * but not including 5, and of results that contradict each other every value between them. `upperLimitOnly` is for
 * confounded counts: a transfusion or growth factor can only have raised the count, so the subject's own value is the
 * measured one or anything below.
 */
export function deriveValueRange(measured: MeasuredValue, upperLimitOnly: boolean): ValueRange {
  const value = new Decimal(measured.value);
  const { comparator } = measured;
  const isBelow = comparator === '<' || comparator === '<=';
  const isAbove = comparator === '>' || comparator === '>=';
  return {
    low: upperLimitOnly || isBelow ? ZERO : value,
    lowOpen: !upperLimitOnly && comparator === '>',
    high: isAbove ? null : measured.upTo === undefined ? value : new Decimal(measured.upTo),
    highOpen: comparator === '<',
  };
}

function compareAbove(range: ValueRange, threshold: Decimal): Verdict {
  if (range.low.gt(threshold) || (range.low.eq(threshold) && range.lowOpen)) return 'true';
  return range.high?.lte(threshold) ? 'false' : 'unknown';
}

function compareAtLeast(range: ValueRange, threshold: Decimal): Verdict {
  if (range.low.gte(threshold)) return 'true';
  if (range.high === null) return 'unknown';
  return range.high.lt(threshold) || (range.high.eq(threshold) && range.highOpen) ? 'false' : 'unknown';
}

/** Returns Kleene's not: unknown stays unknown. */
export function negateVerdict(verdict: Verdict): Verdict {
  if (verdict === 'unknown') return 'unknown';
  return verdict === 'true' ? 'false' : 'true';
}

/**
 * Returns whether every value of the range satisfies `op threshold` (true), none does (false), or some do (unknown).
 */
export function compareToThreshold(range: ValueRange, op: Operator, threshold: Decimal): Verdict {
  switch (op) {
    case '>':
      return compareAbove(range, threshold);
    case '>=':
      return compareAtLeast(range, threshold);
    case '<=':
      return negateVerdict(compareAbove(range, threshold));
    case '<':
      return negateVerdict(compareAtLeast(range, threshold));
  }
}

/** Returns all differences `current - baseline` that two ranges allow, in their common unit. */
export function subtractRanges(current: ValueRange, baseline: ValueRange): ValueRange {
  return {
    low: baseline.high === null ? new Decimal(Number.NEGATIVE_INFINITY) : current.low.minus(baseline.high),
    lowOpen: current.lowOpen || baseline.highOpen,
    high: current.high?.minus(baseline.low) ?? null,
    highOpen: current.highOpen || baseline.lowOpen,
  };
}

/** Multiplies a range by a positive factor. */
export function multiplyRange(range: ValueRange, factor: Decimal): ValueRange {
  return { ...range, low: range.low.times(factor), high: range.high?.times(factor) ?? null };
}

/** Whether the only value that the range allows is 0: a relative change from it is undefined. */
export function isZeroRange(range: ValueRange): boolean {
  return range.high?.isZero() ?? false;
}
