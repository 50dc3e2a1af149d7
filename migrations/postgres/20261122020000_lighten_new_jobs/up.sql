-- What every new job and every change of one pays for is kept small.

-- Nearly all jobs are of one kind, and are found by their ids.
DROP INDEX backtests_by_kind;
CREATE INDEX backtests_sweeps ON backtests (id) WHERE kind = 'sweep';

-- Only jobs that others may share have a key, and none that has ended.
ALTER TABLE backtests DROP CONSTRAINT backtests_dedupe_key_key;
CREATE UNIQUE INDEX backtests_dedupe_key ON backtests (dedupe_key) WHERE dedupe_key IS NOT NULL;

-- Entries are written by statements that add or hold the row of their job, so looking it up once
-- more for each of them finds nothing out. They still go when their job does.
ALTER TABLE backtest_events DROP CONSTRAINT backtest_events_backtest_id_fkey;
CREATE FUNCTION delete_events_of_backtests() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM backtest_events USING gone WHERE backtest_events.backtest_id = gone.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER backtests_delete_events AFTER DELETE ON backtests
    REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION delete_events_of_backtests();
