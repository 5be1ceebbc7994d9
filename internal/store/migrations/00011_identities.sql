-- +goose Up
-- Who people are in directories elsewhere.
CREATE TABLE identities (
    directory TEXT NOT NULL, -- as the configuration calls it
    subject   TEXT NOT NULL, -- as the directory calls them, for good
    person_id TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    PRIMARY KEY (directory, subject)
);
CREATE INDEX identities_of_person ON identities (person_id);
