/**
 * The step of the schema that counts versions which arrive again without effect, and keeps the resources whose facts are to be
 * derived again after the commit that made it necessary: one change can concern thousands.
 */
export const COUNT_REPEATS_AND_POSTPONE = `
  CREATE TABLE repeated_version (
    resource INTEGER NOT NULL REFERENCES resource (key), version INTEGER NOT NULL,
    repeats INTEGER NOT NULL, last_at TEXT NOT NULL,
    PRIMARY KEY (resource, version)
  ) WITHOUT ROWID;
  CREATE TABLE postponed (
    seq INTEGER PRIMARY KEY,
    site TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL,
    UNIQUE (site, type, id)
  );
`;
