-- Times are UTC nanoseconds. `submission` and `state` are versioned JSON documents; the columns
-- beside them are copies for the indexes.
CREATE TABLE backtests (
    id TEXT NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    status TEXT NOT NULL,
    state TEXT NOT NULL,
    submission TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    priority BIGINT NOT NULL,
    lease_id TEXT,
    renewals BIGINT NOT NULL,
    dedupe_key TEXT UNIQUE,
    dataset_id TEXT NOT NULL,
    symbol TEXT NOT NULL,
    strategy_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seq BIGINT NOT NULL
);

CREATE INDEX backtests_queue ON backtests (status, priority, id);

CREATE TABLE backtest_tags (
    backtest_id TEXT NOT NULL REFERENCES backtests (id) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (backtest_id, tag)
);

CREATE INDEX backtest_tags_by_tag ON backtest_tags (tag, backtest_id);

CREATE TABLE backtest_events (
    backtest_id TEXT NOT NULL REFERENCES backtests (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (backtest_id, seq)
);

CREATE TABLE idempotency_keys (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    backtest_id TEXT NOT NULL REFERENCES backtests (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
);

CREATE INDEX idempotency_keys_by_backtest ON idempotency_keys (backtest_id);
