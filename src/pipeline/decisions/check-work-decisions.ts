import { checkDecision, type DecisionTrust } from '../../signatures/check-decision.ts';
import type { WorkDecision, WorkItem } from '../../store/work-item-store.ts';
import type { DecisionValidity } from '../../trial/decision-validity.ts';
import { identifyWorkItem } from './decided-records.ts';

/** A decision on a work item, with what its signature is worth. */
export type CheckedWorkDecision = WorkDecision & { readonly validity: DecisionValidity };

/** The map entry that was signed with the decision; null where it was none about a mapping. */
function readSignedEntry({ signed }: WorkDecision): unknown {
  const decision: unknown = signed?.manifest?.decision;
  return typeof decision === 'object' && decision !== null && 'entry' in decision ? decision.entry : null;
}

/** Checks a decision on a work item as it is read. The map entry is checked where it is stored, in its ConceptMap. */
export function checkWorkDecision(
  trust: DecisionTrust,
  item: WorkItem,
  decision: WorkDecision,
): DecisionValidity {
  if (decision.isErased) return { state: 'erased' };
  const { verdict, target, by, at, why, signed = null } = decision;
  const { kind, key, hash } = identifyWorkItem(item);
  return checkDecision(trust, {
    record: { kind, key, hash },
    decision: { verdict, target, entry: readSignedEntry(decision) },
    ...{ by, at, why, signed },
  });
}

/** Finds the acceptance that holds: the item is settled by it, it counts, and no resource waits again; null without one. */
export function findStandingAcceptance(trust: DecisionTrust, item: WorkItem): WorkDecision | null {
  const { status, decision } = item;
  if (status !== 'resolved' || decision?.verdict !== 'accepted') return null;
  const { state } = checkWorkDecision(trust, item, decision);
  return state === 'invalid' || state === 'erased' ? null : decision;
}
