import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PersonStatement } from '../../../src/trial/adjudication/person-statement.ts';
import type { AdjudicationFact, Fact, Moment, Source, Subject } from '../../../src/trial/facts.ts';
import { listSubjectQuestions } from '../../../src/trial/questions/list-subject-questions.ts';

/** A statement as the cases write it: days as texts, and the person by name. */
interface StatedInCase {
  readonly id: string;
  readonly on: string;
  readonly statement: PersonStatement & { readonly from?: unknown; readonly to?: unknown };
  readonly by: string | null;
  readonly statedAt: string | null;
  readonly why: string | null;
  readonly origin: AdjudicationFact['origin'];
}

/** What every case states, and the kind of question that it must raise. */
export interface AdjudicationCase {
  readonly title: string;
  readonly stated: readonly StatedInCase[];
  readonly question?: string;
}

const CASES = join(import.meta.dirname, '../../cases/adjudication');

/** Reads the cases of a topic, in `test/cases/adjudication`. */
export const readAdjudicationCases = <T extends AdjudicationCase>(topic: string): readonly T[] =>
  JSON.parse(readFileSync(join(CASES, `${topic}.json`), 'utf8')) as T[];

export const buildCaseMoment = (day: string): Moment => ({
  text: day,
  earliestDay: day,
  latestDay: day,
  instant: null,
});

export const buildCaseSource = (resourceType: string, id: string): Source => ({
  site: 'site-1',
  resourceType,
  id,
  version: '1',
  element: resourceType,
});

const toStatedDay = (day: unknown): unknown => (typeof day === 'string' ? buildCaseMoment(day) : null);

function toFact({ id, on, statement, by, ...rest }: StatedInCase): AdjudicationFact {
  const days =
    'from' in statement ? { from: toStatedDay(statement.from), to: toStatedDay(statement.to) } : {};
  return {
    kind: 'adjudication',
    key: `adjudication|${id}`,
    subject: 'S-1',
    at: buildCaseMoment(on),
    sources: [buildCaseSource('Observation', id)],
    statement: { ...statement, ...days } as PersonStatement,
    by: by === null ? null : { name: by, identifier: null },
    ...rest,
  };
}

/** The facts that the statements of a case are. */
export const buildStatedFacts = ({ stated }: AdjudicationCase): readonly AdjudicationFact[] =>
  stated.map(toFact);

const SUBJECT: Subject = {
  study: 'msc-aa',
  subject: 'S-1',
  site: 'site-1',
  enrolledOn: '2026-01-02',
  consentedOn: '2026-01-01',
  status: 'on-study',
};

/** The kinds of the questions that the facts raise. */
export const listQuestionKinds = (facts: readonly Fact[]): readonly string[] =>
  listSubjectQuestions(SUBJECT, facts).map(({ kind }) => kind);

/** The kinds that a case expects. */
export const listExpectedKinds = ({ question }: AdjudicationCase): readonly string[] =>
  question === undefined ? [] : [question];
