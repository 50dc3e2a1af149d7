-- Two roles: one that owns the schema and migrates it, and one that the server works as, which may
-- add to the audit trail and change nothing in it. Run in the server's database as a superuser,
-- before `tapedeck migrate up` and once more after each; doing it again changes nothing.
--
--   psql -f deploy/postgres-roles.sql tapedeck
--   psql -c '\password tapedeck_owner' -c '\password tapedeck_app' tapedeck
--   DATABASE_URL=postgres://tapedeck_owner:...@localhost/tapedeck tapedeck migrate up
--   psql -f deploy/postgres-roles.sql tapedeck
--   DATABASE_URL=postgres://tapedeck_app:...@localhost/tapedeck \
--       TAPEDECK__DATABASE__MIGRATE_ON_START=false tapedeck serve
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tapedeck_owner') THEN
        CREATE ROLE tapedeck_owner LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tapedeck_app') THEN
        CREATE ROLE tapedeck_app LOGIN;
    END IF;
END
$$;

GRANT USAGE, CREATE ON SCHEMA public TO tapedeck_owner;
GRANT USAGE ON SCHEMA public TO tapedeck_app;

ALTER DEFAULT PRIVILEGES FOR ROLE tapedeck_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO tapedeck_app;
ALTER DEFAULT PRIVILEGES FOR ROLE tapedeck_owner IN SCHEMA public
    GRANT USAGE ON SEQUENCES TO tapedeck_app;

DO $$
BEGIN
    IF to_regclass('public.audit_chain') IS NOT NULL THEN
        REVOKE UPDATE, DELETE, TRUNCATE ON public.audit_entries, public.audit_chain
            FROM PUBLIC, tapedeck_owner, tapedeck_app;
    END IF;
END
$$;
