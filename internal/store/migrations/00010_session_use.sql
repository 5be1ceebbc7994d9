-- +goose Up
-- When somebody last did something in a session, to the minute, in Unix seconds.
ALTER TABLE sessions ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET used = created;
