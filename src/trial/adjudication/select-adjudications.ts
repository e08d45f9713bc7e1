import type { AdjudicationFact, Fact } from '../facts.ts';
import {
  type AdjudicationTopic,
  namePoint,
  type PersonStatement,
  type StatementOf,
  type Stater,
} from './person-statement.ts';

/** An adjudication of one topic. */
export type AdjudicationOf<T extends AdjudicationTopic> = AdjudicationFact & {
  readonly statement: StatementOf<T>;
};

/** What is stated about one point: the adjudication in force, or several that contradict each other, of which none counts. */
export type AdjudicatedPoint<T extends AdjudicationTopic> =
  | { readonly kind: 'settled'; readonly inForce: AdjudicationOf<T> }
  | {
      readonly kind: 'contradictory';
      readonly statements: readonly [AdjudicationOf<T>, ...AdjudicationOf<T>[]];
    };

const normaliseName = (name: string): string => name.trim().replace(/\s+/g, ' ').toLowerCase();

/** Whether two statements are surely of one person: by identifier where both have one, else by name. */
export function isSameStater(a: Stater | null, b: Stater | null): boolean {
  if (a === null || b === null) return false;
  if (a.identifier !== null && b.identifier !== null) return a.identifier === b.identifier;
  return normaliseName(a.name) === normaliseName(b.name);
}

const formatStatement = (statement: PersonStatement): string =>
  JSON.stringify(Object.entries(statement).toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** Whether a person has replaced the first statement by the second: of one person on one point, the later one counts. */
function isReplacedBy(older: AdjudicationFact, newer: AdjudicationFact): boolean {
  if (!isSameStater(older.by, newer.by) || older.statedAt === null || newer.statedAt === null) return false;
  return Date.parse(older.statedAt) < Date.parse(newer.statedAt);
}

/** Selects what counts of the statements about one point: a person's before the record's, of one person the latest. */
function selectCounting<T extends AdjudicationTopic>(
  statements: readonly AdjudicationOf<T>[],
): readonly AdjudicationOf<T>[] {
  const ofPersons = statements.filter(({ origin }) => origin === 'person');
  const candidates = ofPersons.length > 0 ? ofPersons : statements;
  return candidates.filter((each) => !candidates.some((other) => isReplacedBy(each, other)));
}

function resolvePoint<T extends AdjudicationTopic>(
  statements: readonly AdjudicationOf<T>[],
): AdjudicatedPoint<T> | null {
  const [first, ...others] = selectCounting(statements).toSorted((a, b) => (a.key < b.key ? -1 : 1));
  if (first === undefined) return null;
  const content = formatStatement(first.statement);
  return others.every(({ statement }) => formatStatement(statement) === content)
    ? { kind: 'settled', inForce: first }
    : { kind: 'contradictory', statements: [first, ...others] };
}

/**
 * Selects what is in force of a subject's adjudications of one topic, one entry for each point (`namePoint`), in order of the
 * point. Statements of one person replace each other by the time at which they were made; a person's statement takes
 * precedence over the record of an EHR. Statements of several people that differ are contradictory: none is chosen, and a
 * question names them.
 */
export function selectAdjudications<T extends AdjudicationTopic>(
  facts: readonly Fact[],
  topic: T,
): readonly AdjudicatedPoint<T>[] {
  const stated = facts.filter(
    (fact): fact is AdjudicationOf<T> => fact.kind === 'adjudication' && fact.statement.topic === topic,
  );
  const byPoint = Map.groupBy(stated, ({ statement }) => namePoint(statement));
  return [...byPoint]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, statements]) => resolvePoint(statements) ?? []);
}

/** Lists the adjudications of one topic that are in force; contradictory ones are left out. */
export function listSettled<T extends AdjudicationTopic>(
  facts: readonly Fact[],
  topic: T,
): readonly AdjudicationOf<T>[] {
  return selectAdjudications(facts, topic).flatMap((point) =>
    point.kind === 'settled' ? [point.inForce] : [],
  );
}
