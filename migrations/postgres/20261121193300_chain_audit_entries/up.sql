-- The chain over the audit trail: one row for each entry that was sealed, in the order of sealing.
-- `hash` is over the entry, the rest of the row and the hash before; `anchor` is the position whose
-- hash was known outside of the database when the row was added.
CREATE TABLE audit_chain (
    position BIGINT NOT NULL PRIMARY KEY CHECK (position > 0),
    entry_seq BIGINT NOT NULL UNIQUE,
    anchor BIGINT NOT NULL,
    sealed_at BIGINT NOT NULL,
    hash TEXT NOT NULL
);

CREATE INDEX audit_chain_by_time ON audit_chain (sealed_at, entry_seq);

-- Rows of both tables are only ever added, by whomever. A build that does not know the chain adds
-- entries as before.
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is only ever added to: % of % is refused',
        lower(TG_OP), TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_chain_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_chain
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
-- For what is replicated, too.
ALTER TABLE audit_entries ENABLE ALWAYS TRIGGER audit_entries_stay;
ALTER TABLE audit_chain ENABLE ALWAYS TRIGGER audit_chain_stays;

REVOKE UPDATE, DELETE, TRUNCATE ON audit_entries, audit_chain FROM PUBLIC, CURRENT_USER;
