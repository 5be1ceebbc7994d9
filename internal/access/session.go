package access

import (
	"context"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

// Limits of sessions.
const (
	sessionLife = 7 * 24 * time.Hour
	sessionsMax = 16 // of one key; the oldest makes room
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
	if by, err = a.byKey(ctx, key); err != nil {
		return "", s, by, err
	}
	token = sessionPrefix + randomDigits(secretLen)
	now := time.Now().UTC().Truncate(time.Second)
	s = hearth.Session{Hash: a.keyed(token), KeyID: by.KeyID, Created: now, Expires: now.Add(sessionLife)}
	return token, s, by, a.keys.AddSession(ctx, s, sessionsMax)
}

// SignOut ends a session. One that is not there has ended already.
func (a *Access) SignOut(ctx context.Context, token string) error {
	return a.keys.RemoveSession(ctx, a.keyed(token))
}

// bySession finds who a session acts for. It is looked up by a keyed hash, so that how
// long that takes tells nothing of tokens that are close.
func (a *Access) bySession(ctx context.Context, token string) (hearth.Principal, error) {
	s, k, err := a.keys.Session(ctx, a.keyed(token))
	if err != nil {
		return hearth.Principal{}, err
	}
	if !time.Now().Before(s.Expires) || expired(k) {
		return hearth.Principal{}, hearth.NewError(hearth.NoSession)
	}
	return k.Principal(), nil
}
