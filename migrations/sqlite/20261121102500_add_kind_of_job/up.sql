-- A sweep is a job of the same table and life; lists ask for one kind, newest first.
ALTER TABLE backtests ADD COLUMN kind TEXT NOT NULL DEFAULT 'backtest';

CREATE INDEX backtests_by_kind ON backtests (kind, id);
