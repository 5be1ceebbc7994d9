-- +goose Up
-- Of which class what a job asks is; empty leaves that to the appliance.
ALTER TABLE jobs ADD COLUMN data TEXT NOT NULL DEFAULT '';
