import { selectCircumstances } from '../counts/specimen-collections.ts';
import type { UndecidedWithdrawal } from '../counts/statements-in-force.ts';
import type { Fact, Source, Subject } from '../facts.ts';
import { checkAdjudications } from './check-adjudications.ts';
import { checkResults } from './check-results.ts';
import { checkContradictoryFacts } from './contradictory-facts.ts';
import type { SubjectQuestion } from './subject-question.ts';

const formatResource = ({ site, resourceType, id }: Source): string => `${site}|${resourceType}/${id}`;

/** Lists each resource of the sources once: the first one first, as its element is shown, then by site, type and id. */
function listResourcesOnce([first, ...others]: SubjectQuestion['sources']): SubjectQuestion['sources'] {
  const byResource = new Map(others.map((source) => [formatResource(source), source]));
  byResource.delete(formatResource(first));
  const sorted = [...byResource].sort(([a], [b]) => (a < b ? -1 : 1));
  return [first, ...sorted.map(([, source]) => source)];
}

/**
 * Lists what a subject's facts (reconciled, as for an assessment) leave to a person, in order of reason and topic. The
 * same facts raise the same questions, in whatever order they arrived. A subject whose facts agree has none. `undecided`: the
 * withdrawals of which the facts do not show what they mean.
 */
export function listSubjectQuestions(
  subject: Subject,
  facts: readonly Fact[],
  undecided: readonly UndecidedWithdrawal[] = [],
): readonly SubjectQuestion[] {
  const circumstances = selectCircumstances(facts);
  return [
    ...checkContradictoryFacts(subject, facts, circumstances),
    ...checkAdjudications(circumstances),
    ...checkResults(facts, undecided),
  ]
    .map((question) => ({ ...question, sources: listResourcesOnce(question.sources) }))
    .sort((a, b) => compareText(a.reason, b.reason) || compareText(a.topic, b.topic));
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
