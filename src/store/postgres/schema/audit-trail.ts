/**
 * The audit trail and its signed heads. Each site has a chain of its own, and whatever concerns more than one site another
 * (`*`): transactions of different sites never wait for each other's chain. A role that may use the tables may only read and
 * append; the triggers refuse the same to the role that owns them.
 */
export const POSTGRES_AUDIT_TRAIL = `
  CREATE TABLE audit_entry (
    chain text COLLATE "C" NOT NULL, seq bigint NOT NULL, entry text COLLATE "C" NOT NULL, link bytea NOT NULL,
    PRIMARY KEY (chain, seq)
  );
  CREATE TABLE audit_head (number bigint PRIMARY KEY, head text COLLATE "C" NOT NULL);
  CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'the audit trail is only appended'; END $$;
  CREATE TRIGGER audit_entry_kept BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
  CREATE TRIGGER audit_entry_not_emptied BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
  CREATE TRIGGER audit_head_kept BEFORE UPDATE OR DELETE ON audit_head
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
  CREATE TRIGGER audit_head_not_emptied BEFORE TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
  ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;
  ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY;
  CREATE POLICY allowed_sites ON audit_entry USING
    (current_setting('trial_adapter.site', true) = '*' OR chain = current_setting('trial_adapter.site', true));
`;
