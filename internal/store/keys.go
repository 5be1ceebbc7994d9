package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

// A key of a person is where its person is, and stands as they do.
const (
	keyColumns = `k.id, k.name, coalesce(p.standing, k.standing), k.rights, k.models,
		coalesce(p.tenant_id, k.tenant_id), coalesce(p.department_id, k.department_id, ''), coalesce(k.person_id, ''),
		k.hash, k.created, k.expires`
	keyTables = `keys k LEFT JOIN people p ON p.id = k.person_id`
)

// AddKey remembers a new key. One of standing [hearth.StandingAdmin] is refused with
// [hearth.SetupFinished] once the setting up is.
func (s *Store) AddKey(ctx context.Context, k hearth.Key) error {
	return s.within(ctx, func(tx *sql.Tx) error {
		if k.Standing == hearth.StandingAdmin {
			if err := settingUp(ctx, tx); err != nil {
				return err
			}
		}
		return addKey(ctx, tx, k)
	})
}

func addKey(ctx context.Context, tx *sql.Tx, k hearth.Key) error {
	if k.Tenant == "" {
		k.Tenant = hearth.TenantMain
	}
	if err := placed(ctx, tx, k.Tenant, k.Department); err != nil {
		return err
	}
	if k.Person != "" { // then these are the person's
		k.Tenant, k.Department = hearth.TenantMain, ""
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO keys (id, name, standing, rights, models, tenant_id, department_id, person_id, hash, created, expires)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		k.ID, k.Name, k.Standing, strings.Join(k.Only.Names(), ","), k.Models, k.Tenant, null(k.Department), null(k.Person),
		k.Hash, k.Created.Unix(), seconds(k.Expires))
	return err
}

// Key finds a key; a missing one is an error of code [hearth.NoSuchKey].
func (s *Store) Key(ctx context.Context, id string) (hearth.Key, error) {
	k, err := scanKey(s.db.QueryRowContext(ctx, "SELECT "+keyColumns+" FROM "+keyTables+" WHERE k.id = ?", id))
	if errors.Is(err, sql.ErrNoRows) {
		return k, hearth.NewError(hearth.NoSuchKey, "key", id)
	}
	return k, err
}

// Holding finds a key and what whose it is makes of it; a missing one is an error of code
// [hearth.NoSuchKey].
func (s *Store) Holding(ctx context.Context, id string) (hearth.Holding, error) {
	var h hearth.Holding
	var disabled, emergency int64
	var err error
	h.Key, err = scanKey(s.holding.QueryRowContext(ctx, id), &h.Holder, &h.TenantModels, &disabled, &h.SecondFactor, &emergency)
	if errors.Is(err, sql.ErrNoRows) {
		return h, hearth.NewError(hearth.NoSuchKey, "key", id)
	}
	h.Barred, h.EmergencyEnds = disabled > 0, moment(emergency)
	return h, err
}

const holdingQuery = "SELECT " + keyColumns + `, coalesce(p.name, ''), coalesce(t.models, ''), coalesce(p.disabled, 0) + coalesce(t.disabled, 0),
		coalesce(c.totp_proven, 0) OR EXISTS (SELECT 1 FROM passkeys x WHERE x.person_id = k.person_id), (SELECT coalesce(max(e.expires), 0) FROM emergencies e WHERE e.person_id = k.person_id)
	FROM ` + keyTables + ` LEFT JOIN tenants t ON t.id = coalesce(p.tenant_id, k.tenant_id) LEFT JOIN credentials c ON c.person_id = k.person_id
	WHERE k.id = ?`

// Keys lists the keys that somebody holds, oldest first; of a person, or if that is empty
// of all.
func (s *Store) Keys(ctx context.Context, person string) ([]hearth.Key, error) {
	return rows(ctx, s.db, func(row scanner) (hearth.Key, error) { return scanKey(row) },
		"SELECT "+keyColumns+" FROM "+keyTables+" WHERE length(k.hash) > 0 AND (? = '' OR k.person_id = ?) ORDER BY k.created, k.id", person, person)
}

// RemoveKey forgets a key; of a person's, if that is not empty, or it is not there. The
// last administrator's key that does not expire stays, with an error of code
// [hearth.LastAdmin], so that nobody is locked out; the check and the removal are one
// transaction.
func (s *Store) RemoveKey(ctx context.Context, id, person string) error {
	return s.within(ctx, func(tx *sql.Tx) error {
		var standing hearth.Standing
		var expires int64
		err := tx.QueryRowContext(ctx, "SELECT standing, expires FROM keys WHERE id = ? AND length(hash) > 0 AND (? = '' OR person_id = ?)", id, person, person).
			Scan(&standing, &expires)
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
		_, err = tx.ExecContext(ctx, "DELETE FROM keys WHERE id = ?", id)
		return err
	})
}

// LimitKey says what of its standing's rights, and which models, a key has.
func (s *Store) LimitKey(ctx context.Context, id string, only hearth.Rights, models hearth.ModelList) error {
	return s.changed(ctx, hearth.NewError(hearth.NoSuchKey, "key", id),
		"UPDATE keys SET rights = ?, models = ? WHERE id = ? AND length(hash) > 0", strings.Join(only.Names(), ","), models, id)
}

type scanner interface{ Scan(...any) error }

func scanKey(row scanner, more ...any) (hearth.Key, error) {
	var k hearth.Key
	var created, expires int64
	var rights string
	err := row.Scan(append([]any{&k.ID, &k.Name, &k.Standing, &rights, &k.Models, &k.Tenant, &k.Department, &k.Person, &k.Hash, &created, &expires}, more...)...)
	if err == nil && rights != "" {
		k.Only, err = hearth.ParseRights(strings.Split(rights, ","))
	}
	k.Created, k.Expires = moment(created), moment(expires)
	return k, err
}

// within does something in one transaction.
func (s *Store) within(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// changed changes one row, or fails with missing.
func (s *Store) changed(ctx context.Context, missing error, statement string, args ...any) error {
	r, err := s.db.ExecContext(ctx, statement, args...)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return missing
}

// rows reads all rows of a query.
func rows[T any](ctx context.Context, db *sql.DB, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	found, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var list []T
	for found.Next() {
		x, err := scan(found)
		if err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, found.Err()
}

// null is a text, or nothing where it is empty.
func null(text string) any {
	if text == "" {
		return nil
	}
	return text
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
