import {
  listSelectionValues,
  type PersonSessionRow,
  type PersonSessionStore,
  toPersonSession,
  toSessionColumns,
} from '../../person-sessions.ts';
import type { Database } from '../database.ts';

const ADD = `INSERT INTO person_session
    (id_hash, issuer, subject, issuer_session, started_at, last_seen_at, expires_at, content)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

const END = `DELETE FROM person_session WHERE id_hash = coalesce(@idHash, id_hash) AND issuer = coalesce(@issuer, issuer)
  AND subject = coalesce(@subject, subject) AND (@issuerSession IS NULL OR issuer_session = @issuerSession)`;

/** Creates the sessions of people on the table `person_session`. */
export function createSqlitePersonSessionStore(db: Database): PersonSessionStore {
  const add = db.prepare(ADD);
  const find = db.prepare<[string], PersonSessionRow>('SELECT * FROM person_session WHERE id_hash = ?');
  const touch = db.prepare('UPDATE person_session SET last_seen_at = ? WHERE id_hash = ?');
  const end = db.prepare(END);
  const list = db.prepare<[], PersonSessionRow>('SELECT * FROM person_session ORDER BY started_at, id_hash');
  const removeExpired = db.prepare('DELETE FROM person_session WHERE expires_at <= ? OR last_seen_at <= ?');
  return {
    async add(session) {
      add.run(...toSessionColumns(session));
    },
    async find(idHash) {
      const row = find.get(idHash);
      return row && toPersonSession(row);
    },
    async touch(idHash, lastSeenAt) {
      touch.run(lastSeenAt, idHash);
    },
    async end(selection) {
      const [idHash, issuer, subject, issuerSession] = listSelectionValues(selection);
      return end.run({ idHash, issuer, subject, issuerSession }).changes;
    },
    list: async () => list.all().map(toPersonSession),
    async removeExpired(now, idleSince) {
      removeExpired.run(now, idleSince);
    },
  };
}
