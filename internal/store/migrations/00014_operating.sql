-- +goose Up
CREATE TABLE measurements (
    n     INTEGER PRIMARY KEY,
    at    INTEGER NOT NULL,  -- when it ended, in Unix seconds
    model TEXT NOT NULL,
    body  BLOB NOT NULL      -- as the door for managing shows it
);

-- How far the setting up is that the console guides through: one row.
CREATE TABLE guide (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL,
    body    BLOB NOT NULL
);
