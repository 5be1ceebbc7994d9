package store

import (
	"context"
	"time"

	"github.com/hearthbox/hearth"
)

// AddPasskey remembers a passkey, unless its person has as many as may be, or somebody has
// it already.
func (s *Store) AddPasskey(ctx context.Context, k hearth.Passkey, most int) error {
	return taken(s.changed(ctx, hearth.NewError(hearth.OutOfRange, "field", "the number of passkeys", "min", 0, "max", most),
		`INSERT INTO passkeys (id, person_id, name, site, record, created, used) SELECT ?, ?, ?, ?, ?, ?, ?
			WHERE (SELECT count(*) FROM passkeys WHERE person_id = ?) < ?`,
		k.ID, k.Person, k.Name, k.Site, k.Record, k.Created.Unix(), seconds(k.Used), k.Person, most), k.Name)
}

// Passkeys lists a person's passkeys, oldest first.
func (s *Store) Passkeys(ctx context.Context, person string) ([]hearth.Passkey, error) {
	return rows(ctx, s.db, func(row scanner) (k hearth.Passkey, err error) {
		var created, used int64
		err = row.Scan(&k.ID, &k.Person, &k.Name, &k.Site, &k.Record, &created, &used)
		k.Created, k.Used = moment(created), moment(used)
		return k, err
	}, "SELECT id, person_id, name, site, record, created, used FROM passkeys WHERE person_id = ? ORDER BY created, id", person)
}

// UsePasskey notes that a passkey was used, and what is to be remembered of it since.
func (s *Store) UsePasskey(ctx context.Context, id, record []byte, at time.Time) error {
	return s.changed(ctx, hearth.NewError(hearth.NoSuchPasskey, "passkey", ""), "UPDATE passkeys SET record = ?, used = ? WHERE id = ?", record, at.Unix(), id)
}

// RemovePasskey forgets a passkey of a person's, or with a nil id all of them.
func (s *Store) RemovePasskey(ctx context.Context, person string, id []byte) error {
	if id == nil {
		_, err := s.db.ExecContext(ctx, "DELETE FROM passkeys WHERE person_id = ?", person)
		return err
	}
	return s.changed(ctx, hearth.NewError(hearth.NoSuchPasskey, "passkey", ""), "DELETE FROM passkeys WHERE person_id = ? AND id = ?", person, id)
}
