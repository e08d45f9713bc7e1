import type { Fact } from '../../trial/facts.ts';
import type { FactStore, ResourceKey } from '../store.ts';
import type { SubjectKey } from '../subject-store.ts';
import { compareTexts } from './compare-texts.ts';
import type { Database } from './database.ts';
import type { ResourceNumbers } from './resource-numbers.ts';

const ADD_FACT = `INSERT INTO statement (resource, position, study, subject, fact_key, day, fact)
  VALUES (?, ?, ?, ?, ?, ?, ?)`;

const LIST_RESOURCES = `SELECT DISTINCT r.site, r.type AS resourceType, r.id
  FROM statement s JOIN resource r ON r.key = s.resource
  WHERE s.study = ? AND s.subject = ? ORDER BY r.site, r.type, r.id`;

const LIST_FOR_RESOURCE = `SELECT study, subject, fact FROM statement
  WHERE resource = ? ORDER BY study, subject, position`;

/** In the order of the index, which sorts facts of one day and key by the number of their resource. */
const LIST_FOR_SUBJECT = `SELECT fact FROM statement WHERE study = ? AND subject = ?
  ORDER BY day, fact_key, resource, position`;

function prepareStatements(db: Database) {
  return {
    remove: db.prepare('DELETE FROM statement WHERE resource = ? AND study = ? AND subject = ?'),
    add: db.prepare(ADD_FACT),
    listSubjects: db.prepare<[number], SubjectKey>(
      'SELECT DISTINCT study, subject FROM statement WHERE resource = ?',
    ),
    listResources: db.prepare<[string, string], ResourceKey>(LIST_RESOURCES),
    listForResource: db.prepare<[number], SubjectKey & { fact: string }>(LIST_FOR_RESOURCE),
    listForSubject: db.prepare<[string, string], string>(LIST_FOR_SUBJECT).pluck(),
  };
}

const parseFact = (text: string): Fact => JSON.parse(text) as Fact;

const isSameFact = (a: Fact, b: Fact): boolean => a.key === b.key && a.at.earliestDay === b.at.earliestDay;

/** Compares the resources that state two facts, by site, type and id. */
function compareSources({ sources: [a] }: Fact, { sources: [b] }: Fact): number {
  return (
    compareTexts(a.site, b.site) || compareTexts(a.resourceType, b.resourceType) || compareTexts(a.id, b.id)
  );
}

/** Sorts statements of one fact by their resource: the order of arrival, in which they are numbered, must not show. */
function sortStatements(facts: Fact[]): readonly Fact[] {
  for (let start = 0; start < facts.length; ) {
    let end = start + 1;
    while (end < facts.length && isSameFact(facts[start] as Fact, facts[end] as Fact)) end++;
    if (end - start > 1) facts.splice(start, end - start, ...facts.slice(start, end).sort(compareSources));
    start = end;
  }
  return facts;
}

/** Creates the fact store on the table `statement`. */
export function createSqliteFactStore(db: Database, numbers: ResourceNumbers): FactStore {
  const statements = prepareStatements(db);
  return {
    async replaceForResource(key, study, subject, facts) {
      const resource = numbers.assign(key);
      statements.remove.run(resource, study, subject);
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
    listForSubject: async (study, subject) =>
      sortStatements(statements.listForSubject.all(study, subject).map(parseFact)),
  };
}
