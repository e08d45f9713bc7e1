import { checkDecision, type DecisionTrust } from '../../signatures/check-decision.ts';
import type { DecisionFilter, LoggedDecision } from '../../store/decision-log.ts';
import type { Store } from '../../store/store.ts';
import type { DecisionValidity } from '../../trial/decision-validity.ts';

/** A decision of the history with what its signature is worth. Whether its record is still the same, the record says. */
export type CheckedDecision = LoggedDecision & { readonly validity: DecisionValidity };

/** Lists decisions of the history, each checked. */
export async function listCheckedDecisions(
  store: Store,
  trust: DecisionTrust,
  filter: DecisionFilter,
): Promise<readonly CheckedDecision[]> {
  const logged = await store.read((tx) => tx.decisions.list(filter));
  return logged.map((decision) => {
    if (decision.isErased) return { ...decision, validity: { state: 'erased' } };
    const { kind, record: key, signed } = decision;
    const hash = signed?.manifest?.record?.hash ?? '';
    return { ...decision, validity: checkDecision(trust, { ...decision, record: { kind, key, hash } }) };
  });
}
