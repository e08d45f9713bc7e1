import type { ResourceKey } from '../inbox-store.ts';
import type { PostponedStore } from '../store.ts';
import type { Session } from './session.ts';
import { prepareSql } from './sql-statement.ts';

const ADD = prepareSql(`INSERT INTO postponed (site, type, id)
  SELECT site, type, id FROM unnest($1::text[], $2::text[], $3::text[]) AS given (site, type, id)`);

const LIST_NEXT = prepareSql(`SELECT site, type AS "resourceType", id FROM postponed
  WHERE site = $1 GROUP BY site, type, id ORDER BY min(seq) LIMIT $2`);

const REMOVE = prepareSql(`DELETE FROM postponed p
  USING unnest($1::text[], $2::text[], $3::text[]) AS given (site, type, id)
  WHERE p.site = given.site AND p.type = given.type AND p.id = given.id`);

const LIST_SITES = prepareSql('SELECT DISTINCT site FROM postponed ORDER BY site');

const toColumns = (keys: readonly ResourceKey[]) => [
  keys.map(({ site }) => site),
  keys.map(({ resourceType }) => resourceType),
  keys.map(({ id }) => id),
];

/** Creates the store of postponed resources on the table `postponed`; one that was added twice has two rows and is listed once. */
export function createPostgresPostponedStore(session: Session): PostponedStore {
  return {
    async add(keys) {
      if (keys.length > 0) session.send(ADD, toColumns(keys));
    },
    listNext: (site, limit) => session.query<ResourceKey>(LIST_NEXT, [site, limit]),
    async remove(keys) {
      if (keys.length > 0) session.send(REMOVE, toColumns(keys));
    },
    listSites: async () => (await session.query<{ site: string }>(LIST_SITES)).map(({ site }) => site),
  };
}
