-- +goose Up
CREATE TABLE usage (
    n          INTEGER PRIMARY KEY,
    once       TEXT UNIQUE,       -- what is counted once, or null
    request    TEXT NOT NULL,
    at         INTEGER NOT NULL,  -- when the request arrived, in Unix milliseconds
    day        TEXT NOT NULL,     -- of that, in the appliance's time zone: 2026-11-28
    act        TEXT NOT NULL,
    class      TEXT NOT NULL,
    key_id     TEXT NOT NULL,     -- which may be revoked by now
    key_name   TEXT NOT NULL,
    person     TEXT NOT NULL,
    department TEXT NOT NULL,
    tenant     TEXT NOT NULL,
    model      TEXT NOT NULL,
    served_by  TEXT NOT NULL,
    prompt     INTEGER NOT NULL,  -- tokens
    cached     INTEGER NOT NULL,  -- of these, those that were known
    completion INTEGER NOT NULL,
    cost       INTEGER NOT NULL   -- in billionths of a yuan
);
-- They hold all that is summed up for a quota, so that the table itself is not read.
CREATE INDEX usage_of_key ON usage (key_id, at, prompt, completion, cost);
CREATE INDEX usage_of_person ON usage (person, at, prompt, completion, cost) WHERE person <> '';
CREATE INDEX usage_of_department ON usage (department, at, prompt, completion, cost) WHERE department <> '';
CREATE INDEX usage_of_tenant ON usage (tenant, at, prompt, completion, cost) WHERE tenant <> '';
CREATE INDEX usage_by_time ON usage (at);

CREATE TABLE quotas (
    kind    TEXT NOT NULL,    -- key, person, department, tenant
    id      TEXT NOT NULL,    -- or *: each of that kind that has none of its own
    measure TEXT NOT NULL,    -- tokens, requests, spend, concurrent
    period  TEXT NOT NULL,    -- minute, day, month, or empty for what is concurrent
    most    INTEGER NOT NULL, -- tokens, requests, or billionths of a yuan
    warn    INTEGER NOT NULL, -- percent; 0: never
    PRIMARY KEY (kind, id, measure, period)
);
