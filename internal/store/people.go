package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/hearthbox/hearth"
)

// AddTenant remembers a new tenant.
func (s *Store) AddTenant(ctx context.Context, t hearth.Tenant) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO tenants (id, name, models, created, disabled) VALUES (?, ?, ?, ?, ?)",
		t.ID, t.Name, t.Models, t.Created.Unix(), seconds(t.Disabled))
	return taken(err, t.Name)
}

// Tenants lists all tenants by name, the main one first.
func (s *Store) Tenants(ctx context.Context) ([]hearth.Tenant, error) {
	return rows(ctx, s.db, scanTenant, "SELECT id, name, models, created, disabled FROM tenants ORDER BY id <> 'main', name")
}

func scanTenant(row scanner) (t hearth.Tenant, err error) {
	var created, disabled int64
	err = row.Scan(&t.ID, &t.Name, &t.Models, &created, &disabled)
	t.Created, t.Disabled = moment(created), moment(disabled)
	return t, err
}

// ChangeTenant writes a tenant anew, but for its id and when it was made.
func (s *Store) ChangeTenant(ctx context.Context, t hearth.Tenant) error {
	return taken(s.changed(ctx, hearth.NewError(hearth.NoSuchTenant, "tenant", t.ID),
		"UPDATE tenants SET name = ?, models = ?, disabled = ? WHERE id = ?", t.Name, t.Models, seconds(t.Disabled), t.ID), t.Name)
}

// RemoveTenant forgets a tenant that has nobody and nothing, with its departments.
func (s *Store) RemoveTenant(ctx context.Context, id string) error {
	if id == hearth.TenantMain {
		return hearth.NewError(hearth.StillUsed, "what", id)
	}
	return s.within(ctx, func(tx *sql.Tx) error {
		var users int
		const count = "SELECT (SELECT count(*) FROM people WHERE tenant_id = ?1) + (SELECT count(*) FROM keys WHERE tenant_id = ?1)"
		if err := tx.QueryRowContext(ctx, count, id).Scan(&users); err != nil {
			return err
		}
		if users > 0 {
			return hearth.NewError(hearth.StillUsed, "what", id)
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM departments WHERE tenant_id = ?", id); err != nil {
			return err
		}
		return one(tx.ExecContext(ctx, "DELETE FROM tenants WHERE id = ?", id))(hearth.NewError(hearth.NoSuchTenant, "tenant", id))
	})
}

// AddDepartment remembers a new department.
func (s *Store) AddDepartment(ctx context.Context, d hearth.Department) error {
	return s.within(ctx, func(tx *sql.Tx) error {
		if err := placed(ctx, tx, d.Tenant, ""); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO departments (id, tenant_id, name, created) VALUES (?, ?, ?, ?)", d.ID, d.Tenant, d.Name, d.Created.Unix())
		return taken(err, d.Name)
	})
}

// Departments lists all departments, by tenant and name.
func (s *Store) Departments(ctx context.Context) ([]hearth.Department, error) {
	return rows(ctx, s.db, func(row scanner) (d hearth.Department, err error) {
		var created int64
		err = row.Scan(&d.ID, &d.Tenant, &d.Name, &created)
		d.Created = moment(created)
		return d, err
	}, "SELECT id, tenant_id, name, created FROM departments ORDER BY tenant_id, name")
}

// RenameDepartment gives a department another name.
func (s *Store) RenameDepartment(ctx context.Context, id, name string) error {
	return taken(s.changed(ctx, hearth.NewError(hearth.NoSuchDepartment, "department", id), "UPDATE departments SET name = ? WHERE id = ?", name, id), name)
}

// RemoveDepartment forgets a department that has nobody and nothing.
func (s *Store) RemoveDepartment(ctx context.Context, id string) error {
	err := s.changed(ctx, hearth.NewError(hearth.NoSuchDepartment, "department", id), "DELETE FROM departments WHERE id = ?", id)
	if broken(err, sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY) {
		return hearth.NewError(hearth.StillUsed, "what", id).Because(err)
	}
	return err
}

// AddPerson remembers a person, how they come in, and the key their sessions act by.
func (s *Store) AddPerson(ctx context.Context, p hearth.Person, c hearth.Credentials, own hearth.Key) error {
	return s.within(ctx, func(tx *sql.Tx) error { return addPerson(ctx, tx, p, c, own) })
}

func addPerson(ctx context.Context, tx *sql.Tx, p hearth.Person, c hearth.Credentials, own hearth.Key) error {
	if err := placed(ctx, tx, p.Tenant, p.Department); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO people (id, tenant_id, department_id, login, name, standing, created, disabled) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		p.ID, p.Tenant, null(p.Department), p.Login, p.Name, p.Standing, p.Created.Unix(), seconds(p.Disabled)); err != nil {
		return taken(err, p.Login)
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO credentials (person_id) VALUES (?)", p.ID); err != nil {
		return err
	}
	if err := saveCredentials(ctx, tx, c); err != nil {
		return err
	}
	return addKey(ctx, tx, own)
}

const personColumns = "id, tenant_id, coalesce(department_id, ''), login, name, standing, created, disabled"

func scanPerson(row scanner) (p hearth.Person, err error) {
	var created, disabled int64
	err = row.Scan(&p.ID, &p.Tenant, &p.Department, &p.Login, &p.Name, &p.Standing, &created, &disabled)
	p.Created, p.Disabled = moment(created), moment(disabled)
	return p, err
}

// People lists everybody by login.
func (s *Store) People(ctx context.Context) ([]hearth.Person, error) {
	return rows(ctx, s.db, scanPerson, "SELECT "+personColumns+" FROM people ORDER BY login")
}

// Person finds somebody by id, or by login; a missing one is an error of code
// [hearth.NoSuchPerson].
func (s *Store) Person(ctx context.Context, id string) (hearth.Person, error) {
	p, err := scanPerson(s.db.QueryRowContext(ctx, "SELECT "+personColumns+" FROM people WHERE id = ?1 OR login = ?1 ORDER BY id = ?1 DESC", id))
	if errors.Is(err, sql.ErrNoRows) {
		return p, hearth.NewError(hearth.NoSuchPerson, "person", id)
	}
	return p, err
}

// ChangePerson writes a person anew, but for their id and when they were added. The last
// one of a duty who is let in stays so, once the setting up is finished, with an error of
// code [hearth.LastOfDuty].
func (s *Store) ChangePerson(ctx context.Context, p hearth.Person) error {
	return s.within(ctx, func(tx *sql.Tx) error {
		if err := placed(ctx, tx, p.Tenant, p.Department); err != nil {
			return err
		}
		err := one(tx.ExecContext(ctx, "UPDATE people SET tenant_id = ?, department_id = ?, login = ?, name = ?, standing = ?, disabled = ? WHERE id = ?",
			p.Tenant, null(p.Department), p.Login, p.Name, p.Standing, seconds(p.Disabled), p.ID))(hearth.NewError(hearth.NoSuchPerson, "person", p.ID))
		if err != nil {
			return taken(err, p.Login)
		}
		return stillStaffed(ctx, tx)
	})
}

// RemovePerson forgets somebody, with their keys and sessions.
func (s *Store) RemovePerson(ctx context.Context, id string) error {
	return s.within(ctx, func(tx *sql.Tx) error {
		if err := one(tx.ExecContext(ctx, "DELETE FROM people WHERE id = ?", id))(hearth.NewError(hearth.NoSuchPerson, "person", id)); err != nil {
			return err
		}
		return stillStaffed(ctx, tx)
	})
}

// OwnKey is the id of the key that a person's sessions act by.
func (s *Store) OwnKey(ctx context.Context, person string) (id string, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT id FROM keys WHERE person_id = ? AND length(hash) = 0", person).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", hearth.NewError(hearth.NoSuchPerson, "person", person)
	}
	return id, err
}

// EndSessions ends the sessions that act by a key.
func (s *Store) EndSessions(ctx context.Context, key string) error {
	_, err := s.db.ExecContext(ctx, "DELETE FROM sessions WHERE key_id = ?", key)
	return err
}

const credentialColumns = `person_id, password, passwords_before, password_set, totp, totp_proven, totp_used,
	recovery, invitation, invitation_until, failures, locked_until, (SELECT count(*) FROM passkeys k WHERE k.person_id = credentials.person_id)`

func scanCredentials(row scanner) (c hearth.Credentials, err error) {
	var before, recovery string
	var set, until, locked int64
	err = row.Scan(&c.Person, &c.Password, &before, &set, &c.TOTP, &c.TOTPProven, &c.TOTPUsed, &recovery, &c.Invitation, &until, &c.Failures, &locked, &c.Passkeys)
	c.PasswordsBefore, c.Recovery = strings.Fields(before), strings.Fields(recovery)
	c.PasswordSet, c.InvitationUntil, c.Locked = moment(set), moment(until), moment(locked)
	return c, err
}

func saveCredentials(ctx context.Context, tx *sql.Tx, c hearth.Credentials) error {
	_, err := tx.ExecContext(ctx, `UPDATE credentials SET password = ?, passwords_before = ?, password_set = ?, totp = ?, totp_proven = ?, totp_used = ?,
		recovery = ?, invitation = ?, invitation_until = ?, failures = ?, locked_until = ? WHERE person_id = ?`,
		c.Password, strings.Join(c.PasswordsBefore, "\n"), seconds(c.PasswordSet), c.TOTP, c.TOTPProven, c.TOTPUsed,
		strings.Join(c.Recovery, "\n"), c.Invitation, seconds(c.InvitationUntil), c.Failures, seconds(c.Locked), c.Person)
	return err
}

// Credentials are those of a person, or if that is empty of every one.
func (s *Store) Credentials(ctx context.Context, person string) ([]hearth.Credentials, error) {
	return rows(ctx, s.db, scanCredentials, "SELECT "+credentialColumns+" FROM credentials WHERE ? = '' OR person_id = ?", person, person)
}

// Invited finds whose invitation has a hash; a missing one is an error of code
// [hearth.NoSuchPerson].
func (s *Store) Invited(ctx context.Context, invitation []byte) (person string, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT person_id FROM credentials WHERE invitation = ?", invitation).Scan(&person)
	if errors.Is(err, sql.ErrNoRows) {
		return "", hearth.NewError(hearth.NoSuchPerson, "person", "")
	}
	return person, err
}

// UpdateCredentials changes a person's credentials in one transaction, which nothing else
// comes between. What change returns an error for is not done.
func (s *Store) UpdateCredentials(ctx context.Context, person string, change func(*hearth.Credentials) error) (c hearth.Credentials, err error) {
	err = s.within(ctx, func(tx *sql.Tx) error {
		c, err = scanCredentials(tx.QueryRowContext(ctx, "SELECT "+credentialColumns+" FROM credentials WHERE person_id = ?", person))
		if errors.Is(err, sql.ErrNoRows) {
			return hearth.NewError(hearth.NoSuchPerson, "person", person)
		}
		if err != nil {
			return err
		}
		if err := change(&c); err != nil {
			return err
		}
		return saveCredentials(ctx, tx, c)
	})
	return c, err
}

// placed reports a tenant that is not there, or a department that is not its.
func placed(ctx context.Context, tx *sql.Tx, tenant, department string) error {
	var there, its bool
	err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM tenants WHERE id = ?1), ?2 = '' OR EXISTS (SELECT 1 FROM departments WHERE id = ?2 AND tenant_id = ?1)",
		tenant, department).Scan(&there, &its)
	switch {
	case err != nil:
		return err
	case !there:
		return hearth.NewError(hearth.NoSuchTenant, "tenant", tenant)
	case !its:
		return hearth.NewError(hearth.NoSuchDepartment, "department", department)
	}
	return nil
}

// one takes what a statement returned and fails with missing if it changed nothing.
func one(r sql.Result, err error) func(missing error) error {
	return func(missing error) error {
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return missing
	}
}

// taken says so where a name is another one's already.
func taken(err error, name string) error {
	if broken(err, sqlite3.SQLITE_CONSTRAINT_UNIQUE) {
		return hearth.NewError(hearth.NameTaken, "name", name).Because(err)
	}
	return err
}

// broken reports whether err is SQLite's, of that kind.
func broken(err error, code int) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code() == code
}
