import type { Fact, Source } from '../facts.ts';
import type { Stater } from './person-statement.ts';
import { selectAdjudications } from './select-adjudications.ts';

/** What a person has decided about a subject's membership of an analysis set. */
export interface SetMembership {
  /** `unknown` where people contradict each other. */
  readonly holds: 'true' | 'false' | 'unknown';
  readonly by: Stater | null;
  readonly why: string | null;
  readonly source: Source;
}

/** Membership as stated; null where nobody stated it, so that the protocol's own rules decide. */
export interface StatedEvaluability {
  readonly evaluable: SetMembership | null;
  readonly perProtocol: SetMembership | null;
}

function findMembership(
  facts: readonly Fact[],
  topic: 'evaluability' | 'per-protocol',
): SetMembership | null {
  const [point] = selectAdjudications(facts, topic);
  if (point === undefined) return null;
  if (point.kind === 'contradictory')
    return { holds: 'unknown', by: null, why: null, source: point.statements[0].sources[0] };
  const { statement, by, why, sources } = point.inForce;
  return { holds: statement.holds ? 'true' : 'false', by, why, source: sources[0] };
}

/**
 * Finds what people have stated about a subject's membership of the evaluable and the per-protocol set (ICH E9, section
 * 5.2). Nothing is derived here: a subject of whom nobody stated anything has null, and an analysis set falls back on the
 * protocol's rules.
 */
export const findEvaluability = (facts: readonly Fact[]): StatedEvaluability => ({
  evaluable: findMembership(facts, 'evaluability'),
  perProtocol: findMembership(facts, 'per-protocol'),
});
