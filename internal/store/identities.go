package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/hearthbox/hearth"
)

// Identified finds who somebody of a directory is here; nobody is an error of code
// [hearth.NoSuchPerson].
func (s *Store) Identified(ctx context.Context, directory, subject string) (person string, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT person_id FROM identities WHERE directory = ? AND subject = ?", directory, subject).Scan(&person)
	if errors.Is(err, sql.ErrNoRows) {
		return "", hearth.NewError(hearth.NoSuchPerson, "person", "")
	}
	return person, err
}

// Identity is who a person is in a directory; empty where that does not know them.
func (s *Store) Identity(ctx context.Context, directory, person string) (subject string, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT subject FROM identities WHERE directory = ? AND person_id = ?", directory, person).Scan(&subject)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return subject, err
}

// AddIdentified remembers a person of a directory, with all that [Store.AddPerson] does,
// or not at all.
func (s *Store) AddIdentified(ctx context.Context, p hearth.Person, c hearth.Credentials, own hearth.Key, directory, subject string) error {
	return s.within(ctx, func(tx *sql.Tx) error {
		if err := addPerson(ctx, tx, p, c, own); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO identities (directory, subject, person_id) VALUES (?, ?, ?)", directory, subject, p.ID)
		return taken(err, subject)
	})
}
