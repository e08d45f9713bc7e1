/**
 * The audit trail and its signed heads. SQLite has one chain: its transactions run one at a time. The triggers keep the trail
 * as it is, whoever writes to the file; an INSERT OR REPLACE fires no trigger of the row that it removes, so that an entry
 * may take only the next number.
 */
export const AUDIT_TRAIL = `
  CREATE TABLE audit_entry (seq INTEGER PRIMARY KEY, chain TEXT NOT NULL, entry TEXT NOT NULL, link BLOB NOT NULL);
  CREATE TABLE audit_head (number INTEGER PRIMARY KEY, head TEXT NOT NULL);
  CREATE TRIGGER audit_entry_next BEFORE INSERT ON audit_entry
    WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit_entry)
    BEGIN SELECT RAISE(ABORT, 'an audit entry is only appended'); END;
  CREATE TRIGGER audit_entry_unchanged BEFORE UPDATE ON audit_entry
    BEGIN SELECT RAISE(ABORT, 'an audit entry is never changed'); END;
  CREATE TRIGGER audit_entry_kept BEFORE DELETE ON audit_entry
    BEGIN SELECT RAISE(ABORT, 'an audit entry is never removed'); END;
  CREATE TRIGGER audit_head_next BEFORE INSERT ON audit_head
    WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM audit_head)
    BEGIN SELECT RAISE(ABORT, 'a signed head is only appended'); END;
  CREATE TRIGGER audit_head_unchanged BEFORE UPDATE ON audit_head
    BEGIN SELECT RAISE(ABORT, 'a signed head is never changed'); END;
  CREATE TRIGGER audit_head_kept BEFORE DELETE ON audit_head
    BEGIN SELECT RAISE(ABORT, 'a signed head is never removed'); END;
`;
