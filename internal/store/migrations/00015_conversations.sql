-- +goose Up
-- What people say to models in the console, and what is answered.
CREATE TABLE conversations (
    id        TEXT PRIMARY KEY, -- as the browser called it
    person_id TEXT REFERENCES people (id) ON DELETE CASCADE, -- whose it is; null: the key's
    key_id    TEXT REFERENCES keys (id) ON DELETE CASCADE,   -- a key that is nobody's; null: the person's
    tenant_id TEXT NOT NULL,
    title     TEXT NOT NULL,
    shared    INTEGER NOT NULL DEFAULT 0, -- 1: with everybody of the tenant, to read
    revision  INTEGER NOT NULL,
    created   INTEGER NOT NULL, -- Unix milliseconds
    updated   INTEGER NOT NULL, -- Unix milliseconds
    body      BLOB NOT NULL,    -- JSON, of the console's making
    bytes     INTEGER NOT NULL, -- of body
    said      TEXT NOT NULL,    -- title and words in small letters, to search in
    CHECK ((person_id IS NULL) <> (key_id IS NULL))
);
CREATE INDEX conversations_of_person ON conversations (person_id, updated);
CREATE INDEX conversations_of_key ON conversations (key_id, updated);
CREATE INDEX conversations_shared ON conversations (tenant_id, shared, updated);

-- What people think of answers.
CREATE TABLE feedback (
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    turn    TEXT NOT NULL,    -- the answer, by its name in the conversation
    model   TEXT NOT NULL,
    good    INTEGER NOT NULL, -- 1 or 0
    reason  TEXT NOT NULL,
    comment TEXT NOT NULL,
    at      INTEGER NOT NULL, -- Unix seconds
    PRIMARY KEY (conversation_id, turn)
);
CREATE INDEX feedback_by_time ON feedback (at);
