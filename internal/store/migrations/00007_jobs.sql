-- +goose Up
CREATE TABLE files (
    id      TEXT PRIMARY KEY,
    owner   TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    name    TEXT NOT NULL,
    purpose TEXT NOT NULL,
    bytes   INTEGER NOT NULL,
    created INTEGER NOT NULL,  -- Unix seconds, as all times here but jobs.after
    expires INTEGER NOT NULL,
    whole   INTEGER NOT NULL,  -- 0 while it is being received
    batch   TEXT,              -- whose results it is, or null: then it has parts
    failed  INTEGER NOT NULL   -- of these, those that were not answered as was asked
);
CREATE INDEX files_of_owner ON files (owner, created);
CREATE INDEX files_by_expiry ON files (expires);

CREATE TABLE file_parts (
    file TEXT NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    n    INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (file, n)
);

CREATE TABLE batches (
    id        TEXT PRIMARY KEY,
    owner     TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    path      TEXT NOT NULL,
    input     TEXT NOT NULL,
    span      TEXT NOT NULL,
    metadata  BLOB,
    problems  BLOB,
    state     TEXT NOT NULL,
    created   INTEGER NOT NULL,
    expires   INTEGER NOT NULL,
    ended     INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    output    TEXT NOT NULL,
    errors    TEXT NOT NULL,
    total     INTEGER NOT NULL
);
CREATE INDEX batches_of_owner ON batches (owner, created);
CREATE INDEX batches_open ON batches (expires) WHERE state IN ('in_progress', 'cancelling');

CREATE TABLE jobs (
    n       INTEGER PRIMARY KEY, -- they are done in this order
    id      TEXT NOT NULL UNIQUE,
    owner   TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    kind    TEXT NOT NULL,
    batch   TEXT REFERENCES batches (id) ON DELETE CASCADE,
    line    INTEGER NOT NULL,
    name    TEXT NOT NULL,
    path    TEXT NOT NULL,
    client  TEXT NOT NULL,    -- address
    request TEXT NOT NULL,    -- id of the client's own request, or empty
    lang    INTEGER NOT NULL,
    class   TEXT NOT NULL,
    bulk    INTEGER NOT NULL, -- whether that is bulk: what is not, is not kept by what is
    body    BLOB,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    tries   INTEGER NOT NULL,
    state   INTEGER NOT NULL, -- 0 waiting, 1 running, 2 done, 3 held
    after   INTEGER NOT NULL, -- not before, in Unix milliseconds
    lease   TEXT NOT NULL,    -- of the process that does it
    status  INTEGER NOT NULL,
    result  BLOB
);
CREATE INDEX jobs_waiting ON jobs (owner, bulk, n) WHERE state = 0;
CREATE INDEX jobs_later ON jobs (after) WHERE state = 0;
CREATE INDEX jobs_running ON jobs (lease) WHERE state = 1;
CREATE INDEX jobs_of_batch ON jobs (batch, state, line);
CREATE INDEX jobs_old ON jobs (expires) WHERE batch IS NULL;
