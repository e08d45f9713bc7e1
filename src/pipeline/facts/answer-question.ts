import { Failure } from '../../errors.ts';
import type { DecisionTrust } from '../../signatures/check-decision.ts';
import { SIGNATURE_MEANINGS } from '../../signatures/decision-manifest.ts';
import type { Store, StoreTransaction } from '../../store/store.ts';
import type { WorkChoice, WorkItem } from '../../store/work-item-store.ts';
import { reconcileFacts } from '../../trial/counts/reconcile-facts.ts';
import type { SettlementFact } from '../../trial/facts.ts';
import { checkResults } from '../../trial/questions/check-results.ts';
import { findStandingAcceptance } from '../decisions/check-work-decisions.ts';
import { identifyWorkItem } from '../decisions/decided-records.ts';
import { logDecision, makeDecision } from '../decisions/decider.ts';
import { type AcceptanceRequest, isSameDecision } from './decide-work-item.ts';

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

/** What an answer settles: which of the results that contradict each other is in force; null for any other question. */
async function findSettlement(
  tx: StoreTransaction,
  { group, study, subject, reason }: WorkItem,
  chosen: string,
): Promise<Pick<SettlementFact, 'basis' | 'chosen'> | null> {
  if (reason !== 'contradictory-results' || study === null || subject === null) return null;
  const facts = reconcileFacts(await tx.facts.listForSubject(study, subject));
  const question = checkResults(facts, []).find(({ topic }) => group === `${study} ${subject} ${topic}`);
  return question ? { basis: question.basis, chosen } : null;
}

/**
 * Stores the choice between results that contradict each other as a fact of the subject, so that it counts wherever the
 * results do. It holds as long as these results are the same.
 */
async function storeSettlement(
  tx: StoreTransaction,
  { id, site, study, subject }: WorkItem,
  { basis, chosen }: Pick<SettlementFact, 'basis' | 'chosen'>,
  at: string,
): Promise<void> {
  if (study === null || subject === null) return;
  const day = at.slice(0, 10);
  const key = { site, resourceType: 'WorkItem', id };
  const settlement: SettlementFact = {
    kind: 'settlement',
    key: `settlement|${id}`,
    subject,
    at: { text: at, earliestDay: day, latestDay: day, instant: Date.parse(at) },
    sources: [{ ...key, version: null, element: 'WorkItem.decision' }],
    basis,
    chosen,
  };
  await tx.facts.replaceForResource(key, study, subject, [settlement]);
}

interface AnswerDependencies {
  readonly store: Store;
  readonly trust: DecisionTrust;
  /** The rules in force, as they are signed with an answer. */
  readonly rules: string;
  now(): Date;
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
  { store, trust, rules, now }: AnswerDependencies,
  { id, target, ...decider }: AcceptanceRequest,
): Promise<RecordedAnswer | null> {
  return store.transaction(async (tx) => {
    const item = await tx.workItems.get(id);
    if (!item || item.study === null || item.subject === null || item.choices.length === 0) return null;
    const standing = findStandingAcceptance(trust, item);
    const choice = requireChoice(item, target ?? standing?.target ?? null);
    const entry = await findSettlement(tx, item, choice.target);
    const decided = {
      record: identifyWorkItem(item),
      rules,
      decision: { verdict: 'accepted', target: choice.target, entry },
      meaning: SIGNATURE_MEANINGS.answer,
      isAboutShown: true,
    };
    const made = makeDecision(trust, decider, decided, now().toISOString());
    if (standing && isSameDecision(standing, choice.target, made)) return { item, choice, isRepeated: true };
    if (entry) await storeSettlement(tx, item, entry, made.at);
    await tx.workItems.settle(id, { verdict: 'accepted', target: choice.target, ...made });
    await logDecision(tx, decided, made);
    await tx.subjects.markForAssessment(item.study, item.subject);
    return { item, choice, isRepeated: false };
  });
}
