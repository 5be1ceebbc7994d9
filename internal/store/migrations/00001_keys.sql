-- +goose Up
CREATE TABLE keys (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    standing TEXT NOT NULL,
    hash     BLOB NOT NULL,
    created  INTEGER NOT NULL, -- Unix seconds
    expires  INTEGER NOT NULL  -- Unix seconds, 0: never
);
