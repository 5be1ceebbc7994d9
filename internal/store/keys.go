package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/hearthbox/hearth"
)

const keyColumns = "id, name, standing, hash, created, expires"

// AddKey remembers a new key.
func (s *Store) AddKey(ctx context.Context, k hearth.Key) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO keys ("+keyColumns+") VALUES (?, ?, ?, ?, ?, ?)",
		k.ID, k.Name, k.Standing, k.Hash, k.Created.Unix(), seconds(k.Expires))
	return err
}

// Key finds a key; a missing one is an error of code [hearth.NoSuchKey].
func (s *Store) Key(ctx context.Context, id string) (hearth.Key, error) {
	k, err := scanKey(s.db.QueryRowContext(ctx, "SELECT "+keyColumns+" FROM keys WHERE id = ?", id))
	if errors.Is(err, sql.ErrNoRows) {
		return k, hearth.NewError(hearth.NoSuchKey, "key", id)
	}
	return k, err
}

// Keys lists all keys, oldest first.
func (s *Store) Keys(ctx context.Context) ([]hearth.Key, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT "+keyColumns+" FROM keys ORDER BY created, id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var keys []hearth.Key
	for rows.Next() {
		k, err := scanKey(rows)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, rows.Err()
}

// RemoveKey forgets a key. The last administrator's key that does not expire stays,
// with an error of code [hearth.LastAdmin], so that nobody is locked out; the check
// and the removal are one transaction.
func (s *Store) RemoveKey(ctx context.Context, id string) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	var standing hearth.Standing
	var expires int64
	err = tx.QueryRowContext(ctx, "SELECT standing, expires FROM keys WHERE id = ?", id).Scan(&standing, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return hearth.NewError(hearth.NoSuchKey, "key", id)
	}
	if err != nil {
		return err
	}
	if standing == hearth.StandingAdmin && expires == 0 {
		var others int
		const count = "SELECT count(*) FROM keys WHERE standing = ? AND expires = 0 AND id <> ?"
		if err := tx.QueryRowContext(ctx, count, hearth.StandingAdmin, id).Scan(&others); err != nil {
			return err
		}
		if others == 0 {
			return hearth.NewError(hearth.LastAdmin, "key", id)
		}
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM keys WHERE id = ?", id); err != nil {
		return err
	}
	return tx.Commit()
}

func scanKey(row interface{ Scan(...any) error }) (hearth.Key, error) {
	var k hearth.Key
	var created, expires int64
	err := row.Scan(&k.ID, &k.Name, &k.Standing, &k.Hash, &created, &expires)
	k.Created, k.Expires = moment(created), moment(expires)
	return k, err
}

func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func moment(s int64) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}
