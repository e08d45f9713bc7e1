import type { StoreTransaction } from '../../store/store.ts';
import type { SubjectWorkNeed } from '../../store/work-item-store.ts';
import type { Subject } from '../../trial/facts.ts';
import type { SubjectQuestion } from '../../trial/questions/subject-question.ts';

/**
 * The most resources and answers that a question lists. What it is about is in its basis, which is of all of them: a sender may state
 * thousands of results of one moment, and nobody would read them.
 */
const MAX_LISTED = 100;

/**
 * Makes these the open questions about the subject; what is no longer asked is resolved, and what a person has answered
 * stays closed until the facts behind it change. A subject who has withdrawn has none: their data are not processed.
 */
export async function storeSubjectQuestions(
  tx: StoreTransaction,
  { site, study, subject }: Subject,
  questions: readonly SubjectQuestion[],
  now: string,
): Promise<void> {
  // `group` is part of the work item's id: a changed form would open a second item.
  const needs = questions.map(
    ({ topic, choices = [], sources, ...question }): SubjectWorkNeed => ({
      ...question,
      group: `${study} ${subject} ${topic}`,
      choices: choices.slice(0, MAX_LISTED),
      sources: sources
        .slice(0, MAX_LISTED)
        .map(({ site: from, resourceType, id }) => ({ site: from, resourceType, id })),
    }),
  );
  await tx.workItems.replaceForSubject({ site, study, subject }, needs, now);
}
