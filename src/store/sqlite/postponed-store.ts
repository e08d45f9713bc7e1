import type { ResourceKey } from '../inbox-store.ts';
import type { PostponedStore } from '../store.ts';
import type { Database } from './database.ts';

/** Creates the store of postponed resources on the table `postponed`. */
export function createSqlitePostponedStore(db: Database): PostponedStore {
  const add = db.prepare('INSERT OR IGNORE INTO postponed (site, type, id) VALUES (?, ?, ?)');
  const list = db.prepare<[string, number], ResourceKey>(
    'SELECT site, type AS resourceType, id FROM postponed WHERE site = ? ORDER BY seq LIMIT ?',
  );
  const remove = db.prepare('DELETE FROM postponed WHERE site = ? AND type = ? AND id = ?');
  const listSites = db.prepare<[], string>('SELECT DISTINCT site FROM postponed ORDER BY site').pluck();
  return {
    async add(keys) {
      for (const { site, resourceType, id } of keys) add.run(site, resourceType, id);
    },
    listNext: async (site, limit) => list.all(site, limit),
    async remove(keys) {
      for (const { site, resourceType, id } of keys) remove.run(site, resourceType, id);
    },
    listSites: async () => listSites.all(),
  };
}
