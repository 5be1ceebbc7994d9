-- +goose Up
-- Keys that browsers and phones hold for people, to sign in with.
CREATE TABLE passkeys (
    id        BLOB PRIMARY KEY, -- as the authenticator calls it
    person_id TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    name      TEXT NOT NULL,
    site      TEXT NOT NULL, -- the host it is for
    record    BLOB NOT NULL, -- its public key, counter and flags, as JSON
    created   INTEGER NOT NULL, -- Unix seconds
    used      INTEGER NOT NULL  -- last, Unix seconds; 0: never
);
CREATE INDEX passkeys_of_person ON passkeys (person_id, created);
