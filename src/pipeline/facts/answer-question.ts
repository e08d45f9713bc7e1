import { Failure } from '../../errors.ts';
import type { Store, StoreTransaction, WorkChoice, WorkItem } from '../../store/store.ts';
import { reconcileFacts } from '../../trial/counts/reconcile-facts.ts';
import type { SettlementFact } from '../../trial/facts.ts';
import { checkResults } from '../../trial/questions/check-results.ts';
import { type AcceptanceRequest, findStandingAcceptance } from './decide-work-item.ts';

function requireChoice({ id, choices }: WorkItem, target: string | null): WorkChoice {
  const choice = choices.find((candidate) => candidate.target === target);
  if (choice) return choice;
  const targets = choices.map((candidate) => candidate.target).join(', ');
  const detail = target === null ? `${id} has several answers.` : `${target} is not an answer to ${id}.`;
  throw new Failure('work-item/unclear-target', detail, {
    parameter: 'target',
    fix: `Name one of ${targets}.`,
  });
}

/**
 * Stores the choice between results that contradict each other as a fact of the subject, so that it counts wherever the
 * results do. It holds as long as these results are the same.
 */
async function storeSettlement(
  tx: StoreTransaction,
  { id, site, group, study, subject, reason }: WorkItem,
  chosen: string,
  at: string,
): Promise<void> {
  if (reason !== 'contradictory-results' || study === null || subject === null) return;
  const facts = reconcileFacts(await tx.facts.listForSubject(study, subject));
  const question = checkResults(facts, []).find(({ topic }) => group === `${study} ${subject} ${topic}`);
  if (!question) return;
  const day = at.slice(0, 10);
  const key = { site, resourceType: 'WorkItem', id };
  const settlement: SettlementFact = {
    kind: 'settlement',
    key: `settlement|${id}`,
    subject,
    at: { text: at, earliestDay: day, latestDay: day, instant: Date.parse(at) },
    sources: [{ ...key, version: null, element: 'WorkItem.decision' }],
    basis: question.basis,
    chosen,
  };
  await tx.facts.replaceForResource(key, study, subject, [settlement]);
}

/** An answer to a question about a subject, once it is stored. */
interface RecordedAnswer {
  readonly item: WorkItem;
  readonly choice: WorkChoice;
  /** Whether the same had been answered before, so that nothing was changed. */
  readonly isRepeated: boolean;
}

/**
 * Answers a question about a subject with one of its choices, and marks the subject for assessment. The item is closed
 * until the facts behind it change. Returns null where the item has no choices: it is then a question about a mapping, or
 * only corrected data settle it.
 */
export function answerSubjectQuestion(
  { store, now }: { readonly store: Store; now(): Date },
  { id, target, by, why }: AcceptanceRequest,
): Promise<RecordedAnswer | null> {
  return store.transaction(async (tx) => {
    const item = await tx.workItems.get(id);
    if (!item || item.study === null || item.subject === null || item.choices.length === 0) return null;
    const standing = findStandingAcceptance(item);
    const choice = requireChoice(item, target ?? standing?.target ?? null);
    if (standing?.target === choice.target) return { item, choice, isRepeated: true };
    const at = now().toISOString();
    await storeSettlement(tx, item, choice.target, at);
    await tx.workItems.settle(id, { verdict: 'accepted', target: choice.target, by, at, why });
    await tx.subjects.markForAssessment(item.study, item.subject);
    return { item, choice, isRepeated: false };
  });
}
