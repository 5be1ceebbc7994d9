package access

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hearthbox/hearth"
)

// nameBytesMax bounds the name of a key, a person, a department, a tenant.
const nameBytesMax = 200

// Store is where everything is remembered.
type Store interface {
	Keys
	Sessions
	Houses
	People
	Identities
	Setup
}

// Keys remembers keys.
type Keys interface {
	AddKey(context.Context, hearth.Key) error
	Holding(ctx context.Context, id string) (hearth.Holding, error)
	// HoldingChanges is a number that is another one whenever what Holding finds may be.
	HoldingChanges(context.Context) (int64, error)
	Keys(ctx context.Context, person string) ([]hearth.Key, error)
	LimitKey(ctx context.Context, id string, only hearth.Rights, models hearth.ModelList) error
	RemoveKey(ctx context.Context, id, person string) error
}

// Sessions remembers sessions. A session goes with its key.
type Sessions interface {
	// AddSession forgets the oldest of the key's sessions that are more than most, and
	// all that have expired.
	AddSession(ctx context.Context, s hearth.Session, most int) error
	// Session finds a session; a missing one is an error of code [hearth.NoSession].
	Session(ctx context.Context, hash []byte) (hearth.Session, error)
	UseSession(ctx context.Context, hash []byte, at time.Time) error
	RemoveSession(ctx context.Context, hash []byte) error
	EndSessions(ctx context.Context, key string) error
}

// Access says who asks. It makes and checks keys and sessions, and knows the people.
type Access struct {
	Policy    Policy
	Directory Checker // of names that have no password here; nil: there is none

	store  Store
	pepper []byte
	sealer Sealer
	hashes chan struct{} // as many passwords as are hashed at once

	mu    sync.Mutex
	under map[*hold]struct{}   // what is under way, for whom
	found map[string]found     // what keys were found to be, by id
	spent map[string]time.Time // questions to passkeys that were answered, and until when they might be
}

// Sealer encrypts what has to be read again. It opens for the same purpose and context
// only, and knows what was sealed with an older key.
type Sealer interface {
	Seal(purpose string, text, context []byte) ([]byte, error)
	Open(purpose string, sealed, context []byte) ([]byte, error)
	Renew(purpose string, sealed, context []byte) (_ []byte, renewed bool, err error)
}

// New makes an Access whose hashes are keyed with the pepper, a secret of at least
// 32 bytes that is not kept with the keys, and whose secrets the sealer seals.
func New(store Store, pepper []byte, sealer Sealer) *Access {
	if len(pepper) < 32 {
		panic("access: the pepper must have at least 32 bytes")
	}
	return &Access{Policy: DefaultPolicy(), store: store, pepper: pepper, sealer: sealer, hashes: make(chan struct{}, hashesMax), under: map[*hold]struct{}{}, found: map[string]found{}, spent: map[string]time.Time{}}
}

// Authenticate says who asks, by the key or the session in a request's headers, of
// which header gives all values by name. Errors have the codes [hearth.MissingKey],
// [hearth.InvalidKey] and [hearth.NoSession]; what is wrong beyond the form is not told
// apart, so that ids can't be guessed.
func (a *Access) Authenticate(ctx context.Context, header func(name string) []string) (hearth.Principal, error) {
	credential, err := carried(header)
	if err != nil {
		return hearth.Principal{}, err
	}
	use := used
	if background(header) {
		use = looked
	}
	h, _, err := a.holding(ctx, credential, use)
	return a.principal(h), err
}

// use is what somebody's credential is looked at for.
type use int

const (
	used     use = iota // they do something
	looked              // a page of theirs looks on by itself
	underWay            // what they have begun goes on
)

// BackgroundHeader is on requests that a page makes by itself, which nobody sits before
// perhaps: they do not keep a session from ending.
const BackgroundHeader = "X-Hearth-Background"

func background(header func(name string) []string) bool { return len(header(BackgroundHeader)) > 0 }

// holding finds what a credential opens, and when it ends; zero: not by itself.
func (a *Access) holding(ctx context.Context, credential string, u use) (h hearth.Holding, ends time.Time, err error) {
	if strings.HasPrefix(credential, sessionPrefix) {
		h, ends, err = a.bySession(ctx, credential, u)
	} else {
		h, err = a.byKey(ctx, credential)
	}
	if err != nil {
		return hearth.Holding{}, ends, err
	}
	return h, earliest(ends, h.Expires, future(h.EmergencyEnds)), nil
}

func (a *Access) byKey(ctx context.Context, key string) (hearth.Holding, error) {
	c, wrong := parseCredential(key)
	if wrong != nil {
		return hearth.Holding{}, hearth.NewError(hearth.InvalidKey, "detail", *wrong)
	}
	h, err := a.find(ctx, c.id)
	unknown := errors.Is(err, hearth.NewError(hearth.NoSuchKey))
	if err != nil && !unknown {
		return hearth.Holding{}, err
	}
	// The hash is computed for unknown ids too: they take as long.
	match := hmac.Equal(h.Hash, a.hash(c))
	if unknown || !match || a.over(h) {
		return hearth.Holding{}, hearth.NewError(hearth.InvalidKey, "detail", hearth.Words{"it is unknown, revoked or expired", "未知、已吊销或已过期"})
	}
	return h, nil
}

// found is what a key was found to be, when the store had seen so many changes.
type found struct {
	hearth.Holding
	changes int64
}

// foundMax is how many keys are remembered.
const foundMax = 4096

// find looks a key up, unless it was found already and nothing has changed since, here or
// by another process.
func (a *Access) find(ctx context.Context, id string) (hearth.Holding, error) {
	changes, err := a.store.HoldingChanges(ctx) // before, so that what is found is no older
	if err != nil {
		return hearth.Holding{}, err
	}
	a.mu.Lock()
	f, ok := a.found[id]
	a.mu.Unlock()
	if ok && f.changes == changes {
		return f.Holding, nil
	}
	h, err := a.store.Holding(ctx, id)
	if err != nil {
		return h, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.found) >= foundMax {
		clear(a.found)
	}
	a.found[id] = found{h, changes}
	return h, nil
}

// over reports whether nobody is let in by a key any more. Keys of somebody who needs a
// second factor work once they have it.
func (a *Access) over(h hearth.Holding) bool {
	return h.Barred || !h.Expires.IsZero() && !time.Now().Before(h.Expires) || a.lacksFactor(h) && !h.IsOwn()
}

// lacksFactor reports whether a key is of somebody who needs a second factor and has none.
func (a *Access) lacksFactor(h hearth.Holding) bool {
	return h.Person != "" && !h.SecondFactor && (h.Standing.IsDuty() || a.Policy.SecondFactorForAll)
}

// principal is who asks with a key: whoever needs a second factor may do nothing but get
// one, and in an emergency one is an administrator of everything, in the console alone.
func (a *Access) principal(h hearth.Holding) hearth.Principal {
	p := h.Principal()
	p.TenantModels = h.TenantModels
	if h.Person == "" {
		return p
	}
	p.Name = h.Holder
	switch {
	case !h.IsOwn():
	case a.lacksFactor(h):
		p.Only = hearth.RightSelf
	case !future(h.EmergencyEnds).IsZero():
		p.Standing = hearth.StandingAdmin
	}
	return p
}

// carried finds the key in whatever header the client's ecosystem uses. This is the
// only place that looks for one; two different keys are refused rather than ranked,
// so that no door can be talked into checking the one and serving the other.
func carried(header func(name string) []string) (string, error) {
	var key string
	for _, name := range []string{"Authorization", "X-Api-Key", "Api-Key"} {
		for _, value := range header(name) {
			if name == "Authorization" {
				scheme, rest, ok := strings.Cut(value, " ")
				if !ok || !strings.EqualFold(scheme, "Bearer") {
					return "", hearth.NewError(hearth.InvalidKey, "detail", hearth.Words{"the Authorization header must read: Bearer hk_…", "Authorization 头的格式应为：Bearer hk_…"})
				}
				value = rest
			}
			if value = strings.TrimSpace(value); key != "" && value != key {
				return "", hearth.NewError(hearth.InvalidKey, "detail", hearth.Words{"two different keys were sent", "请求中带有两个不同的密钥"})
			}
			key = value
		}
	}
	if key == "" {
		return "", hearth.NewError(hearth.MissingKey)
	}
	return key, nil
}

func (a *Access) hash(c credential) []byte { return a.keyed(c.id + "_" + c.secret) }

func (a *Access) keyed(text string) []byte {
	m := hmac.New(sha256.New, a.pepper)
	m.Write([]byte(text))
	return m.Sum(nil)
}

func checkName(name string) error {
	switch {
	case name == "":
		return hearth.NewError(hearth.MissingValue, "field", "name").At("name")
	case len(name) > nameBytesMax:
		return hearth.NewError(hearth.OutOfRange, "field", "the length of name", "min", 1, "max", nameBytesMax).At("name")
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return hearth.NewError(hearth.InvalidValue, "field", "name", "detail", hearth.Words{"it has control characters", "含有控制字符"}).At("name")
	}
	return nil
}

// now is the time as rows have it.
func now() time.Time { return time.Now().UTC().Truncate(time.Second) }

// future is a time that has not come, or none.
func future(t time.Time) time.Time {
	if time.Now().Before(t) {
		return t
	}
	return time.Time{}
}

// earliest of the times that are set.
func earliest(times ...time.Time) (first time.Time) {
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}
