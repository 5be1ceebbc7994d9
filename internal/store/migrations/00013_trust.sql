-- +goose Up
CREATE TABLE trust_policies (
    kind    TEXT NOT NULL,    -- key, person, department, tenant
    id      TEXT NOT NULL,
    action  TEXT NOT NULL,    -- off, label, strip, block
    changed INTEGER NOT NULL, -- Unix seconds
    PRIMARY KEY (kind, id)
);

CREATE TABLE probe_runs (
    id        TEXT PRIMARY KEY,
    probe_set TEXT NOT NULL,
    model     TEXT NOT NULL,
    at        INTEGER NOT NULL, -- Unix milliseconds
    result    BLOB NOT NULL     -- JSON
);
CREATE INDEX probe_runs_by_time ON probe_runs (probe_set, model, at);
