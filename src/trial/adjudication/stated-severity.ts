import type { Fact, Source } from '../facts.ts';
import type { StatementOf, Stater } from './person-statement.ts';
import { selectAdjudications } from './select-adjudications.ts';

/** A severity that can be stated. */
type KnownSeverity = StatementOf<'severity-at-diagnosis'>['severity'];

/** The severity at diagnosis as it was stated. */
export interface StatedSeverity {
  /** `unknown` where people, or records, state different severities: none is chosen. */
  readonly severity: KnownSeverity | 'unknown';
  /** Every severity that is stated: one where they agree. */
  readonly possible: readonly KnownSeverity[];
  /** Null where the EHR's record names nobody, and where several people contradict each other. */
  readonly by: Stater | null;
  readonly why: string | null;
  readonly source: Source;
  /** Every statement that contradicts another; absent where one is in force. */
  readonly contradictory?: readonly Source[];
}

/**
 * Finds the severity at diagnosis that a person or the EHR states; null where nobody does. It takes precedence over a severity
 * computed from counts before the first infusion: the protocol's criteria and the literature mean the one at diagnosis.
 * Missing data: statements that contradict each other leave the severity unknown, with all sources.
 */
export function findStatedSeverity(facts: readonly Fact[]): StatedSeverity | null {
  const [point] = selectAdjudications(facts, 'severity-at-diagnosis');
  if (point === undefined) return null;
  if (point.kind === 'settled') {
    const { statement, by, why, sources } = point.inForce;
    const { severity } = statement;
    return { severity, possible: [severity], by, why, source: sources[0] };
  }
  const [first] = point.statements;
  return {
    severity: 'unknown',
    possible: [...new Set(point.statements.map(({ statement }) => statement.severity))],
    by: null,
    why: null,
    source: first.sources[0],
    contradictory: point.statements.map(({ sources }) => sources[0]),
  };
}
