-- +goose Up
CREATE TABLE verifications (
    n         INTEGER PRIMARY KEY,
    upstream  TEXT NOT NULL,
    model     TEXT NOT NULL,
    at        INTEGER NOT NULL,  -- Unix seconds
    reference INTEGER NOT NULL,  -- 1: later runs are compared with it
    alarm     INTEGER NOT NULL,  -- 1: something was found that is cause for one
    report    BLOB NOT NULL      -- as package verify writes it, with what was found
);
CREATE INDEX verifications_of_model ON verifications (upstream, model, n);
