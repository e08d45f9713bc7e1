import { Decimal } from 'decimal.js';
import type { Verdict } from '../assessment.ts';
import type { MeasuredValue } from '../facts.ts';

/** How a value is held against a cut, as the source prints it: `>` and `>=` are not the same. */
export type Operator = '<' | '<=' | '>=' | '>';

/** Every operator, for checking files. */
export const OPERATORS: readonly Operator[] = ['<', '<=', '>=', '>'];

/** All values that a measurement can stand for; an open end is not included. `high` null: no upper end. */
export interface ValueRange {
  readonly low: Decimal;
  readonly lowOpen: boolean;
  readonly high: Decimal | null;
  readonly highOpen: boolean;
}

const THRESHOLD_CACHE = new Map<string, Decimal>();

/** A cut as a decimal. The criteria have few of them and ask them of every count, so each is read once. */
export function parseThreshold(digits: string): Decimal {
  const known = THRESHOLD_CACHE.get(digits);
  if (known) return known;
  const made = new Decimal(digits);
  THRESHOLD_CACHE.set(digits, made);
  return made;
}

const ZERO = new Decimal(0);

/**
 * The range of a measurement in the unit it is given in: `24` is 24 alone, `<5` is every value from 0 up to but not 5.
 * `upperLimitOnly` is for confounded counts: a transfusion or growth factor can only have raised the count, so the
 * subject's own value is the measured one or anything below.
 */
export function deriveValueRange(measured: MeasuredValue, upperLimitOnly: boolean): ValueRange {
  const value = new Decimal(measured.value);
  const { comparator } = measured;
  const below = comparator === '<' || comparator === '<=';
  const above = comparator === '>' || comparator === '>=';
  return {
    low: upperLimitOnly || below ? ZERO : value,
    lowOpen: !upperLimitOnly && comparator === '>',
    high: above ? null : value,
    highOpen: comparator === '<',
  };
}

function compareAbove(range: ValueRange, cut: Decimal): Verdict {
  if (range.low.gt(cut) || (range.low.eq(cut) && range.lowOpen)) return 'true';
  return range.high?.lte(cut) ? 'false' : 'unknown';
}

function compareAtLeast(range: ValueRange, cut: Decimal): Verdict {
  if (range.low.gte(cut)) return 'true';
  if (range.high === null) return 'unknown';
  return range.high.lt(cut) || (range.high.eq(cut) && range.highOpen) ? 'false' : 'unknown';
}

/** Kleene's not: unknown stays unknown. */
export function negateVerdict(verdict: Verdict): Verdict {
  if (verdict === 'unknown') return 'unknown';
  return verdict === 'true' ? 'false' : 'true';
}

/** Whether every value of the range satisfies `op cut` (true), none does (false), or some do (unknown). */
export function compareToThreshold(range: ValueRange, op: Operator, cut: Decimal): Verdict {
  switch (op) {
    case '>':
      return compareAbove(range, cut);
    case '>=':
      return compareAtLeast(range, cut);
    case '<=':
      return negateVerdict(compareAbove(range, cut));
    case '<':
      return negateVerdict(compareAtLeast(range, cut));
  }
}

/** All differences `now - before` that two ranges allow, in their common unit. */
export function subtractRanges(now: ValueRange, before: ValueRange): ValueRange {
  const endless = now.high === null;
  return {
    low: before.high === null ? new Decimal(Number.NEGATIVE_INFINITY) : now.low.minus(before.high),
    lowOpen: now.lowOpen || before.highOpen,
    high: endless ? null : (now.high ?? ZERO).minus(before.low),
    highOpen: now.highOpen || before.lowOpen,
  };
}

/** The range times a positive factor. */
export function multiplyRange(range: ValueRange, factor: Decimal): ValueRange {
  return { ...range, low: range.low.times(factor), high: range.high?.times(factor) ?? null };
}

/** Whether the only value the range allows is 0: a relative change from it has no meaning. */
export function isZeroRange(range: ValueRange): boolean {
  return range.high?.isZero() ?? false;
}
