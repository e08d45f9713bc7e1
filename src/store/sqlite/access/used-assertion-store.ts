import type { UsedAssertionStore } from '../../used-assertions.ts';
import type { Database } from '../database.ts';

/** Creates the store of used assertions on the table `used_assertion`. */
export function createSqliteUsedAssertionStore(db: Database): UsedAssertionStore {
  const forget = db.prepare('DELETE FROM used_assertion WHERE until <= ?');
  const add = db.prepare(
    'INSERT INTO used_assertion (issuer, jti, until) VALUES (?, ?, ?) ON CONFLICT (issuer, jti) DO NOTHING',
  );
  return {
    async use(issuer, jti, until, now) {
      forget.run(now);
      return add.run(issuer, jti, until).changes === 1;
    },
  };
}
