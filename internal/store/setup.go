package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/hearthbox/hearth"
)

// AccessChanges is a number that is another one whenever somebody may have lost a right.
func (s *Store) AccessChanges(ctx context.Context) (n int64, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT changes FROM access_state").Scan(&n)
	return n, err
}

const holdingsQuery = "SELECT holdings FROM access_state"

// HoldingChanges is a number that is another one whenever what [Store.Holding] finds may be.
func (s *Store) HoldingChanges(ctx context.Context) (n int64, err error) {
	err = s.holdings.QueryRowContext(ctx).Scan(&n)
	return n, err
}

// SetupFinished is when the setting up was finished; zero while it is not.
func (s *Store) SetupFinished(ctx context.Context) (time.Time, error) {
	var at int64
	err := s.db.QueryRowContext(ctx, "SELECT finished FROM access_state").Scan(&at)
	return moment(at), err
}

// settingUp fails once the setting up is finished.
func settingUp(ctx context.Context, tx *sql.Tx) error {
	var at int64
	if err := tx.QueryRowContext(ctx, "SELECT finished FROM access_state").Scan(&at); err != nil {
		return err
	}
	if at != 0 {
		return hearth.NewError(hearth.SetupFinished)
	}
	return nil
}

// ready counts the people of a duty who can come in: who are not disabled, nor is their
// tenant, and who have a password and a second factor, or a passkey.
const ready = `SELECT count(*) FROM people p JOIN tenants t ON t.id = p.tenant_id JOIN credentials c ON c.person_id = p.id
	WHERE p.standing = ? AND p.disabled = 0 AND t.disabled = 0 
		AND (c.password <> '' AND c.totp_proven = 1 OR EXISTS (SELECT 1 FROM passkeys x WHERE x.person_id = p.id))`

// Duties counts, for each duty, the people who can come in.
func (s *Store) Duties(ctx context.Context) (map[hearth.Standing]int, error) {
	m := map[hearth.Standing]int{}
	for _, duty := range hearth.PersonStandings() {
		if !duty.IsDuty() {
			continue
		}
		var n int
		if err := s.db.QueryRowContext(ctx, ready, duty).Scan(&n); err != nil {
			return nil, err
		}
		m[duty] = n
	}
	return m, nil
}

// FinishSetup ends the setting up, for good: every key of standing
// [hearth.StandingAdmin] is forgotten and no new one is made. Each duty needs somebody
// who can come in, or it is an error of code [hearth.SetupIncomplete].
func (s *Store) FinishSetup(ctx context.Context, at time.Time) error {
	return s.within(ctx, func(tx *sql.Tx) error {
		if err := settingUp(ctx, tx); err != nil {
			return err
		}
		for _, duty := range hearth.PersonStandings() {
			var n int
			if !duty.IsDuty() {
				continue
			}
			if err := tx.QueryRowContext(ctx, ready, duty).Scan(&n); err != nil {
				return err
			}
			if n == 0 {
				return hearth.NewError(hearth.SetupIncomplete, "standing", string(duty))
			}
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM keys WHERE standing = ?", hearth.StandingAdmin); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE access_state SET finished = ?, changes = changes + 1", at.Unix())
		return err
	})
}

// stillStaffed fails if a change left a duty without anybody after the setting up.
func stillStaffed(ctx context.Context, tx *sql.Tx) error {
	if err := settingUp(ctx, tx); err == nil {
		return nil
	} else if !errors.Is(err, hearth.NewError(hearth.SetupFinished)) {
		return err
	}
	for _, duty := range hearth.PersonStandings() {
		var n int
		if !duty.IsDuty() {
			continue
		}
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM people WHERE standing = ? AND disabled = 0", duty).Scan(&n); err != nil {
			return err
		}
		if n == 0 {
			return hearth.NewError(hearth.LastOfDuty, "standing", string(duty))
		}
	}
	return nil
}

// AddEmergency remembers that somebody asks.
func (s *Store) AddEmergency(ctx context.Context, e hearth.Emergency) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO emergencies (id, person_id, reason, asked, seconds) VALUES (?, ?, ?, ?, ?)",
		e.ID, e.Person, e.Reason, e.Asked.Unix(), int64(e.Lasts/time.Second))
	return err
}

// Emergencies lists all there were, the latest first.
func (s *Store) Emergencies(ctx context.Context) ([]hearth.Emergency, error) {
	return rows(ctx, s.db, func(row scanner) (e hearth.Emergency, err error) {
		var asked, lasts, expires int64
		err = row.Scan(&e.ID, &e.Person, &e.Reason, &asked, &lasts, &e.ApprovedBy, &expires)
		e.Asked, e.Lasts, e.Expires = moment(asked), time.Duration(lasts)*time.Second, moment(expires)
		return e, err
	}, "SELECT id, person_id, reason, asked, seconds, coalesce(approved_by, ''), expires FROM emergencies ORDER BY asked DESC, id")
}

// SetEmergency writes down who has approved one, and until when it then lasts. One that
// is over is not begun again.
func (s *Store) SetEmergency(ctx context.Context, id, approvedBy string, expires time.Time) error {
	return s.changed(ctx, hearth.NewError(hearth.NoSuchEmergency, "emergency", id),
		"UPDATE emergencies SET approved_by = coalesce(?, approved_by), expires = ? WHERE id = ? AND (expires = 0 OR expires > ?)", null(approvedBy), expires.Unix(), id, expires.Unix())
}
