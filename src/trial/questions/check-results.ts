import { formatConflictBasis } from '../counts/resolve-results.ts';
import { nameStatement, type UndecidedWithdrawal } from '../counts/statements-in-force.ts';
import { getAnalyteName, getAnalyteUnit } from '../criteria/display-names.ts';
import type { Fact, LabFact, Source } from '../facts.ts';
import { formatStatingResource } from '../source-key.ts';
import type { SubjectQuestion } from './subject-question.ts';

const formatResource = ({ resourceType, id }: Source): string => `${resourceType}/${id}`;

/** Asks which of several results of one collection is right. Any of them can be chosen. */
function buildResultQuestion(fact: LabFact): readonly SubjectQuestion[] {
  const { unsettled = [], analyte, at } = fact;
  const [first, ...others] = unsettled.map(({ source }) => source);
  if (!first) return [];
  const resources = [...new Set([first, ...others].map(formatResource))].sort();
  const choices = unsettled.map(({ source, measured, status, method }) => ({
    target: formatResource(source),
    says: `${getAnalyteName(analyte)} ${measured.comparator ?? ''}${measured.value} ${getAnalyteUnit(analyte)} on ${at.earliestDay} (${status}, ${method})`,
  }));
  return [
    {
      reason: 'contradictory-results',
      kind: 'results-differ',
      topic: `${analyte} ${resources.join(' ')}`,
      element: first.element,
      detail: `Results of ${getAnalyteName(analyte)} of one collection differ, and nothing says which of them is in force; until it is settled, the count is the range of both.`,
      fix: 'Name the right one with `work accept ID --target TYPE/ID`, or send a correction (status corrected, with issued) or a withdrawal of the wrong one.',
      sources: [first, ...others],
      basis: formatConflictBasis(analyte, unsettled),
      choices: choices.toSorted((a, b) => (a.target < b.target ? -1 : 1)),
    },
  ];
}

/** Asks whether a withdrawal means a statement that agrees with it in all but an identifier. */
function buildWithdrawalQuestion({ withdrawal, statements }: UndecidedWithdrawal): SubjectQuestion {
  const [source] = withdrawal.sources;
  const meant = statements.map(({ sources: [first] }) => first);
  const resources = statements.map(formatStatingResource).sort();
  return {
    reason: 'version-conflict',
    kind: 'withdrawal-unclear',
    topic: `${formatResource(source)} ${resources.join(' ')}`,
    element: source.element,
    detail: `${formatResource(source)} was entered in error or cancelled, and shares no identifier with ${resources.join(' and ')}, which agree with it in code, moment and subject.`,
    fix: 'If it takes one of them back, send that one with status entered-in-error. If it does not, reject this item.',
    sources: [source, ...meant],
    basis: JSON.stringify([
      withdrawal.key,
      ...statements.map((fact) => `${nameStatement(fact)} ${fact.key}`).sort(),
    ]),
  };
}

/** Lists the questions about results that contradict each other, and about withdrawals of which it is unclear what they mean. */
export function checkResults(
  facts: readonly Fact[],
  undecided: readonly UndecidedWithdrawal[],
): readonly SubjectQuestion[] {
  const results = facts.filter(
    (fact): fact is LabFact => fact.kind === 'lab' && fact.unsettled !== undefined,
  );
  return [...results.flatMap(buildResultQuestion), ...undecided.map(buildWithdrawalQuestion)];
}
