-- What was changed at run time and holds in every process in place of the configuration: a row
-- for each flag that was set, and for the log level. `value` is JSON.
CREATE TABLE overrides (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    set_by TEXT NOT NULL,
    request_id TEXT
);
