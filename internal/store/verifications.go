package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// verificationsMost is how many runs are kept of a model at an upstream, besides the
// reference; older ones are lost first.
const verificationsMost = 200

// Verification is a run that asked whether a model is still the one it was.
type Verification struct {
	N               int64
	Upstream, Model string
	At              time.Time
	Reference       bool // later runs are compared with it
	Alarm           bool
	Report          []byte // of whoever made it
}

// KeepVerification remembers a run. One that is the reference takes the place of the one
// before.
func (s *Store) KeepVerification(ctx context.Context, v Verification) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if v.Reference {
		if _, err := tx.ExecContext(ctx, "UPDATE verifications SET reference = 0 WHERE upstream = ? AND model = ?", v.Upstream, v.Model); err != nil {
			return err
		}
	}
	const put = "INSERT INTO verifications (upstream, model, at, reference, alarm, report) VALUES (?, ?, ?, ?, ?, ?)"
	if _, err := tx.ExecContext(ctx, put, v.Upstream, v.Model, v.At.Unix(), v.Reference, v.Alarm, v.Report); err != nil {
		return err
	}
	const trim = `DELETE FROM verifications WHERE upstream = ?1 AND model = ?2 AND reference = 0 AND n NOT IN
		(SELECT n FROM verifications WHERE upstream = ?1 AND model = ?2 AND reference = 0 ORDER BY n DESC LIMIT ?3)`
	if _, err := tx.ExecContext(ctx, trim, v.Upstream, v.Model, verificationsMost); err != nil {
		return err
	}
	return tx.Commit()
}

// Verifications are the runs of an upstream, the newest first, at most so many.
func (s *Store) Verifications(ctx context.Context, upstream string, most int) ([]Verification, error) {
	return s.verifications(ctx, "WHERE upstream = ? ORDER BY n DESC LIMIT ?", upstream, most)
}

// LastVerifications are the last runs of each model of an upstream, the newest first.
func (s *Store) LastVerifications(ctx context.Context, upstream string) ([]Verification, error) {
	return s.verifications(ctx, "WHERE n IN (SELECT max(n) FROM verifications WHERE upstream = ? GROUP BY model) ORDER BY n DESC", upstream)
}

func (s *Store) verifications(ctx context.Context, which string, args ...any) (list []Verification, err error) {
	rows, err := s.db.QueryContext(ctx, "SELECT n, upstream, model, at, reference, alarm, report FROM verifications "+which, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		v, err := verification(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

// VerificationReference is the run that others of a model are compared with; nil if there
// is none.
func (s *Store) VerificationReference(ctx context.Context, upstream, model string) (*Verification, error) {
	const find = `SELECT n, upstream, model, at, reference, alarm, report FROM verifications
		WHERE upstream = ? AND model = ? AND reference = 1`
	v, err := verification(s.db.QueryRowContext(ctx, find, upstream, model))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &v, err
}

func verification(row interface{ Scan(...any) error }) (v Verification, err error) {
	var at int64
	err = row.Scan(&v.N, &v.Upstream, &v.Model, &at, &v.Reference, &v.Alarm, &v.Report)
	v.At = time.Unix(at, 0).UTC()
	return v, err
}
