package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/hearthbox/hearth"
)

// AddMeasurement remembers what was measured of a model, and forgets all but the last so
// many.
func (s *Store) AddMeasurement(ctx context.Context, at time.Time, model string, body []byte, most int) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, "INSERT INTO measurements (at, model, body) VALUES (?, ?, ?)", at.Unix(), model, body); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM measurements WHERE n NOT IN (SELECT n FROM measurements ORDER BY n DESC LIMIT ?)", most); err != nil {
		return err
	}
	return tx.Commit()
}

// Measurements are the last so many, the latest first.
func (s *Store) Measurements(ctx context.Context, most int) ([][]byte, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT body FROM measurements ORDER BY n DESC LIMIT ?", most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list [][]byte
	for rows.Next() {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		list = append(list, body)
	}
	return list, rows.Err()
}

// Guide is how far the guided setting up is, and which version of that this is; 0 before
// anything was noted.
func (s *Store) Guide(ctx context.Context) (version int64, body []byte, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT version, body FROM guide").Scan(&version, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil, nil
	}
	return version, body, err
}

// SetGuide notes how far it is, in the place of the version that whoever notes it knows. If
// that is another one by now, it is an error of code [hearth.ChangedMeanwhile].
func (s *Store) SetGuide(ctx context.Context, version int64, body []byte) error {
	r, err := s.db.ExecContext(ctx, `INSERT INTO guide (one, version, body) SELECT 1, 1, ?2 WHERE ?1 = 0
		ON CONFLICT (one) DO NOTHING`, version, body)
	if version > 0 && err == nil {
		r, err = s.db.ExecContext(ctx, "UPDATE guide SET version = version + 1, body = ? WHERE version = ?", body, version)
	}
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return hearth.NewError(hearth.ChangedMeanwhile)
}
