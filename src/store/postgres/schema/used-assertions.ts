/** The step of the schema that notes which assertions of clients were used: a token is issued once for each. */
export const POSTGRES_USED_ASSERTIONS = `
  CREATE TABLE used_assertion (
    issuer text COLLATE "C" NOT NULL, jti text COLLATE "C" NOT NULL, until text COLLATE "C" NOT NULL,
    PRIMARY KEY (issuer, jti)
  );
  CREATE INDEX used_assertion_until ON used_assertion (until);
`;
