package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/hearthbox/hearth"
)

// AddSession remembers a session. All that have expired are forgotten, and of the key's
// own the oldest beyond most.
func (s *Store) AddSession(ctx context.Context, x hearth.Session, most int) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, "DELETE FROM sessions WHERE expires <= ?", time.Now().Unix()); err != nil {
		return err
	}
	const older = "DELETE FROM sessions WHERE key_id = ? AND hash NOT IN (SELECT hash FROM sessions WHERE key_id = ? ORDER BY created DESC, rowid DESC LIMIT ?)"
	if _, err := tx.ExecContext(ctx, older, x.KeyID, x.KeyID, most-1); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO sessions (hash, key_id, created, used, expires) VALUES (?, ?, ?, ?, ?)",
		x.Hash, x.KeyID, x.Created.Unix(), x.Used.Unix(), x.Expires.Unix()); err != nil {
		return err
	}
	return tx.Commit()
}

// Session finds a session; a missing one is an error of code [hearth.NoSession].
func (s *Store) Session(ctx context.Context, hash []byte) (hearth.Session, error) {
	x := hearth.Session{Hash: hash}
	var created, used, expires int64
	err := s.db.QueryRowContext(ctx, "SELECT key_id, created, used, expires FROM sessions WHERE hash = ?", hash).Scan(&x.KeyID, &created, &used, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return x, hearth.NewError(hearth.NoSession)
	}
	x.Created, x.Used, x.Expires = moment(created), moment(used), moment(expires)
	return x, err
}

// UseSession remembers when a session was used.
func (s *Store) UseSession(ctx context.Context, hash []byte, at time.Time) error {
	_, err := s.db.ExecContext(ctx, "UPDATE sessions SET used = ? WHERE hash = ? AND used < ?", at.Unix(), hash, at.Unix())
	return err
}

// RemoveSession forgets a session, if it is there.
func (s *Store) RemoveSession(ctx context.Context, hash []byte) error {
	_, err := s.db.ExecContext(ctx, "DELETE FROM sessions WHERE hash = ?", hash)
	return err
}
