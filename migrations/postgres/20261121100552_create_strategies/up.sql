-- One row a strategy that a user stored. Removed ones stay, with the moment at which they were
-- removed, so that their names are never used again. Times are UTC nanoseconds.
CREATE TABLE strategies (
    id TEXT NOT NULL PRIMARY KEY,
    latest_version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    deleted_at BIGINT
);

CREATE INDEX strategies_by_age ON strategies (created_at, id);

-- `definition` is a versioned JSON document. Rows are never changed.
CREATE TABLE strategy_versions (
    strategy_id TEXT NOT NULL REFERENCES strategies (id),
    version BIGINT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    definition TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (strategy_id, version)
);
