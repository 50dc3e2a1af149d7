-- What every new job and every change of one pays for is kept small: nearly all jobs are of one
-- kind, and are found by their ids.
DROP INDEX backtests_by_kind;
CREATE INDEX backtests_sweeps ON backtests (id) WHERE kind = 'sweep';
