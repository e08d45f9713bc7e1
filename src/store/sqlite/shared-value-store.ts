import type { SharedValueStore } from '../store.ts';
import type { Database } from './database.ts';

/** Creates the store of shared values on the table `note`. */
export function createSqliteSharedValueStore(db: Database): SharedValueStore {
  const get = db.prepare<[string], { value: string }>('SELECT value FROM note WHERE name = ?');
  const put = db.prepare(
    'INSERT INTO note (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  );
  const remove = db.prepare('DELETE FROM note WHERE name = ?');
  return {
    async get(name) {
      return get.get(name)?.value ?? null;
    },
    async put(name, value) {
      put.run(name, value);
    },
    async remove(name) {
      remove.run(name);
    },
  };
}
