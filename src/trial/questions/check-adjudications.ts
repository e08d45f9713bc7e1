import { ADJUDICATION_TOPICS, type PersonStatement } from '../adjudication/person-statement.ts';
import { type AdjudicatedPoint, selectAdjudications } from '../adjudication/select-adjudications.ts';
import type { AdjudicationFact, Fact } from '../facts.ts';
import { formatStatingResource } from '../source-key.ts';
import { buildContradiction } from './build-contradiction.ts';
import type { QuestionKind } from './question-kinds.ts';
import type { SubjectQuestion } from './subject-question.ts';

const KIND_BY_TOPIC = {
  'severity-at-diagnosis': 'severities-differ',
  'marrow-result': 'marrow-results-differ',
  'event-adjudication': 'event-adjudications-differ',
  'infection-adjudication': 'infection-adjudications-differ',
  evaluability: 'evaluability-differs',
  'per-protocol': 'evaluability-differs',
  'investigator-response': 'investigators-differ',
} as const satisfies Readonly<Record<PersonStatement['topic'], QuestionKind>>;

/** Names the point of a statement within its kind, without patient data: a visit, a resource. */
function nameSubjectMatter(statement: PersonStatement): string {
  switch (statement.topic) {
    case 'event-adjudication':
    case 'infection-adjudication':
      return statement.about ?? 'subject';
    case 'investigator-response':
      return `${statement.visit} ${statement.scope}`;
    default:
      return statement.topic;
  }
}

function buildPointQuestions(point: AdjudicatedPoint<PersonStatement['topic']>): readonly SubjectQuestion[] {
  if (point.kind === 'settled') return [];
  const { statement } = point.statements[0];
  return [
    buildContradiction({
      kind: KIND_BY_TOPIC[statement.topic],
      about: nameSubjectMatter(statement),
      detail: 'Statements of several people about the same point differ; none of them is used.',
      fix: 'Agree on one, and send the other statement again with it, or with status entered-in-error.',
      facts: point.statements,
      given: point.statements.map((fact) => JSON.stringify(fact.statement)).sort(),
    }),
  ];
}

/** Whether a statement is about an event or condition that the subject does not have. */
function isAboutNothing({ statement }: AdjudicationFact, known: ReadonlySet<string>): boolean {
  if (statement.topic !== 'event-adjudication' && statement.topic !== 'infection-adjudication') return false;
  return statement.about !== null && !known.has(statement.about);
}

function checkFocus(facts: readonly Fact[]): readonly SubjectQuestion[] {
  const known = new Set(
    facts
      .filter(({ kind }) => kind === 'adverse-event' || kind === 'condition')
      .flatMap(({ sources }) => sources.map(({ resourceType, id }) => `${resourceType}/${id}`)),
  );
  return facts
    .filter((fact) => fact.kind === 'adjudication')
    .filter((fact) => isAboutNothing(fact, known))
    .map((fact) =>
      buildContradiction({
        kind: 'adjudicated-event-missing',
        about: formatStatingResource(fact),
        detail: 'The adjudication is about an adverse event or condition that the subject does not have.',
        fix: 'Send that resource, or correct the focus of the adjudication.',
        facts: [fact],
        given: [nameSubjectMatter(fact.statement)],
      }),
    );
}

/**
 * Lists what people's statements leave open: several people who differ on one point (none of them is used), and an adjudication
 * of something that was not sent.
 */
export function checkAdjudications(facts: readonly Fact[]): readonly SubjectQuestion[] {
  return [
    ...ADJUDICATION_TOPICS.flatMap((topic) => selectAdjudications(facts, topic).flatMap(buildPointQuestions)),
    ...checkFocus(facts),
  ];
}
