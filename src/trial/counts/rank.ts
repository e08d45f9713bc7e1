import type { LabFact, Method } from '../facts.ts';

const METHODS: readonly Method[] = ['automated', 'manual', 'unspecified', 'estimate'];

const STATUSES: readonly LabFact['status'][] = ['corrected', 'amended', 'final', 'preliminary'];

/** How far a result is to be preferred, 0 best: automated > manual > unspecified > estimate > derived from others. */
export function rankOf(fact: { readonly method: Method; readonly derived?: true }): number {
  return fact.derived ? METHODS.length : METHODS.indexOf(fact.method);
}

interface Ranked {
  readonly method: Method;
  readonly derived?: true;
  readonly status: LabFact['status'];
  readonly at: LabFact['at'];
  readonly key: string;
}

/**
 * Order of statements about one collection, the best first: by method, then corrected > amended > final > preliminary,
 * then the later time; at last the key, so that equal statements always come in one order.
 */
export function byRank(a: Ranked, b: Ranked): number {
  return (
    rankOf(a) - rankOf(b) ||
    STATUSES.indexOf(a.status) - STATUSES.indexOf(b.status) ||
    (b.at.instant ?? 0) - (a.at.instant ?? 0) ||
    (a.key < b.key ? 1 : a.key > b.key ? -1 : 0)
  );
}
