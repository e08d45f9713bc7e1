import type { LabFact, MeasurementMethod } from '../facts.ts';

/** The methods of measurement, the most reliable first. */
export const METHODS_BY_RANK: readonly MeasurementMethod[] = [
  'automated',
  'manual',
  'unspecified',
  'estimate',
];

const STATUSES_BY_RANK: readonly LabFact['status'][] = ['corrected', 'amended', 'final', 'preliminary'];

/** Ranks a result, 0 best: automated > manual > unspecified > estimate > derived from others. */
export function rankResult(fact: { readonly method: MeasurementMethod; readonly derived?: true }): number {
  return fact.derived ? METHODS_BY_RANK.length : METHODS_BY_RANK.indexOf(fact.method);
}

interface RankedResult {
  readonly method: MeasurementMethod;
  readonly derived?: true;
  readonly status: LabFact['status'];
  readonly at: LabFact['at'];
  readonly key: string;
}

/**
 * Compares statements about one collection, the best first: by method, then corrected > amended > final >
 * preliminary, then the later time, and last by key, so that equal statements always have the same order. It decides which of
 * several statements that agree is shown, never which of several values is right.
 */
export function compareByRank(a: RankedResult, b: RankedResult): number {
  return (
    rankResult(a) - rankResult(b) ||
    STATUSES_BY_RANK.indexOf(a.status) - STATUSES_BY_RANK.indexOf(b.status) ||
    (b.at.instant ?? 0) - (a.at.instant ?? 0) ||
    (a.key < b.key ? 1 : a.key > b.key ? -1 : 0)
  );
}
