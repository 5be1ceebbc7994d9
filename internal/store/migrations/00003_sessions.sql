-- +goose Up
CREATE TABLE sessions (
    hash    BLOB PRIMARY KEY,
    key_id  TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    created INTEGER NOT NULL, -- Unix seconds
    expires INTEGER NOT NULL  -- Unix seconds
);
CREATE INDEX sessions_of_key ON sessions (key_id, created);
