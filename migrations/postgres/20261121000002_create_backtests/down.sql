DROP TABLE idempotency_keys;
DROP TABLE backtest_events;
DROP TABLE backtest_tags;
DROP TABLE backtests;
