-- How each schedule stands, the same for all processes. `state` is a versioned JSON document;
-- `running` is the run that goes on, and `beats` counts its signs of life.
CREATE TABLE schedules (
    name TEXT NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    running TEXT,
    beats BIGINT NOT NULL DEFAULT 0,
    state TEXT NOT NULL
);

-- The history of each schedule. `tick` is the moment of the timetable that a run stands for: no
-- two runs stand for the same one. `run` is a versioned JSON document.
CREATE TABLE schedule_runs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    schedule TEXT NOT NULL,
    tick BIGINT,
    run TEXT NOT NULL,
    UNIQUE (schedule, tick)
);

CREATE INDEX schedule_runs_by_schedule ON schedule_runs (schedule, seq);
