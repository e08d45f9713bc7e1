/** The step of the schema that notes which assertions of clients were used: a token is issued once for each. */
export const SQLITE_USED_ASSERTIONS = `
  CREATE TABLE used_assertion (
    issuer TEXT NOT NULL, jti TEXT NOT NULL, until TEXT NOT NULL,
    PRIMARY KEY (issuer, jti)
  ) WITHOUT ROWID;
  CREATE INDEX used_assertion_until ON used_assertion (until);
`;
