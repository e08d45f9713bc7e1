import type { Fact } from '../../trial/facts.ts';
import type { ResourceKey } from '../inbox-store.ts';
import type { FactStore } from '../store.ts';
import type { SubjectKey } from '../subject-store.ts';
import type { Database } from './database.ts';
import { compareStored, createFactCache, type StoredFact } from './fact-cache.ts';
import type { ResourceNumbers } from './resource-numbers.ts';

const ADD_FACT = `INSERT INTO statement (resource, position, study, subject, fact_key, day, fact)
  VALUES (?, ?, ?, ?, ?, ?, ?)`;

const LIST_RESOURCES = `SELECT DISTINCT r.site, r.type AS resourceType, r.id
  FROM statement s JOIN resource r ON r.key = s.resource
  WHERE s.study = ? AND s.subject = ? ORDER BY r.site, r.type, r.id`;

const LIST_FOR_RESOURCE = `SELECT study, subject, fact FROM statement
  WHERE resource = ? ORDER BY study, subject, position`;

/** In the order of the index, which sorts facts of one day and key by the number of their resource. */
const LIST_FOR_SUBJECT = `SELECT fact, resource, position FROM statement WHERE study = ? AND subject = ?
  ORDER BY day, fact_key, resource, position`;

const LIST_FOR_RESOURCE_AND_SUBJECT = `SELECT fact, resource, position FROM statement
  WHERE resource = ? AND study = ? AND subject = ? ORDER BY position`;

function prepareStatements(db: Database) {
  return {
    remove: db.prepare('DELETE FROM statement WHERE resource = ? AND study = ? AND subject = ?'),
    add: db.prepare(ADD_FACT),
    listSubjects: db.prepare<[number], SubjectKey>(
      'SELECT DISTINCT study, subject FROM statement WHERE resource = ?',
    ),
    listResources: db.prepare<[string, string], ResourceKey>(LIST_RESOURCES),
    listForResource: db.prepare<[number], SubjectKey & { fact: string }>(LIST_FOR_RESOURCE),
    listForSubject: db.prepare<[string, string], StoredRow>(LIST_FOR_SUBJECT).raw(),
    listForResourceAndSubject: db
      .prepare<[number, string, string], StoredRow>(LIST_FOR_RESOURCE_AND_SUBJECT)
      .raw(),
  };
}

const parseFact = (text: string): Fact => JSON.parse(text) as Fact;

/** The rows of a subject's facts, which may be many, are read as arrays. */
type StoredRow = [fact: string, resource: number, position: number];

const toStoredFact = ([fact, resource, position]: StoredRow): StoredFact => ({
  fact: parseFact(fact),
  resource,
  position,
});

/** Sorts statements of one fact by their resource; the store lists them by its number. */
function sortStatements(facts: StoredFact[]): readonly StoredFact[] {
  const isSameFact = (a: StoredFact, b: StoredFact): boolean =>
    a.fact.key === b.fact.key && a.fact.at.earliestDay === b.fact.at.earliestDay;
  for (let start = 0; start < facts.length; ) {
    let end = start + 1;
    while (end < facts.length && isSameFact(facts[start] as StoredFact, facts[end] as StoredFact)) end++;
    if (end - start > 1) facts.splice(start, end - start, ...facts.slice(start, end).sort(compareStored));
    start = end;
  }
  return facts;
}

/**
 * Creates the fact store on the table `statement`; it remembers at most so many facts of the subjects that were read last.
 * `begin`: a commit begins. `forget`: another connection, or a transaction that was undone, may have changed them.
 */
export function createSqliteFactStore(
  db: Database,
  numbers: ResourceNumbers,
  maxRemembered: number,
): FactStore & { begin(): void; forget(): void } {
  const statements = prepareStatements(db);
  const cache = createFactCache(
    {
      readSubject: (study, subject) =>
        sortStatements(statements.listForSubject.all(study, subject).map(toStoredFact)),
      readResource: (resource, study, subject) =>
        statements.listForResourceAndSubject.all(resource, study, subject).map(toStoredFact),
    },
    maxRemembered,
  );
  /** New resources that state facts already. */
  const stated = new Set<number>();
  return {
    async replaceForResource(key, study, subject, facts) {
      const resource = numbers.assign(key);
      cache.touch(resource, study, subject);
      // A new resource has no facts, until it is given some.
      if (!numbers.isNew(resource) || stated.has(resource)) statements.remove.run(resource, study, subject);
      if (numbers.isNew(resource)) stated.add(resource);
      facts.forEach((fact, position) => {
        const content = [fact.key, fact.at.earliestDay, JSON.stringify(fact)];
        statements.add.run(resource, position, study, subject, ...content);
      });
    },
    async listSubjects(key) {
      const resource = numbers.find(key);
      return resource === undefined ? [] : statements.listSubjects.all(resource);
    },
    listResources: async (study, subject) => statements.listResources.all(study, subject),
    async listForResource(key) {
      const resource = numbers.find(key);
      const rows = resource === undefined ? [] : statements.listForResource.all(resource);
      return rows.map((row) => ({ ...row, fact: parseFact(row.fact) }));
    },
    listForSubject: async (study, subject) => cache.list(study, subject),
    begin: () => stated.clear(),
    forget() {
      stated.clear();
      cache.forget();
    },
  };
}
