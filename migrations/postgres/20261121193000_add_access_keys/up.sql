-- Access keys. Of the key itself only its SHA-256 is kept. Rows are never removed: as soon as one
-- is there, the API needs a key, and the name of a key never means another.
CREATE TABLE access_keys (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    prefix TEXT NOT NULL,
    hash TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    last_used_at BIGINT
);

-- Tickets that were not used yet; whoever uses one removes it.
CREATE TABLE access_tickets (
    hash TEXT NOT NULL PRIMARY KEY,
    key_id TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX access_tickets_by_end ON access_tickets (expires_at);
