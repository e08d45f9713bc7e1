import type { SharedValueStore } from '../store.ts';
import type { Session } from './session.ts';
import { prepareSql } from './sql-statement.ts';

const GET = prepareSql('SELECT value FROM shared_value WHERE name = $1');

const PUT = prepareSql(`INSERT INTO shared_value (name, value) VALUES ($1, $2)
  ON CONFLICT (name) DO UPDATE SET value = excluded.value`);

const REMOVE = prepareSql('DELETE FROM shared_value WHERE name = $1');

/** Creates the store of shared values on the table `shared_value`. */
export function createPostgresSharedValueStore(session: Session): SharedValueStore {
  return {
    get: async (name) => (await session.query<{ value: string }>(GET, [name]))[0]?.value ?? null,
    put: async (name, value) => session.send(PUT, [name, value]),
    remove: async (name) => session.send(REMOVE, [name]),
  };
}
