DROP TRIGGER backtests_delete_events ON backtests;
DROP FUNCTION delete_events_of_backtests();
ALTER TABLE backtest_events ADD CONSTRAINT backtest_events_backtest_id_fkey
    FOREIGN KEY (backtest_id) REFERENCES backtests (id) ON DELETE CASCADE;

DROP INDEX backtests_dedupe_key;
ALTER TABLE backtests ADD CONSTRAINT backtests_dedupe_key_key UNIQUE (dedupe_key);

DROP INDEX backtests_sweeps;
CREATE INDEX backtests_by_kind ON backtests (kind, id);
