import type { UsedAssertionStore } from '../../used-assertions.ts';
import type { Session } from '../session.ts';
import { prepareSql } from '../sql-statement.ts';

const FORGET = prepareSql('DELETE FROM used_assertion WHERE until <= $1');

const ADD = prepareSql(
  'INSERT INTO used_assertion (issuer, jti, until) VALUES ($1, $2, $3) ON CONFLICT (issuer, jti) DO NOTHING',
);

/** Creates the store of used assertions on the table `used_assertion`. */
export function createPostgresUsedAssertionStore(session: Session): UsedAssertionStore {
  return {
    async use(issuer, jti, until, now) {
      session.send(FORGET, [now]);
      return (await session.change(ADD, [issuer, jti, until])) === 1;
    },
  };
}
