package access

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/cryptosuite/keyring/keyringtest"
	"github.com/hearthbox/hearth/internal/store"
)

// rows are an empty store.
func rows(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "hearth.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

var pepper = []byte(strings.Repeat("p", 32))

func TestKeyLivesUntilRevokedOrExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		a := New(rows(t), pepper, keyringtest.New(t))
		forever, k, err := a.Create(ctx, "  信贷部 ", hearth.StandingUser, 0)
		if err != nil || k.Name != "信贷部" || !k.Expires.IsZero() {
			t.Fatalf("created %+v (%v)", k, err)
		}
		hour, _, err := a.Create(ctx, "hour", hearth.StandingAdmin, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := authenticate(a, forever); err != nil || p != k.Principal() || p.May(hearth.RightServe) {
			t.Errorf("got %+v (%v)", p, err)
		}
		time.Sleep(time.Hour - time.Second)
		if p, err := authenticate(a, hour); err != nil || !p.May(hearth.RightServe) {
			t.Errorf("got %+v (%v)", p, err)
		}
		time.Sleep(time.Second)
		refused(t, a, hour)
		if err := a.Revoke(ctx, k.ID); err != nil {
			t.Fatal(err)
		}
		refused(t, a, forever)
	})
}

func TestForgedKeysAreRefused(t *testing.T) {
	kept := rows(t)
	a := New(kept, pepper, keyringtest.New(t))
	key, k, err := a.Create(t.Context(), "n", hearth.StandingUser, 0)
	if err != nil {
		t.Fatal(err)
	}
	other := credential{id: k.ID, secret: strings.Repeat("0", secretLen)}
	unknown := newCredential()
	for _, forged := range []string{other.String(), unknown.String(), key[:len(key)-1], key + "0", "hk_" + key,
		strings.ToUpper(key), "sk-proj-abc", "_", "hk___", strings.Repeat("_", 1<<16)} {
		refused(t, a, forged)
	}
	refused(t, New(kept, []byte(strings.Repeat("q", 32)), keyringtest.New(t)), key)
	if _, err := authenticate(a, ""); !errors.Is(err, hearth.NewError(hearth.MissingKey)) {
		t.Errorf("no key gave %v", err)
	}
}

func TestSecretsStayOut(t *testing.T) {
	kept := rows(t)
	a := New(kept, pepper, keyringtest.New(t))
	key, k, err := a.Create(t.Context(), "n", hearth.StandingUser, 0)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := parseCredential(key)
	if h, err := kept.Holding(t.Context(), k.ID); err != nil || len(h.Hash) != 32 || strings.Contains(string(h.Hash), c.secret) {
		t.Errorf("the secret is kept (%v)", err)
	}
	_, err = authenticate(a, key[:len(key)-2])
	if strings.Contains(err.Error(), c.secret[:8]) {
		t.Errorf("the secret is in the error: %v", err)
	}
}

func TestNames(t *testing.T) {
	a := New(rows(t), pepper, keyringtest.New(t))
	for _, name := range []string{"", "  ", "a\x00b", "line\nbreak", strings.Repeat("x", 201), "\xff"} {
		if _, _, err := a.Create(t.Context(), name, hearth.StandingUser, 0); hearth.AsError(err).Kind() != hearth.KindInvalid {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// FuzzAuthenticate sends anything as a key.
func FuzzAuthenticate(f *testing.F) {
	f.Add("hk_AAAAAAAA_" + strings.Repeat("a", secretLen) + "_000000")
	f.Add(newCredential().String())
	a := New(rows(f), pepper, keyringtest.New(f))
	f.Fuzz(func(t *testing.T, key string) {
		if p, err := authenticate(a, key); err == nil {
			t.Fatalf("%q is %+v", key, p)
		}
	})
}

// authenticate sends the key as most clients do.
func authenticate(a *Access, key string) (hearth.Principal, error) {
	h := http.Header{}
	if key != "" {
		h.Set("Authorization", "Bearer "+key)
	}
	return a.Authenticate(context.Background(), h.Values)
}

func TestCarriers(t *testing.T) {
	a := New(rows(t), pepper, keyringtest.New(t))
	key, _, err := a.Create(t.Context(), "n", hearth.StandingUser, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		header http.Header
		want   hearth.Code
	}{
		{http.Header{"Authorization": {"Bearer " + key}}, ""},
		{http.Header{"Authorization": {"bearer  " + key}}, ""},
		{http.Header{"X-Api-Key": {key}}, ""},
		{http.Header{"Api-Key": {key}}, ""},
		{http.Header{"Authorization": {"Bearer " + key}, "X-Api-Key": {key}}, ""},
		{http.Header{"Authorization": {"Bearer " + key}, "X-Api-Key": {"other"}}, hearth.InvalidKey},
		{http.Header{"Authorization": {"Bearer " + key, "Bearer other"}}, hearth.InvalidKey},
		{http.Header{"Authorization": {key}}, hearth.InvalidKey},
		{http.Header{"Authorization": {"Basic " + key}}, hearth.InvalidKey},
		{http.Header{"Authorization": {"Bearer "}}, hearth.MissingKey},
		{http.Header{"Cookie": {"key=" + key}}, hearth.MissingKey},
		{http.Header{}, hearth.MissingKey},
	} {
		p, err := a.Authenticate(t.Context(), c.header.Values)
		if c.want == "" && err != nil || c.want != "" && hearth.AsError(err).Code != c.want {
			t.Errorf("%v: %+v, %v", c.header, p, err)
		}
	}
}

func refused(t *testing.T, a *Access, key string) {
	t.Helper()
	if p, err := authenticate(a, key); !errors.Is(err, hearth.NewError(hearth.InvalidKey)) {
		t.Errorf("%.60q is %+v (%v)", key, p, err)
	}
}
