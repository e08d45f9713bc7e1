import type { StoreTransaction, SubjectWorkNeed } from '../../store/store.ts';
import type { Subject } from '../../trial/facts.ts';
import type { SubjectQuestion } from '../../trial/questions/subject-question.ts';

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
      choices,
      sources: sources.map(({ site: from, resourceType, id }) => ({ site: from, resourceType, id })),
    }),
  );
  await tx.workItems.replaceForSubject({ site, study, subject }, needs, now);
}
