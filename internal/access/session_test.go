package access_test

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
	"github.com/hearthbox/hearth/internal/access"
	"github.com/hearthbox/hearth/internal/cryptosuite/keyring/keyringtest"
	"github.com/hearthbox/hearth/internal/store"
)

func open(t testing.TB) *access.Access {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "hearth.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return access.New(s, []byte(strings.Repeat("p", 32)), keyringtest.New(t))
}

func as(a *access.Access, credential string) (hearth.Principal, error) {
	h := http.Header{"Authorization": {"Bearer " + credential}}
	return a.Authenticate(context.Background(), h.Values)
}

func TestSessionEndsWithItsKey(t *testing.T) {
	ctx, a := t.Context(), open(t)
	key, k, err := a.Create(ctx, "me", hearth.StandingUser, 0)
	if err != nil {
		t.Fatal(err)
	}
	token, s, by, err := a.SignIn(ctx, " "+key+"\n")
	if err != nil || by != k.Principal() || s.Expires.Sub(s.Created) != 7*24*time.Hour {
		t.Fatalf("%+v %+v (%v)", s, by, err)
	}
	other, _, _, err := a.SignIn(ctx, key)
	if err != nil || other == token {
		t.Fatalf("a session was given twice (%v)", err)
	}
	if by, err := as(a, token); err != nil || by != k.Principal() {
		t.Errorf("%+v (%v)", by, err)
	}
	if err := a.SignOut(ctx, other); err != nil {
		t.Fatal(err)
	}
	if _, err := as(a, other); !errors.Is(err, hearth.NewError(hearth.NoSession)) {
		t.Errorf("signed out, and: %v", err)
	}
	if _, err := as(a, token); err != nil {
		t.Errorf("another session was ended: %v", err)
	}
	if err := a.Revoke(ctx, k.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := as(a, token); !errors.Is(err, hearth.NewError(hearth.NoSession)) {
		t.Errorf("revoked, and: %v", err)
	}
}

func TestSessionIsBegunByAKeyAlone(t *testing.T) {
	ctx, a := t.Context(), open(t)
	key, _, err := a.Create(ctx, "me", hearth.StandingUser, 0)
	if err != nil {
		t.Fatal(err)
	}
	token, _, _, err := a.SignIn(ctx, key)
	if err != nil {
		t.Fatal(err)
	}
	for bad, code := range map[string]hearth.Code{token: hearth.InvalidKey, "": hearth.MissingValue, "hs_" + strings.Repeat("0", 43): hearth.InvalidKey} {
		if _, _, _, err := a.SignIn(ctx, bad); !errors.Is(err, hearth.NewError(code)) {
			t.Errorf("%.3q: %v", bad, err)
		}
	}
}

func TestOldSessionsMakeRoom(t *testing.T) {
	ctx, a := t.Context(), open(t)
	key, _, err := a.Create(ctx, "me", hearth.StandingUser, 0)
	if err != nil {
		t.Fatal(err)
	}
	var tokens []string
	for range 18 {
		token, _, _, err := a.SignIn(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, token)
	}
	for i, token := range tokens {
		if _, err := as(a, token); (err == nil) != (i >= 2) {
			t.Errorf("session %d: %v", i, err)
		}
	}
}

func TestSessionEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, a := t.Context(), open(t)
		for ttl, life := range map[time.Duration]time.Duration{time.Hour: time.Hour, 0: 7 * 24 * time.Hour} {
			key, _, err := a.Create(ctx, "me", hearth.StandingUser, ttl)
			if err != nil {
				t.Fatal(err)
			}
			token, _, _, err := a.SignIn(ctx, key)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(life - time.Second)
			if _, err := as(a, token); err != nil {
				t.Errorf("a second early: %v", err)
			}
			time.Sleep(time.Second)
			if _, err := as(a, token); !errors.Is(err, hearth.NewError(hearth.NoSession)) {
				t.Errorf("after %v: %v", life, err)
			}
		}
	})
}
