/**
 * The step of the schema that records erasures. Persons are remembered by keyed hash only. A decision on a work item may be
 * changed where the item was erased, and only there.
 */
export const ADD_ERASURES = `
  CREATE TABLE erased_person (hash TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE erased_work_item (id TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE erasure (seq INTEGER PRIMARY KEY, record TEXT NOT NULL);
  CREATE TRIGGER erasure_unchanged BEFORE UPDATE ON erasure
    BEGIN SELECT RAISE(ABORT, 'the record of an erasure is never changed'); END;
  CREATE TRIGGER erasure_kept BEFORE DELETE ON erasure
    BEGIN SELECT RAISE(ABORT, 'the record of an erasure is never removed'); END;
  DROP TRIGGER work_decision_unchanged;
  CREATE TRIGGER work_decision_unchanged BEFORE UPDATE ON work_decision
    WHEN OLD.item NOT IN (SELECT id FROM erased_work_item) OR NEW.item <> OLD.item
    BEGIN SELECT RAISE(ABORT, 'a decision is never changed'); END;
`;
