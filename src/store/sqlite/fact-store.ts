import { mergeStatements } from '../../trial/counts/merge-statements.ts';
import type { Fact } from '../../trial/facts.ts';
import type { FactStore } from '../store.ts';
import type { Database } from './database.ts';

export function createSqliteFactStore(db: Database): FactStore {
  const clear = db.prepare(
    'DELETE FROM statement WHERE site = ? AND type = ? AND id = ? AND study = ? AND subject = ?',
  );
  const insert =
    db.prepare(`INSERT INTO statement (site, type, id, position, study, subject, fact_key, day, fact)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const owners = db.prepare<[string, string, string], { study: string; subject: string }>(
    'SELECT DISTINCT study, subject FROM statement WHERE site = ? AND type = ? AND id = ?',
  );
  const statedOf = db.prepare<[string, string], { site: string; type: string; id: string }>(
    'SELECT DISTINCT site, type, id FROM statement WHERE study = ? AND subject = ? ORDER BY site, type, id',
  );
  const stated = db.prepare<[string, string, string], { study: string; subject: string; fact: string }>(
    `SELECT study, subject, fact FROM statement WHERE site = ? AND type = ? AND id = ?
     ORDER BY study, subject, position`,
  );
  const of = db.prepare<[string, string], { fact: string }>(
    'SELECT fact FROM statement WHERE study = ? AND subject = ? ORDER BY day, fact_key, site, type, id, position',
  );
  return {
    async replaceForResource(key, study, subject, facts) {
      clear.run(key.site, key.resourceType, key.id, study, subject);
      facts.forEach((fact, position) => {
        insert.run(
          key.site,
          key.resourceType,
          key.id,
          position,
          study,
          subject,
          fact.key,
          fact.at.earliestDay,
          JSON.stringify(fact),
        );
      });
    },
    async listSubjects(key) {
      return owners.all(key.site, key.resourceType, key.id);
    },
    async listResources(study, subject) {
      const rows = statedOf.all(study, subject);
      return rows.map(({ site, type, id }) => ({ site, resourceType: type, id }));
    },
    async listForResource(key) {
      const rows = stated.all(key.site, key.resourceType, key.id);
      return rows.map((row) => ({ ...row, fact: JSON.parse(row.fact) as Fact }));
    },
    async listForSubject(study, subject) {
      return mergeStatements(of.all(study, subject).map((row) => JSON.parse(row.fact) as Fact));
    },
  };
}
