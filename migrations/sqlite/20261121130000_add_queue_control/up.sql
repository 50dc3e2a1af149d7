-- `position` is the place in the queue, given by the writer under the write lock: clocks, which
-- jump and differ between machines, have no say in who goes first. `not_before` and `retry_at` are
-- 0 where there is nothing to wait for. A build that does not know these columns leaves them at
-- their defaults.
ALTER TABLE backtests ADD COLUMN position BIGINT NOT NULL DEFAULT 0;
UPDATE backtests SET position = rowid;
ALTER TABLE backtests ADD COLUMN not_before BIGINT NOT NULL DEFAULT 0;
ALTER TABLE backtests ADD COLUMN retry_at BIGINT NOT NULL DEFAULT 0;
-- When it ended; kept for retention, which treats a missing one as the moment of submission.
ALTER TABLE backtests ADD COLUMN finished_at BIGINT;
UPDATE backtests SET finished_at = created_at
    WHERE status IN ('succeeded', 'failed', 'cancelled', 'timed_out');

DROP INDEX backtests_queue;
CREATE INDEX backtests_queue ON backtests (priority, position) WHERE status = 'queued';
CREATE INDEX backtests_position ON backtests (position);
CREATE INDEX backtests_leased ON backtests (lease_id) WHERE lease_id IS NOT NULL;
CREATE INDEX backtests_ended ON backtests (status, finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- One row while the queue is paused, none otherwise. `pause` is a versioned JSON document.
CREATE TABLE queue_pauses (
    queue TEXT NOT NULL PRIMARY KEY,
    pause TEXT NOT NULL
);

-- Decisions, with who made them. Rows are only ever added. `before` and `after` are JSON.
CREATE TABLE audit_entries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    request_id TEXT,
    before TEXT,
    after TEXT
);

CREATE INDEX audit_entries_by_subject ON audit_entries (subject, seq);
