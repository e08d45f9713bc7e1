import type { Fact } from '../../trial/facts.ts';
import type { ResourceKey } from '../inbox-store.ts';
import type { FactStore } from '../store.ts';
import type { SubjectKey } from '../subject-store.ts';
import type { Session } from './session.ts';
import { prepareSql } from './sql-statement.ts';

const KEY_CONDITION = 'site = $1 AND type = $2 AND id = $3';

const REMOVE = prepareSql(`DELETE FROM fact WHERE ${KEY_CONDITION} AND study = $4 AND subject = $5`);

/** One statement for both. The new facts depend on the count, so that the former ones have given up their places. */
const REPLACE = prepareSql(`WITH removed AS (
    DELETE FROM fact WHERE ${KEY_CONDITION} AND study = $4 AND subject = $5 RETURNING 1
  )
  INSERT INTO fact (site, type, id, study, subject, position, fact_key, day, fact)
  SELECT $1, $2, $3, $4, $5, given.place - 1, given.fact_key, given.day, given.fact
  FROM unnest($6::text[], $7::text[], $8::text[]) WITH ORDINALITY AS given (fact_key, day, fact, place)
  WHERE (SELECT count(*) FROM removed) >= 0`);

const LIST_SUBJECTS = prepareSql(
  `SELECT DISTINCT study, subject FROM fact WHERE ${KEY_CONDITION} ORDER BY study, subject`,
);

const LIST_RESOURCES = prepareSql(`SELECT DISTINCT site, type AS "resourceType", id FROM fact
  WHERE study = $1 AND subject = $2 ORDER BY site, type, id`);

const LIST_FOR_RESOURCE = prepareSql(
  `SELECT study, subject, fact FROM fact WHERE ${KEY_CONDITION} ORDER BY study, subject, position`,
);

const LIST_FOR_SUBJECT = prepareSql(`SELECT fact FROM fact WHERE study = $1 AND subject = $2
  ORDER BY day, fact_key, site, type, id, position`);

const parseFact = (text: string): Fact => JSON.parse(text) as Fact;

function replaceForResource(
  session: Session,
  { site, resourceType, id }: ResourceKey,
  study: string,
  subject: string,
  facts: readonly Fact[],
): void {
  const key = [site, resourceType, id, study, subject];
  if (facts.length === 0) {
    session.send(REMOVE, key);
    return;
  }
  const keys = facts.map((fact) => fact.key);
  const days = facts.map((fact) => fact.at.earliestDay);
  session.send(REPLACE, [...key, keys, days, facts.map((fact) => JSON.stringify(fact))]);
}

/** Creates the fact store on the table `fact`. */
export function createPostgresFactStore(session: Session): FactStore {
  return {
    replaceForResource: async (resource, study, subject, facts) =>
      replaceForResource(session, resource, study, subject, facts),
    listSubjects: ({ site, resourceType, id }) =>
      session.query<SubjectKey>(LIST_SUBJECTS, [site, resourceType, id]),
    listResources: (study, subject) => session.query<ResourceKey>(LIST_RESOURCES, [study, subject]),
    async listForResource({ site, resourceType, id }) {
      const rows = await session.query<SubjectKey & { fact: string }>(LIST_FOR_RESOURCE, [
        site,
        resourceType,
        id,
      ]);
      return rows.map((row) => ({ ...row, fact: parseFact(row.fact) }));
    },
    async listForSubject(study, subject) {
      const rows = await session.query<{ fact: string }>(LIST_FOR_SUBJECT, [study, subject]);
      return rows.map(({ fact }) => parseFact(fact));
    },
  };
}
