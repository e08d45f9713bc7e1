import { computeProportionLimits } from '../../statistics/proportion-interval.ts';
import { roundToSignificant } from '../../statistics/rounding.ts';
import type { Protocol } from '../protocol.ts';

/** A share of a set of subjects: percent and its limits to ten digits; null of nobody. */
export interface CountedShare {
  readonly count: number;
  readonly of: number;
  readonly percent: number | null;
  readonly limits: readonly [low: number, high: number] | null;
}

/** Shares by protocol: exact limits take a while for thousands of subjects, and many tables state the same share. */
const SHARES_BY_INTERVAL = new WeakMap<Protocol['interval'], Map<string, CountedShare>>();

/** Builds the share of `of` subjects, with limits by the protocol's `interval`. */
export function buildCountedShare(count: number, of: number, interval: Protocol['interval']): CountedShare {
  const shares = SHARES_BY_INTERVAL.get(interval) ?? new Map<string, CountedShare>();
  SHARES_BY_INTERVAL.set(interval, shares);
  const known = shares.get(`${count}/${of}`) ?? computeShare(count, of, interval);
  shares.set(`${count}/${of}`, known);
  return known;
}

function computeShare(count: number, of: number, { method, percent }: Protocol['interval']): CountedShare {
  if (of === 0) return { count, of, percent: null, limits: null };
  const [low, high] = computeProportionLimits(method, count, of, Number(percent) / 100);
  return {
    count,
    of,
    percent: roundToSignificant((100 * count) / of),
    limits: [roundToSignificant(100 * low), roundToSignificant(100 * high)],
  };
}

/** Counts how often each key occurs; every key has a number, in the given order. */
export function countByKey<Key extends string>(
  keys: readonly Key[],
  occurrences: readonly Key[],
): Readonly<Record<Key, number>> {
  const entries = keys.map((key) => [key, occurrences.filter((occurrence) => occurrence === key).length]);
  return Object.fromEntries(entries) as Record<Key, number>;
}

/** Rounds to ten digits; null stays null. */
export const roundFigure = (value: number | null): number | null =>
  value === null ? null : roundToSignificant(value);
