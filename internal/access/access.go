package access

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hearthbox/hearth"
)

// nameBytesMax bounds the name of a key.
const nameBytesMax = 200

// Store is where keys and sessions are remembered. A session goes with its key.
type Store interface {
	AddKey(context.Context, hearth.Key) error
	Key(ctx context.Context, id string) (hearth.Key, error)
	Keys(context.Context) ([]hearth.Key, error)
	RemoveKey(ctx context.Context, id string) error

	// AddSession forgets the oldest of the key's sessions that are more than most, and
	// all that have expired.
	AddSession(ctx context.Context, s hearth.Session, most int) error
	// Session finds a session and its key; a missing one is an error of code
	// [hearth.NoSession].
	Session(ctx context.Context, hash []byte) (hearth.Session, hearth.Key, error)
	RemoveSession(ctx context.Context, hash []byte) error
}

// Access makes and checks keys.
type Access struct {
	keys   Store
	pepper []byte
}

// New makes an Access whose hashes are keyed with the pepper, a secret of at least
// 32 bytes that is not kept with the keys.
func New(keys Store, pepper []byte) *Access {
	if len(pepper) < 32 {
		panic("access: the pepper must have at least 32 bytes")
	}
	return &Access{keys: keys, pepper: pepper}
}

// Create makes a key that lives for ttl, or until it is revoked if ttl is 0. The
// secret is not kept: this is the only time it can be seen.
func (a *Access) Create(ctx context.Context, name string, standing hearth.Standing, ttl time.Duration) (secret string, k hearth.Key, err error) {
	name = strings.TrimSpace(name)
	if err := checkName(name); err != nil {
		return "", k, err
	}
	c := newCredential()
	k = hearth.Key{ID: c.id, Name: name, Standing: standing, Hash: a.hash(c), Created: time.Now().UTC().Truncate(time.Second)}
	if ttl > 0 {
		k.Expires = k.Created.Add(ttl)
	}
	return c.String(), k, a.keys.AddKey(ctx, k)
}

// Authenticate says who asks, by the key or the session in a request's headers, of
// which header gives all values by name. Errors have the codes [hearth.MissingKey],
// [hearth.InvalidKey] and [hearth.NoSession]; what is wrong beyond the form is not told
// apart, so that ids can't be guessed.
func (a *Access) Authenticate(ctx context.Context, header func(name string) []string) (hearth.Principal, error) {
	key, err := carried(header)
	if err != nil {
		return hearth.Principal{}, err
	}
	if strings.HasPrefix(key, sessionPrefix) {
		return a.bySession(ctx, key)
	}
	return a.byKey(ctx, key)
}

func (a *Access) byKey(ctx context.Context, key string) (hearth.Principal, error) {
	c, wrong := parseCredential(key)
	if wrong != nil {
		return hearth.Principal{}, hearth.NewError(hearth.InvalidKey, "detail", *wrong)
	}
	k, err := a.keys.Key(ctx, c.id)
	unknown := errors.Is(err, hearth.NewError(hearth.NoSuchKey))
	if err != nil && !unknown {
		return hearth.Principal{}, err
	}
	// The hash is computed for unknown ids too: they take as long.
	match := hmac.Equal(k.Hash, a.hash(c))
	if unknown || !match || expired(k) {
		return hearth.Principal{}, hearth.NewError(hearth.InvalidKey, "detail", hearth.Words{"it is unknown, revoked or expired", "未知、已吊销或已过期"})
	}
	return k.Principal(), nil
}

func expired(k hearth.Key) bool { return !k.Expires.IsZero() && !time.Now().Before(k.Expires) }

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

// List shows all keys, oldest first.
func (a *Access) List(ctx context.Context) ([]hearth.Key, error) { return a.keys.Keys(ctx) }

// Revoke ends a key, and the sessions that were begun with it. The last administrator's can't be.
func (a *Access) Revoke(ctx context.Context, id string) error { return a.keys.RemoveKey(ctx, id) }

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
