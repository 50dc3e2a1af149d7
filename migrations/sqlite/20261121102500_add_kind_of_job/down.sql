DROP INDEX backtests_by_kind;

ALTER TABLE backtests DROP COLUMN kind;
