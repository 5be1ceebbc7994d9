package access

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

// Limits of sessions.
const (
	sessionLife  = 7 * 24 * time.Hour // begun with a key
	sessionsMax  = 16                 // of one key; the oldest makes room
	personalLife = 12 * time.Hour     // begun by a person
	useEvery     = time.Minute        // between two times that it is remembered that one was used
)

// sessionPrefix begins what a browser holds, so that neither a key nor a session can be
// taken for the other.
const sessionPrefix = "hs_"

// SignIn begins a session for the holder of a key. token is what the browser holds: it
// is made anew each time, never taken from the caller. A session begins no other one.
func (a *Access) SignIn(ctx context.Context, key string) (token string, s hearth.Session, by hearth.Principal, err error) {
	key = strings.TrimSpace(key)
	if key == "" {
		return "", s, by, hearth.NewError(hearth.MissingValue, "field", "key").At("key")
	}
	h, err := a.byKey(ctx, key)
	if err != nil {
		return "", s, by, err
	}
	token, s, err = a.begin(ctx, h.ID, sessionLife)
	return token, s, a.principal(h), err
}

// begin begins a session that acts by a key.
func (a *Access) begin(ctx context.Context, key string, life time.Duration) (token string, s hearth.Session, err error) {
	token = sessionPrefix + randomDigits(secretLen)
	s = hearth.Session{Hash: a.keyed(token), KeyID: key, Created: now(), Used: now()}
	s.Expires = s.Created.Add(life)
	return token, s, a.store.AddSession(ctx, s, sessionsMax)
}

// SignOut ends a session. One that is not there has ended already.
func (a *Access) SignOut(ctx context.Context, token string) error {
	return a.store.RemoveSession(ctx, a.keyed(token))
}

// bySession finds the key a session acts by. It is looked up by a keyed hash, so that how
// long that takes tells nothing of tokens that are close. A session in which nobody has
// done anything for long lets nobody do anything, and shows nothing more; what was begun in
// it goes on.
func (a *Access) bySession(ctx context.Context, token string, u use) (h hearth.Holding, ends time.Time, err error) {
	s, err := a.store.Session(ctx, a.keyed(token))
	if err != nil {
		return h, ends, err
	}
	ends = s.Expires
	if idle := a.Policy.SessionIdle; idle > 0 && u != underWay {
		ends = earliest(ends, s.Used.Add(idle))
	}
	h, err = a.find(ctx, s.KeyID)
	if errors.Is(err, hearth.NewError(hearth.NoSuchKey)) || err == nil && (a.over(h) || !time.Now().Before(ends)) { // perhaps in between
		err = hearth.NewError(hearth.NoSession)
	}
	if err == nil && u == used && time.Since(s.Used) >= useEvery {
		err = a.store.UseSession(ctx, s.Hash, now())
	}
	return h, ends, err
}
