/**
 * The step of the schema that encrypts contents with a key of their subject, or of their payload. A body that is encrypted is a
 * blob, and names its key; one that was stored before is text. A row of `sealed_key` is used again after its key was destroyed.
 */
export const ADD_SUBJECT_KEYS = `
  CREATE TABLE subject_key (id INTEGER PRIMARY KEY, study TEXT, subject TEXT, wrapped BLOB NOT NULL);
  CREATE UNIQUE INDEX subject_key_owner ON subject_key (study, subject) WHERE study IS NOT NULL;
  ALTER TABLE resource_version ADD COLUMN subject_key INTEGER REFERENCES subject_key (id);

  CREATE TABLE sealed_key (id INTEGER PRIMARY KEY, wrapped BLOB NOT NULL, is_free INTEGER NOT NULL);
  CREATE INDEX sealed_key_free ON sealed_key (id) WHERE is_free = 1;
  ALTER TABLE sealed ADD COLUMN sealed_key INTEGER REFERENCES sealed_key (id);
`;
