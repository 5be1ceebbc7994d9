package access

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// Limits of passkeys.
const (
	passkeysMax  = 16 // of a person
	ceremonyLife = 5 * time.Minute
	answerMax    = 64 << 10 // bytes of what a browser answers
)

// relying is the site that a browser came to, as WebAuthn calls it. A passkey is for one
// host name; browsers make none for bare addresses.
func relying(origin string) (*webauthn.WebAuthn, error) {
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" || net.ParseIP(u.Hostname()) != nil {
		return nil, hearth.NewError(hearth.Unsupported, "what", hearth.Words{"a passkey for an address without a name", "对无域名的地址使用 Passkey"})
	}
	return webauthn.New(&webauthn.Config{RPID: u.Hostname(), RPDisplayName: "hearth", RPOrigins: []string{origin},
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired},
		Timeouts: webauthn.TimeoutsConfig{Login: webauthn.TimeoutConfig{Enforce: true, Timeout: ceremonyLife, TimeoutUVD: ceremonyLife},
			Registration: webauthn.TimeoutConfig{Enforce: true, Timeout: ceremonyLife, TimeoutUVD: ceremonyLife}}})
}

// holder is a person as WebAuthn sees them, with their passkeys for a site.
type holder struct {
	hearth.Person
	passkeys []webauthn.Credential
}

// WebAuthnID is what a passkey remembers of whose it is.
func (h holder) WebAuthnID() []byte { return []byte(h.ID) }

// WebAuthnName is what people see of it.
func (h holder) WebAuthnName() string { return h.Login }

// WebAuthnDisplayName is the same, in full.
func (h holder) WebAuthnDisplayName() string { return h.Name }

// WebAuthnCredentials are the passkeys.
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.passkeys }

func (a *Access) holder(ctx context.Context, person, site string) (h holder, err error) {
	if h.Person, err = a.store.Person(ctx, person); err != nil {
		return h, err
	}
	if h.ID != person { // a login that reads like an id
		return h, hearth.NewError(hearth.NoSuchPerson, "person", person)
	}
	kept, err := a.store.Passkeys(ctx, person)
	if err != nil {
		return h, err
	}
	for _, k := range kept {
		var c webauthn.Credential
		if err := json.Unmarshal(k.Record, &c); err != nil {
			return h, err
		}
		if k.Site == site {
			h.passkeys = append(h.passkeys, c)
		}
	}
	return h, nil
}

// BeginPasskey asks a browser at an origin (https://HOST) to make a passkey. Who has a
// second factor shows a code of it first.
func (a *Access) BeginPasskey(ctx context.Context, by hearth.Principal, origin, code string) (state string, options any, err error) {
	site, err := relying(origin)
	if err != nil {
		return "", nil, err
	}
	p, err := a.self(ctx, by)
	if err != nil {
		return "", nil, err
	}
	h, err := a.holder(ctx, p.ID, site.Config.RPID)
	if err != nil {
		return "", nil, err
	}
	if err := a.shown(ctx, p.ID, code, func(*hearth.Credentials) {}); err != nil {
		return "", nil, err
	}
	o, s, err := site.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.passkeys).CredentialDescriptors()))
	if err != nil {
		return "", nil, err
	}
	return a.ask(o.Response, s)
}

// AddPasskey takes what the browser made. From then on a password alone does not let in.
func (a *Access) AddPasskey(ctx context.Context, by hearth.Principal, origin, state, name string, answer []byte) (hearth.Passkey, error) {
	k := hearth.Passkey{Name: strings.TrimSpace(name), Created: now()}
	if err := checkName(k.Name); err != nil {
		return k, err
	}
	site, err := relying(origin)
	if err != nil {
		return k, err
	}
	p, err := a.self(ctx, by)
	if err != nil {
		return k, err
	}
	asked, err := a.asked(state)
	if err != nil {
		return k, err
	}
	h, err := a.holder(ctx, p.ID, site.Config.RPID)
	if err != nil {
		return k, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer[:min(len(answer), answerMax)])
	if err != nil {
		return k, refusedPasskey(err)
	}
	made, err := site.CreateCredential(h, asked, parsed)
	if err != nil {
		return k, refusedPasskey(err)
	}
	if !a.spend(asked.Challenge) {
		return k, hearth.NewError(hearth.PasskeyRefused)
	}
	k.ID, k.Person, k.Site = made.ID, p.ID, site.Config.RPID
	if k.Record, err = json.Marshal(made); err != nil {
		return k, err
	}
	return k, a.store.AddPasskey(ctx, k, passkeysMax)
}

// ListPasskeys shows the passkeys of the person who asks.
func (a *Access) ListPasskeys(ctx context.Context, by hearth.Principal) ([]hearth.Passkey, error) {
	if err := asPerson(by); err != nil {
		return nil, err
	}
	return a.store.Passkeys(ctx, by.Person)
}

// RemovePasskey forgets a passkey of the person who asks. Another one's is not there.
func (a *Access) RemovePasskey(ctx context.Context, by hearth.Principal, id []byte) error {
	if err := asPerson(by); err != nil {
		return err
	}
	if len(id) == 0 {
		return hearth.NewError(hearth.NoSuchPasskey)
	}
	return a.store.RemovePasskey(ctx, by.Person, id)
}

// AskPasskey asks a browser at an origin for any passkey it has: state comes back with the
// answer, options are for navigator.credentials.
func (a *Access) AskPasskey(origin string) (state string, options any, err error) {
	site, err := relying(origin)
	if err != nil {
		return "", nil, err
	}
	o, s, err := site.BeginDiscoverableLogin()
	if err != nil {
		return "", nil, err
	}
	return a.ask(o.Response, s)
}

// SignInPasskey begins a session for whose passkey it is. Why one is not accepted is the
// cause of the error, for the log.
func (a *Access) SignInPasskey(ctx context.Context, origin, state string, answer []byte) (token string, s hearth.Session, by hearth.Principal, err error) {
	site, err := relying(origin)
	if err != nil {
		return "", s, by, err
	}
	asked, err := a.asked(state)
	if err != nil {
		return "", s, by, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer[:min(len(answer), answerMax)])
	if err != nil {
		return "", s, by, refusedPasskey(err)
	}
	who, used, err := site.ValidatePasskeyLogin(func(_, person []byte) (webauthn.User, error) {
		return a.holder(ctx, string(person), site.Config.RPID)
	}, asked, parsed)
	if err != nil {
		return "", s, by, refusedPasskey(err)
	}
	if used.Authenticator.CloneWarning {
		return "", s, by, refusedPasskey(errors.New("its counter has gone back: it may be a copy"))
	}
	own, err := a.store.OwnKey(ctx, string(who.WebAuthnID()))
	if err != nil {
		return "", s, by, err
	}
	h, err := a.store.Holding(ctx, own)
	if err != nil {
		return "", s, by, err
	}
	if a.over(h) || !a.spend(asked.Challenge) {
		return "", s, by, hearth.NewError(hearth.PasskeyRefused)
	}
	record, err := json.Marshal(used)
	if err != nil {
		return "", s, by, err
	}
	if err := a.store.UsePasskey(ctx, used.ID, record, now()); err != nil {
		return "", s, by, err
	}
	token, s, err = a.begin(ctx, own, personalLife)
	return token, s, a.principal(h), err
}

func refusedPasskey(err error) error {
	if e, ok := errors.AsType[*protocol.Error](err); ok {
		err = errors.New(e.Details + ": " + e.DevInfo)
	}
	return hearth.NewError(hearth.PasskeyRefused).Because(err)
}

// ask seals what is to be remembered of a question, so that nothing need be kept for those
// who never answer.
func (a *Access) ask(options any, s *webauthn.SessionData) (string, any, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return "", nil, err
	}
	sealed, err := cryptosuite.AES256GCM.Seal(a.keyed("ceremony"), text, nil)
	return base64.RawURLEncoding.EncodeToString(sealed), options, err
}

// asked opens it again.
func (a *Access) asked(state string) (s webauthn.SessionData, err error) {
	sealed, err := base64.RawURLEncoding.DecodeString(state)
	var text []byte
	if err == nil {
		text, err = cryptosuite.AES256GCM.Open(a.keyed("ceremony"), sealed, nil)
	}
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil || s.Expires.IsZero() {
		return s, hearth.NewError(hearth.PasskeyRefused).Because(err)
	}
	return s, nil
}

// spend reports whether a question was not answered before. What is remembered of answers
// is bounded by how many sign in within five minutes.
func (a *Access) spend(challenge string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for c, until := range a.spent {
		if !time.Now().Before(until) {
			delete(a.spent, c)
		}
	}
	if _, again := a.spent[challenge]; again {
		return false
	}
	a.spent[challenge] = time.Now().Add(ceremonyLife)
	return true
}
