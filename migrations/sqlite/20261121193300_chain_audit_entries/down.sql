DROP TABLE audit_chain;
DROP TRIGGER audit_entries_stay;
DROP TRIGGER audit_entries_remain;
DROP TRIGGER audit_entries_are_new;
