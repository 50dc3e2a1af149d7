DROP INDEX backtests_sweeps;
CREATE INDEX backtests_by_kind ON backtests (kind, id);
