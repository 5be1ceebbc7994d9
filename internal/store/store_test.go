package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/store"
)

func open(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func key(id string, standing hearth.Standing) hearth.Key {
	return hearth.Key{ID: id, Name: "name of " + id, Standing: standing, Tenant: hearth.TenantMain, Hash: []byte{1, 0, 2},
		Created: time.Unix(1_800_000_000, 0).UTC()}
}

// TestManyOpenAFreshFile: the server and the commands beside it may all be the first.
func TestManyOpenAFreshFile(t *testing.T) {
	for range 3 {
		path := filepath.Join(t.TempDir(), "hearth.db")
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				s, err := store.Open(context.Background(), path)
				if err != nil {
					t.Error(err)
					return
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v (%v), want it private", info.Mode(), err)
		}
	}
}

func TestKeys(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "odd ?name#%.db")
	s := open(t, path)
	admin, user := key("a", hearth.StandingAdmin), key("u", hearth.StandingUser)
	user.Expires = admin.Created.Add(time.Hour)
	for _, k := range []hearth.Key{admin, user} {
		if err := s.AddKey(ctx, k); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.AddKey(ctx, admin); err == nil {
		t.Error("an id was taken twice")
	}
	s = open(t, path) // what another process sees
	list, err := s.Keys(ctx, "")
	if err != nil || fmt.Sprint(list) != fmt.Sprint([]hearth.Key{admin, user}) {
		t.Errorf("got %v (%v)", list, err)
	}
	if got, err := s.Key(ctx, "u"); err != nil || fmt.Sprint(got) != fmt.Sprint(user) {
		t.Errorf("got %v (%v), want %v", got, err, user)
	}
	for _, c := range []struct {
		id   string
		want error
	}{{"nobody", hearth.NewError(hearth.NoSuchKey)}, {"a", hearth.NewError(hearth.LastAdmin)}, {"u", nil}} {
		if err := s.RemoveKey(ctx, c.id, ""); !errors.Is(err, c.want) {
			t.Errorf("removing %s: %v, want %v", c.id, err, c.want)
		}
	}
	if _, err := s.Key(ctx, "u"); !errors.Is(err, hearth.NewError(hearth.NoSuchKey)) {
		t.Errorf("a removed key is found: %v", err)
	}
}

// TestTwoAdminsCannotRemoveEachOther lets them try at the same moment, from two
// connections as two processes would.
func TestTwoAdminsCannotRemoveEachOther(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "hearth.db")
	a, b := open(t, path), open(t, path)
	for _, id := range []string{"one", "two"} {
		if err := a.AddKey(ctx, key(id, hearth.StandingAdmin)); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	errs := make([]error, 2)
	wg.Go(func() { errs[0] = a.RemoveKey(ctx, "one", "") })
	wg.Go(func() { errs[1] = b.RemoveKey(ctx, "two", "") })
	wg.Wait()
	list, err := a.Keys(ctx, "")
	if err != nil || len(list) != 1 || (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("%d administrators are left (%v); the removals said %v", len(list), err, errs)
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hearth.db")
	_ = open(t, path).Close()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)"); err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	if _, err := store.Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "newer hearth") {
		t.Errorf("got %v", err)
	}
}
