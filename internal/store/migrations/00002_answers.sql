-- +goose Up
CREATE TABLE answers (
    id     TEXT PRIMARY KEY,
    owner  TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    parent TEXT NOT NULL, -- the answer before it in the conversation, or empty
    body   BLOB NOT NULL,
    bytes  INTEGER NOT NULL, -- of body
    used   INTEGER NOT NULL  -- when it was last asked for, in Unix seconds
);
CREATE INDEX answers_by_use ON answers (owner, used, bytes);
