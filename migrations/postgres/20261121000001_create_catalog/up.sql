-- One row a version of a dataset; the bars are in a file named by their content hash.
CREATE TABLE datasets (
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    symbol TEXT NOT NULL,
    interval_ns BIGINT NOT NULL,
    content_hash TEXT NOT NULL,
    info TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (id, version)
);

CREATE INDEX datasets_by_symbol ON datasets (symbol, interval_ns);
