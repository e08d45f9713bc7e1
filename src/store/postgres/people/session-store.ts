import {
  listSelectionValues,
  type PersonSessionRow,
  type PersonSessionStore,
  toPersonSession,
  toSessionColumns,
} from '../../person-sessions.ts';
import type { Session } from '../session.ts';
import { prepareSql } from '../sql-statement.ts';

const COLUMNS = 'id_hash, issuer, subject, issuer_session, started_at, last_seen_at, expires_at, content';

const ADD = prepareSql(`INSERT INTO person_session (${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`);

const FIND = prepareSql(`SELECT ${COLUMNS} FROM person_session WHERE id_hash = $1`);

const TOUCH = prepareSql('UPDATE person_session SET last_seen_at = $2 WHERE id_hash = $1');

const END = prepareSql(`DELETE FROM person_session WHERE id_hash = coalesce($1, id_hash)
  AND issuer = coalesce($2, issuer) AND subject = coalesce($3, subject)
  AND ($4::text IS NULL OR issuer_session = $4)`);

const LIST = prepareSql(`SELECT ${COLUMNS} FROM person_session ORDER BY started_at, id_hash`);

const REMOVE_EXPIRED = prepareSql('DELETE FROM person_session WHERE expires_at <= $1 OR last_seen_at <= $2');

/** Creates the sessions of people on the table `person_session`. */
export function createPostgresPersonSessionStore(session: Session): PersonSessionStore {
  return {
    add: async (added) => session.send(ADD, toSessionColumns(added)),
    async find(idHash) {
      const [row] = await session.query<PersonSessionRow>(FIND, [idHash]);
      return row && toPersonSession(row);
    },
    touch: async (idHash, lastSeenAt) => session.send(TOUCH, [idHash, lastSeenAt]),
    end: (selection) => session.change(END, listSelectionValues(selection)),
    list: async () => (await session.query<PersonSessionRow>(LIST)).map(toPersonSession),
    removeExpired: async (now, idleSince) => session.send(REMOVE_EXPIRED, [now, idleSince]),
  };
}
