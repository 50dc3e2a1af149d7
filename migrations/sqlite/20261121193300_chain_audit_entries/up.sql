-- The chain over the audit trail: one row for each entry that was sealed, in the order of sealing.
-- `hash` is over the entry, the rest of the row and the hash before; `anchor` is the position whose
-- hash was known outside of the database when the row was added.
CREATE TABLE audit_chain (
    position INTEGER NOT NULL PRIMARY KEY CHECK (position > 0),
    entry_seq BIGINT NOT NULL UNIQUE,
    anchor BIGINT NOT NULL,
    sealed_at BIGINT NOT NULL,
    hash TEXT NOT NULL
);

CREATE INDEX audit_chain_by_time ON audit_chain (sealed_at, entry_seq);

-- Rows of both tables are only ever added. A build that does not know the chain adds entries as
-- before. What is replaced is not deleted as far as triggers can tell, so that is refused apart.
CREATE TRIGGER audit_entries_stay BEFORE UPDATE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to: update is refused'); END;
CREATE TRIGGER audit_entries_remain BEFORE DELETE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to: delete is refused'); END;
CREATE TRIGGER audit_entries_are_new BEFORE INSERT ON audit_entries
WHEN EXISTS (SELECT 1 FROM audit_entries WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to: replace is refused'); END;
CREATE TRIGGER audit_chain_stays BEFORE UPDATE ON audit_chain
BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to: update is refused'); END;
CREATE TRIGGER audit_chain_remains BEFORE DELETE ON audit_chain
BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to: delete is refused'); END;
CREATE TRIGGER audit_chain_is_new BEFORE INSERT ON audit_chain
WHEN EXISTS (
    SELECT 1 FROM audit_chain WHERE position = NEW.position OR entry_seq = NEW.entry_seq
)
BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to: replace is refused'); END;
