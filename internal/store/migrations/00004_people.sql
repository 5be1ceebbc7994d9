-- +goose Up
-- Who may ask, and who they are.
CREATE TABLE tenants (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    models   TEXT NOT NULL DEFAULT '', -- that may be used, separated by commas; empty: all
    created  INTEGER NOT NULL,         -- Unix seconds
    disabled INTEGER NOT NULL DEFAULT 0 -- since, in Unix seconds; 0: not
);
INSERT INTO tenants (id, name, created) VALUES ('main', 'main', 0);

CREATE TABLE departments (
    id        TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    name      TEXT NOT NULL,
    created   INTEGER NOT NULL, -- Unix seconds
    UNIQUE (tenant_id, name)
);

CREATE TABLE people (
    id            TEXT PRIMARY KEY,
    tenant_id     TEXT NOT NULL REFERENCES tenants (id),
    department_id TEXT REFERENCES departments (id),
    login         TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name          TEXT NOT NULL,
    standing      TEXT NOT NULL, -- one alone: user, system, security, audit
    created       INTEGER NOT NULL,          -- Unix seconds
    disabled      INTEGER NOT NULL DEFAULT 0 -- since, in Unix seconds; 0: not
);
CREATE INDEX people_of_tenant ON people (tenant_id, department_id);

-- How people prove who they are.
CREATE TABLE credentials (
    person_id        TEXT PRIMARY KEY REFERENCES people (id) ON DELETE CASCADE,
    password         TEXT NOT NULL DEFAULT '', -- argon2id of a keyed hash of it; empty: there is none
    passwords_before TEXT NOT NULL DEFAULT '', -- the latest ones before it, one a line
    password_set     INTEGER NOT NULL DEFAULT 0, -- Unix seconds
    totp             BLOB, -- the second factor's secret, sealed; null: there is none
    totp_proven      INTEGER NOT NULL DEFAULT 0, -- 1: a code of it was shown
    totp_used        INTEGER NOT NULL DEFAULT 0, -- the last step of 30 s whose code was taken
    recovery         TEXT NOT NULL DEFAULT '', -- keyed hashes of the codes that are left, one a line
    invitation       BLOB, -- keyed hash of a code that lets the person choose a password
    invitation_until INTEGER NOT NULL DEFAULT 0, -- Unix seconds
    failures         INTEGER NOT NULL DEFAULT 0, -- wrong passwords or codes in a row
    locked_until     INTEGER NOT NULL DEFAULT 0  -- Unix seconds
);
CREATE UNIQUE INDEX credentials_by_invitation ON credentials (invitation);

-- Keys belong to a tenant, may belong to a department or a person, and may do less than
-- their standing.
ALTER TABLE keys ADD COLUMN tenant_id TEXT NOT NULL DEFAULT 'main';
ALTER TABLE keys ADD COLUMN department_id TEXT REFERENCES departments (id);
ALTER TABLE keys ADD COLUMN person_id TEXT REFERENCES people (id) ON DELETE CASCADE;
ALTER TABLE keys ADD COLUMN rights TEXT NOT NULL DEFAULT ''; -- separated by commas; empty: all of the standing's
ALTER TABLE keys ADD COLUMN models TEXT NOT NULL DEFAULT ''; -- as of tenants
CREATE INDEX keys_of_person ON keys (person_id);

-- Two people together may make one of them an administrator of everything, for a while.
CREATE TABLE emergencies (
    id          TEXT PRIMARY KEY,
    person_id   TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE, -- who asked, and gets it
    reason      TEXT NOT NULL,
    asked       INTEGER NOT NULL, -- Unix seconds
    seconds     INTEGER NOT NULL, -- that it lasts from the approval on
    approved_by TEXT REFERENCES people (id) ON DELETE SET NULL,
    expires     INTEGER NOT NULL DEFAULT 0 -- Unix seconds; 0: nobody has approved it
);
CREATE INDEX emergencies_of_person ON emergencies (person_id, expires);

-- One row. changes counts what may have ended somebody's rights, so that whoever is at
-- work for them finds out by looking at one number.
CREATE TABLE access_state (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    changes  INTEGER NOT NULL,
    finished INTEGER NOT NULL -- when the setting up was finished, Unix seconds; 0: not yet
);
INSERT INTO access_state VALUES (1, 0, 0);

-- +goose StatementBegin
CREATE TRIGGER key_gone AFTER DELETE ON keys BEGIN UPDATE access_state SET changes = changes + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER key_changed AFTER UPDATE ON keys BEGIN UPDATE access_state SET changes = changes + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER session_gone AFTER DELETE ON sessions BEGIN UPDATE access_state SET changes = changes + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER person_changed AFTER UPDATE ON people BEGIN UPDATE access_state SET changes = changes + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER person_gone AFTER DELETE ON people BEGIN UPDATE access_state SET changes = changes + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tenant_changed AFTER UPDATE ON tenants BEGIN UPDATE access_state SET changes = changes + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER emergency_changed AFTER UPDATE ON emergencies BEGIN UPDATE access_state SET changes = changes + 1; END;
-- +goose StatementEnd
