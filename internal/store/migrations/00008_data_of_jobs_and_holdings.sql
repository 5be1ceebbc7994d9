-- +goose Up
-- Of which class what a job asks is; empty leaves that to the appliance.
ALTER TABLE jobs ADD COLUMN data TEXT NOT NULL DEFAULT '';

-- For how many seconds the results of a batch are kept; 0 leaves that to the appliance.
ALTER TABLE batches ADD COLUMN keep INTEGER NOT NULL DEFAULT 0;

-- holdings counts what may have changed what a key is found to be, so that what was found
-- need not be looked up again while the number stays.
ALTER TABLE access_state ADD COLUMN holdings INTEGER NOT NULL DEFAULT 0;
-- +goose StatementBegin
CREATE TRIGGER keys_holdings_insert AFTER INSERT ON keys BEGIN UPDATE access_state SET holdings = holdings + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER keys_holdings_update AFTER UPDATE ON keys BEGIN UPDATE access_state SET holdings = holdings + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER keys_holdings_delete AFTER DELETE ON keys BEGIN UPDATE access_state SET holdings = holdings + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER people_holdings_insert AFTER INSERT ON people BEGIN UPDATE access_state SET holdings = holdings + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER people_holdings_update AFTER UPDATE ON people BEGIN UPDATE access_state SET holdings = holdings + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER people_holdings_delete AFTER DELETE ON people BEGIN UPDATE access_state SET holdings = holdings + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tenants_holdings_insert AFTER INSERT ON tenants BEGIN UPDATE access_state SET holdings = holdings + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tenants_holdings_update AFTER UPDATE ON tenants BEGIN UPDATE access_state SET holdings = holdings + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tenants_holdings_delete AFTER DELETE ON tenants BEGIN UPDATE access_state SET holdings = holdings + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER credentials_holdings_insert AFTER INSERT ON credentials BEGIN UPDATE access_state SET holdings = holdings + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER credentials_holdings_update AFTER UPDATE ON credentials BEGIN UPDATE access_state SET holdings = holdings + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER credentials_holdings_delete AFTER DELETE ON credentials BEGIN UPDATE access_state SET holdings = holdings + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER passkeys_holdings_insert AFTER INSERT ON passkeys BEGIN UPDATE access_state SET holdings = holdings + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER passkeys_holdings_delete AFTER DELETE ON passkeys BEGIN UPDATE access_state SET holdings = holdings + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER emergencies_holdings_insert AFTER INSERT ON emergencies BEGIN UPDATE access_state SET holdings = holdings + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER emergencies_holdings_update AFTER UPDATE ON emergencies BEGIN UPDATE access_state SET holdings = holdings + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER emergencies_holdings_delete AFTER DELETE ON emergencies BEGIN UPDATE access_state SET holdings = holdings + 1; END;
-- +goose StatementEnd
