/**
 * The history of decisions, and the sessions of people. The triggers keep the history as it is, whoever writes to the file.
 */
export const ADD_PEOPLE = `
  CREATE TABLE decision_log (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL, record TEXT NOT NULL, site TEXT, content TEXT NOT NULL
  );
  CREATE INDEX decision_log_record ON decision_log (kind, record, seq);
  CREATE TRIGGER decision_log_unchanged BEFORE UPDATE ON decision_log
    BEGIN SELECT RAISE(ABORT, 'a decision is never changed'); END;
  CREATE TRIGGER decision_log_kept BEFORE DELETE ON decision_log
    BEGIN SELECT RAISE(ABORT, 'a decision is never removed'); END;
  CREATE TABLE person_session (
    id_hash TEXT PRIMARY KEY, issuer TEXT NOT NULL, subject TEXT NOT NULL, issuer_session TEXT,
    started_at TEXT NOT NULL, last_seen_at TEXT NOT NULL, expires_at TEXT NOT NULL, content TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX person_session_of_person ON person_session (issuer, subject);
`;
