import { Failure } from '../../errors.ts';
import type { Store, WorkChoice, WorkItem } from '../../store/store.ts';
import type { AcceptanceRequest } from './decide-work-item.ts';

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
 * Answers a question about a subject with one of its choices, and marks the subject for assessment. The item is closed
 * until the facts behind it change. Returns null where the item has no choices: it is then a question about a mapping, or
 * only corrected data settle it.
 */
export function answerSubjectQuestion(
  { store, now }: { readonly store: Store; now(): Date },
  { id, target, by, why }: AcceptanceRequest,
): Promise<{ readonly item: WorkItem; readonly choice: WorkChoice } | null> {
  return store.transaction(async (tx) => {
    const item = await tx.workItems.get(id);
    if (!item || item.study === null || item.subject === null || item.choices.length === 0) return null;
    const choice = requireChoice(item, target);
    const at = now().toISOString();
    await tx.workItems.settle(id, { verdict: 'accepted', target: choice.target, by, at, why });
    await tx.subjects.markForAssessment(item.study, item.subject);
    return { item, choice };
  });
}
