package store_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/hearthbox/hearth"
)

// TestOlderStoreIsTakenOver opens a store as it was before there were people: its keys,
// sessions and answers stay what they were.
func TestOlderStoreIsTakenOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hearth.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`INSERT INTO keys VALUES ('old', 'first administrator', 'admin', x'0102', 1800000000, 0);
		INSERT INTO sessions VALUES (x'aa', 'old', 1800000000, 1800600000);
		INSERT INTO answers VALUES ('resp_1', 'old', '', x'00', 1, 1800000000)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	h, err := s.Holding(t.Context(), "old")
	if want := key("old", hearth.StandingAdmin).Principal(); err != nil || h.Principal().Rights() != want.Rights() || h.Tenant != hearth.TenantMain || h.Barred || string(h.Hash) != "\x01\x02" {
		t.Errorf("%+v (%v)", h, err)
	}
	if x, err := s.Session(t.Context(), []byte{0xaa}); err != nil || x.KeyID != "old" || x.Expires.Unix() != 1_800_600_000 {
		t.Errorf("%+v (%v)", x, err)
	}
	if err := s.RemoveKey(t.Context(), "old", ""); !errors.Is(err, hearth.NewError(hearth.LastAdmin)) {
		t.Errorf("the last administrator's key: %v", err)
	}
}

// TestChangesAreCounted: whatever may end somebody's rights counts up one number, also when
// another process does it; what ends nobody's does not.
func TestChangesAreCounted(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "hearth.db")
	s, other := open(t, path), open(t, path)
	now := time.Unix(1_800_000_000, 0).UTC()
	tenant := hearth.Tenant{ID: "t_1", Name: "branch", Created: now}
	person := hearth.Person{ID: "p_1", Tenant: "t_1", Login: "li", Name: "Li", Standing: hearth.StandingUser, Created: now}
	own := hearth.Key{ID: "own", Name: "li", Standing: hearth.StandingUser, Tenant: "t_1", Person: "p_1", Hash: []byte{}, Created: now}
	session := hearth.Session{Hash: []byte{1}, KeyID: "own", Created: now, Expires: time.Now().Add(time.Hour)}
	emergency := hearth.Emergency{ID: "e_1", Person: "p_1", Reason: "reason", Asked: now, Lasts: time.Minute}
	for _, c := range []struct {
		what   string
		counts bool
		do     func() error
	}{
		{"a tenant is added", false, func() error { return other.AddTenant(ctx, tenant) }},
		{"a person is added", false, func() error { return other.AddPerson(ctx, person, hearth.Credentials{Person: "p_1"}, own) }},
		{"a key is added", false, func() error { return other.AddKey(ctx, key("k", hearth.StandingUser)) }},
		{"a session is begun", false, func() error { return other.AddSession(ctx, session, 16) }},
		{"a wrong password is counted", false, func() error {
			_, err := other.UpdateCredentials(ctx, "p_1", func(c *hearth.Credentials) error { c.Failures++; return nil })
			return err
		}},
		{"a key is limited", true, func() error { return other.LimitKey(ctx, "k", hearth.RightAsk, "") }},
		{"a key is removed", true, func() error { return other.RemoveKey(ctx, "k", "") }},
		{"a person changes", true, func() error { p := person; p.Standing = hearth.StandingAudit; return other.ChangePerson(ctx, p) }},
		{"a tenant changes", true, func() error { x := tenant; x.Disabled = now; return other.ChangeTenant(ctx, x) }},
		{"an emergency is asked for", false, func() error { return other.AddEmergency(ctx, emergency) }},
		{"an emergency changes", true, func() error { return other.SetEmergency(ctx, "e_1", "", now) }},
		{"a session is ended", true, func() error { return other.RemoveSession(ctx, []byte{1}) }},
		{"a person is removed", true, func() error { return other.RemovePerson(ctx, "p_1") }},
	} {
		before, err := s.AccessChanges(ctx)
		if err = errors.Join(err, c.do()); err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		if after, err := s.AccessChanges(ctx); err != nil || (after != before) != c.counts {
			t.Errorf("%s: from %d to %d (%v)", c.what, before, after, err)
		}
	}
	if _, err := s.Holding(ctx, "own"); !errors.Is(err, hearth.NewError(hearth.NoSuchKey)) {
		t.Errorf("the key of a person who was removed: %v", err)
	}
}
