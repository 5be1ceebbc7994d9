package access

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

// Policy is how strict signing in is.
type Policy struct {
	PasswordAge        time.Duration // after which a password is changed; 0: never
	SecondFactorForAll bool          // not for administrators alone
	SessionIdle        time.Duration // after which a session that nobody uses ends; 0: never
}

// DefaultPolicy is what level 3 of GB/T 22239 is usually read to ask for.
func DefaultPolicy() Policy {
	return Policy{PasswordAge: 90 * 24 * time.Hour, SessionIdle: 30 * time.Minute}
}

// Limits of wrong passwords and codes, in a row.
const (
	failuresMax = 5
	lockFor     = 30 * time.Minute
)

// SignInPerson begins a session for somebody. What was wrong is not told apart, other than
// that a code is needed, once the password was right.
func (a *Access) SignInPerson(ctx context.Context, f hearth.Proof) (token string, s hearth.Session, by hearth.Principal, err error) {
	p, err := a.store.Person(ctx, f.Login)
	unknown := errors.Is(err, hearth.NewError(hearth.NoSuchPerson)) || err == nil && !strings.EqualFold(p.Login, f.Login)
	if err != nil && !unknown {
		return "", s, by, err
	}
	var c hearth.Credentials
	locked := false
	if !unknown {
		// It counts as wrong until it turns out right, so that trying many at once gains
		// nothing.
		c, err = a.charge(ctx, p.ID)
		// That an account is locked is told to nobody who has not come in: it would say that
		// there is one, and nothing tells whether the password was right meanwhile.
		if locked = errors.Is(err, hearth.NewError(hearth.AccountLocked)); err != nil && !locked {
			return "", s, by, err
		}
	}
	p, right, err := a.passwordRight(ctx, f, p, c, !unknown)
	if err != nil {
		return "", s, by, err
	}
	if locked || !right {
		return "", s, by, hearth.NewError(hearth.SignInRefused)
	}
	own, err := a.store.OwnKey(ctx, p.ID)
	if err != nil {
		return "", s, by, err
	}
	h, err := a.store.Holding(ctx, own)
	if err != nil {
		return "", s, by, err
	}
	if a.over(h) {
		return "", s, by, hearth.NewError(hearth.SignInRefused)
	}
	renewed := ""
	if a.stale(c) {
		if f.NewPassword == "" {
			return "", s, by, errors.Join(a.refund(ctx, p.ID), hearth.NewError(hearth.PasswordExpired))
		}
		if renewed, err = a.chosen(ctx, p, c, f.NewPassword); err != nil {
			return "", s, by, errors.Join(a.refund(ctx, p.ID), err)
		}
	}
	err = a.settle(ctx, p.ID, func(c *hearth.Credentials) error {
		switch {
		case c.HasFactor() && !c.TOTPProven:
			return hearth.NewError(hearth.PasskeyRequired)
		case c.TOTPProven && f.Code == "":
			return hearth.NewError(hearth.CodeRequired)
		case c.TOTPProven:
			if ok, err := a.takeCode(c, f.Code); err != nil || !ok {
				return errors.Join(err, hearth.NewError(hearth.SignInRefused))
			}
		}
		if renewed != "" {
			replacePassword(c, renewed)
		}
		return nil
	})
	if errors.Is(err, hearth.NewError(hearth.CodeRequired)) || errors.Is(err, hearth.NewError(hearth.PasskeyRequired)) {
		err = errors.Join(a.refund(ctx, p.ID), err)
	}
	if err != nil {
		return "", s, by, err
	}
	token, s, err = a.begin(ctx, own, personalLife)
	return token, s, a.principal(h), err
}

// charge counts an attempt as a wrong one, unless the account is locked.
func (a *Access) charge(ctx context.Context, person string) (hearth.Credentials, error) {
	return a.store.UpdateCredentials(ctx, person, func(c *hearth.Credentials) error {
		if until := future(c.Locked); !until.IsZero() {
			return hearth.NewError(hearth.AccountLocked, "until", until.Local().Format("15:04"))
		}
		if c.Failures >= failuresMax { // it was locked since
			c.Failures = 0
		}
		if c.Failures++; c.Failures >= failuresMax {
			c.Locked = now().Add(lockFor)
		}
		return nil
	})
}

// refund takes back what was counted for an attempt that was neither right nor wrong. What
// was counted before it stays: who knows a password does not get more guesses at codes.
func (a *Access) refund(ctx context.Context, person string) error {
	_, err := a.store.UpdateCredentials(ctx, person, func(c *hearth.Credentials) error {
		if c.Failures--; c.Failures < failuresMax {
			c.Failures, c.Locked = max(0, c.Failures), time.Time{}
		}
		return nil
	})
	return err
}

// settle forgets what was counted, once an attempt turned out right, if change finds so.
func (a *Access) settle(ctx context.Context, person string, change func(*hearth.Credentials) error) error {
	_, err := a.store.UpdateCredentials(ctx, person, func(c *hearth.Credentials) error {
		if err := change(c); err != nil {
			return err
		}
		c.Failures, c.Locked = 0, time.Time{}
		return nil
	})
	return err
}

// chosen is a password that somebody chooses, as it is kept.
func (a *Access) chosen(ctx context.Context, p hearth.Person, c hearth.Credentials, password string) (string, error) {
	if err := checkPassword(password, p); err != nil {
		return "", err
	}
	for _, kept := range append([]string{c.Password}, c.PasswordsBefore...) {
		if kept == "" {
			continue
		}
		if was, err := a.isPassword(ctx, password, kept); err != nil || was {
			return "", errors.Join(err, hearth.NewError(hearth.PasswordWeak, "detail", hearth.Words{"it was used before", "最近使用过"}).At("password"))
		}
	}
	return a.hashPassword(ctx, password)
}

// replacePassword takes a new one into use.
func replacePassword(c *hearth.Credentials, kept string) {
	if c.Password != "" {
		c.PasswordsBefore = append([]string{c.Password}, c.PasswordsBefore...)
		c.PasswordsBefore = c.PasswordsBefore[:min(len(c.PasswordsBefore), passwordsBefore-1)]
	}
	c.Password, c.PasswordSet, c.Invitation, c.InvitationUntil = kept, now(), nil, time.Time{}
}

// Accept lets somebody who was invited choose a password. The invitation holds no longer.
func (a *Access) Accept(ctx context.Context, invitation, password string) (hearth.Person, error) {
	invalid := hearth.NewError(hearth.InvitationInvalid)
	hash := a.keyed(strings.TrimSpace(invitation))
	id, err := a.store.Invited(ctx, hash)
	if errors.Is(err, hearth.NewError(hearth.NoSuchPerson)) {
		return hearth.Person{}, invalid
	}
	if err != nil {
		return hearth.Person{}, err
	}
	p, err := a.store.Person(ctx, id)
	if err != nil {
		return p, err
	}
	// As it is now: what comes between makes the invitation another one, or none.
	c, err := a.credentials(ctx, id)
	if err != nil {
		return p, err
	}
	if future(c.InvitationUntil).IsZero() || !p.Disabled.IsZero() {
		return p, invalid
	}
	kept, err := a.chosen(ctx, p, c, password)
	if err != nil {
		return p, err
	}
	_, err = a.store.UpdateCredentials(ctx, id, func(c *hearth.Credentials) error {
		if string(c.Invitation) != string(hash) {
			return invalid
		}
		replacePassword(c, kept)
		c.Failures, c.Locked = 0, time.Time{}
		return nil
	})
	return p, err
}

// ChangePassword lets somebody choose another password. Their sessions end.
func (a *Access) ChangePassword(ctx context.Context, by hearth.Principal, old, password string) error {
	p, err := a.self(ctx, by)
	if err != nil {
		return err
	}
	c, err := a.charge(ctx, p.ID)
	if err != nil {
		return err
	}
	if right, err := a.isPassword(ctx, old, c.Password); err != nil || !right {
		return errors.Join(err, hearth.NewError(hearth.SignInRefused))
	}
	kept, err := a.chosen(ctx, p, c, password)
	if err != nil {
		return errors.Join(a.refund(ctx, p.ID), err)
	}
	if err := a.settle(ctx, p.ID, func(c *hearth.Credentials) error { replacePassword(c, kept); return nil }); err != nil {
		return err
	}
	return a.endSessions(ctx, p.ID)
}

// Enrolment is a second factor that is not proven yet.
type Enrolment struct {
	Secret string // base 32, to be typed
	URI    string // for a QR code
}

// BeginSecondFactor makes a secret for somebody's authenticator. It counts once a code of it
// was shown. Who has a second factor already shows a code of that.
func (a *Access) BeginSecondFactor(ctx context.Context, by hearth.Principal, code string) (Enrolment, error) {
	p, err := a.self(ctx, by)
	if err != nil {
		return Enrolment{}, err
	}
	secret := newTOTP()
	sealed, err := a.sealTOTP(secret, p.ID)
	if err != nil {
		return Enrolment{}, err
	}
	if err := a.shown(ctx, p.ID, code, func(c *hearth.Credentials) {
		c.TOTP, c.TOTPProven, c.TOTPUsed, c.Recovery = sealed, false, 0, nil
	}); err != nil {
		return Enrolment{}, err
	}
	return Enrolment{Secret: base32Plain.EncodeToString(secret), URI: totpURI(secret, p.Login)}, nil
}

// ProveSecondFactor takes the first code of a new secret, and makes recovery codes, which
// are returned this once.
func (a *Access) ProveSecondFactor(ctx context.Context, by hearth.Principal, code string) (recovery []string, err error) {
	p, err := a.self(ctx, by)
	if err != nil {
		return nil, err
	}
	c, err := a.charge(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	if c.TOTP == nil || c.TOTPProven {
		return nil, errors.Join(a.refund(ctx, p.ID), hearth.NewError(hearth.InvalidValue, "field", "code", "detail",
			hearth.Words{"no second factor waits to be proven", "没有待验证的双因素认证"}).At("code"))
	}
	err = a.settle(ctx, p.ID, func(c *hearth.Credentials) error {
		if ok, err := a.takeCode(c, code); err != nil || !ok {
			return errors.Join(err, hearth.NewError(hearth.SignInRefused))
		}
		c.TOTPProven = true
		recovery, c.Recovery = a.newRecovery(p.ID)
		return nil
	})
	return recovery, err
}

// shown changes credentials if a code of the second factor is right, or there is none yet.
func (a *Access) shown(ctx context.Context, person, code string, change func(*hearth.Credentials)) error {
	if _, err := a.charge(ctx, person); err != nil {
		return err
	}
	return a.settle(ctx, person, func(c *hearth.Credentials) error {
		if c.TOTPProven {
			if ok, err := a.takeCode(c, code); err != nil || !ok {
				return errors.Join(err, hearth.NewError(hearth.SignInRefused))
			}
		}
		change(c)
		return nil
	})
}

// Self is the account of the person who asks.
func (a *Access) Self(ctx context.Context, by hearth.Principal) (Account, error) {
	p, err := a.self(ctx, by)
	if err != nil {
		return Account{}, err
	}
	c, err := a.credentials(ctx, p.ID)
	return account(p, c), err
}

func (a *Access) credentials(ctx context.Context, person string) (hearth.Credentials, error) {
	list, err := a.store.Credentials(ctx, person)
	if err == nil && len(list) == 0 {
		err = hearth.NewError(hearth.NoSuchPerson, "person", person)
	}
	if err != nil {
		return hearth.Credentials{}, err
	}
	return list[0], nil
}

func (a *Access) self(ctx context.Context, by hearth.Principal) (hearth.Person, error) {
	if err := asPerson(by); err != nil {
		return hearth.Person{}, err
	}
	return a.store.Person(ctx, by.Person)
}
