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

// AddIdentity remembers who a person is in a directory. One that has another one there
// already is an error of code [hearth.NameTaken].
func (s *Store) AddIdentity(ctx context.Context, directory, subject, person string) error {
	return s.within(ctx, func(tx *sql.Tx) error {
		var another bool
		if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM identities WHERE directory = ? AND person_id = ?)", directory, person).Scan(&another); err != nil {
			return err
		}
		if another {
			return hearth.NewError(hearth.NameTaken, "name", person)
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO identities (directory, subject, person_id) VALUES (?, ?, ?)", directory, subject, person)
		return taken(err, subject)
	})
}

// Identities are who people are in a directory, by person.
func (s *Store) Identities(ctx context.Context, directory string) (map[string]string, error) {
	list, err := rows(ctx, s.db, func(row scanner) (x [2]string, err error) { return x, row.Scan(&x[0], &x[1]) },
		"SELECT person_id, subject FROM identities WHERE directory = ?", directory)
	all := map[string]string{}
	for _, x := range list {
		all[x[0]] = x[1]
	}
	return all, err
}
