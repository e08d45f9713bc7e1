import type { Fact } from '../../trial/facts.ts';
import type { FactStore, ResourceKey } from '../store.ts';
import type { SubjectKey } from '../subject-store.ts';
import type { Database } from './database.ts';

const ADD_FACT = `INSERT INTO statement (site, type, id, position, study, subject, fact_key, day, fact)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const LIST_RESOURCES = `SELECT DISTINCT site, type AS resourceType, id FROM statement
  WHERE study = ? AND subject = ? ORDER BY site, type, id`;

const LIST_FOR_RESOURCE = `SELECT study, subject, fact FROM statement
  WHERE site = ? AND type = ? AND id = ? ORDER BY study, subject, position`;

const LIST_FOR_SUBJECT = `SELECT fact FROM statement WHERE study = ? AND subject = ?
  ORDER BY day, fact_key, site, type, id, position`;

function prepareStatements(db: Database) {
  return {
    remove: db.prepare(
      'DELETE FROM statement WHERE site = ? AND type = ? AND id = ? AND study = ? AND subject = ?',
    ),
    add: db.prepare(ADD_FACT),
    listSubjects: db.prepare<[string, string, string], SubjectKey>(
      'SELECT DISTINCT study, subject FROM statement WHERE site = ? AND type = ? AND id = ?',
    ),
    listResources: db.prepare<[string, string], ResourceKey>(LIST_RESOURCES),
    listForResource: db.prepare<[string, string, string], SubjectKey & { fact: string }>(LIST_FOR_RESOURCE),
    listForSubject: db.prepare<[string, string], { fact: string }>(LIST_FOR_SUBJECT),
  };
}

const parseFact = (text: string): Fact => JSON.parse(text) as Fact;

function replaceForResource(
  statements: ReturnType<typeof prepareStatements>,
  { site, resourceType, id }: ResourceKey,
  study: string,
  subject: string,
  facts: readonly Fact[],
): void {
  statements.remove.run(site, resourceType, id, study, subject);
  facts.forEach((fact, position) => {
    const content = [fact.key, fact.at.earliestDay, JSON.stringify(fact)];
    statements.add.run(site, resourceType, id, position, study, subject, ...content);
  });
}

/** Creates the fact store on the table `statement`. */
export function createSqliteFactStore(db: Database): FactStore {
  const statements = prepareStatements(db);
  return {
    replaceForResource: async (resource, study, subject, facts) =>
      replaceForResource(statements, resource, study, subject, facts),
    listSubjects: async ({ site, resourceType, id }) => statements.listSubjects.all(site, resourceType, id),
    listResources: async (study, subject) => statements.listResources.all(study, subject),
    async listForResource({ site, resourceType, id }) {
      const rows = statements.listForResource.all(site, resourceType, id);
      return rows.map((row) => ({ ...row, fact: parseFact(row.fact) }));
    },
    async listForSubject(study, subject) {
      return statements.listForSubject.all(study, subject).map(({ fact }) => parseFact(fact));
    },
  };
}
