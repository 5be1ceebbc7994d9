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
		a.Policy.SessionIdle = 0
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

// TestIdleSessionEnds: a session that nobody uses ends, and what a page asks by itself is
// no use; what was begun goes on, and what looks on by itself does not.
func TestIdleSessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, a := t.Context(), open(t)
		key, _, err := a.Create(ctx, "me", hearth.StandingUser, 0)
		if err != nil {
			t.Fatal(err)
		}
		token, _, by, err := a.SignIn(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		mine := http.Header{"Authorization": {"Bearer " + token}}
		page := http.Header{"Authorization": {"Bearer " + token}, access.BackgroundHeader: {"1"}}
		for range 10 {
			time.Sleep(20 * time.Minute)
			if _, err := a.Authenticate(ctx, mine.Values); err != nil {
				t.Fatalf("while it is used: %v", err)
			}
		}
		answer, release := a.Hold(ctx, by, mine.Values)
		defer release()
		watching, stop := a.Hold(ctx, by, page.Values)
		defer stop()
		for range 3 {
			time.Sleep(9 * time.Minute)
			if _, err := a.Authenticate(ctx, page.Values); err != nil {
				t.Fatalf("before half an hour: %v", err)
			}
		}
		if watching.Err() != nil {
			t.Error("who looks on is cut off early")
		}
		time.Sleep(3*time.Minute + time.Second)
		for _, h := range []http.Header{page, mine} {
			if _, err := a.Authenticate(ctx, h.Values); !errors.Is(err, hearth.NewError(hearth.NoSession)) {
				t.Errorf("after half an hour: %v", err)
			}
		}
		if !errors.Is(context.Cause(watching), hearth.NewError(hearth.NoSession)) {
			t.Errorf("who looks on: %v", context.Cause(watching))
		}
		if answer.Err() != nil {
			t.Errorf("an answer that was begun is cut off: %v", context.Cause(answer))
		}
	})
}
