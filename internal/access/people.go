package access

import (
	"context"
	"strings"
	"time"
	"unicode"

	"github.com/hearthbox/hearth"
)

// Houses remembers tenants and their departments.
type Houses interface {
	AddTenant(context.Context, hearth.Tenant) error
	Tenants(context.Context) ([]hearth.Tenant, error)
	ChangeTenant(context.Context, hearth.Tenant) error
	RemoveTenant(ctx context.Context, id string) error
	AddDepartment(context.Context, hearth.Department) error
	Departments(context.Context) ([]hearth.Department, error)
	RenameDepartment(ctx context.Context, id, name string) error
	RemoveDepartment(ctx context.Context, id string) error
}

// People remembers people, and how they prove who they are.
type People interface {
	// AddPerson remembers a person, their credentials, and the key their sessions act by.
	AddPerson(ctx context.Context, p hearth.Person, c hearth.Credentials, own hearth.Key) error
	People(context.Context) ([]hearth.Person, error)
	// Person finds somebody by id or login.
	Person(ctx context.Context, id string) (hearth.Person, error)
	ChangePerson(context.Context, hearth.Person) error
	RemovePerson(ctx context.Context, id string) error
	OwnKey(ctx context.Context, person string) (id string, err error)

	// Credentials are those of a person, or if that is empty of every one.
	Credentials(ctx context.Context, person string) ([]hearth.Credentials, error)
	Invited(ctx context.Context, invitation []byte) (person string, err error)
	UpdateCredentials(ctx context.Context, person string, change func(*hearth.Credentials) error) (hearth.Credentials, error)

	AddPasskey(ctx context.Context, k hearth.Passkey, most int) error
	Passkeys(ctx context.Context, person string) ([]hearth.Passkey, error)
	UsePasskey(ctx context.Context, id, record []byte, at time.Time) error
	// RemovePasskey forgets one of a person's, or with a nil id all of them.
	RemovePasskey(ctx context.Context, person string, id []byte) error
}

// Account is a person with what may be known of how they come in.
type Account struct {
	hearth.Person
	HasPassword   bool
	SecondFactor  bool
	Passkeys      int
	RecoveryCodes int       // that are left
	Invited       time.Time // until when an invitation holds; zero: none does
	Locked        time.Time // until when; zero: they are not
}

// invitationLife is how long an invitation holds.
const invitationLife = 72 * time.Hour

// invitationPrefix begins an invitation.
const invitationPrefix = "hi_"

// loginMax bounds the name somebody signs in with, in characters.
const loginMax = 64

func checkLogin(login string) error {
	ok := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-@", r) }
	if n := len([]rune(login)); n == 0 || n > loginMax || strings.ContainsFunc(login, func(r rune) bool { return !ok(r) }) {
		return hearth.NewError(hearth.InvalidValue, "field", "login", "detail",
			hearth.Words{"it must have 1 to 64 letters, digits, dots, dashes, underscores, at signs", "应为 1 至 64 个字母、数字或 . - _ @"}).At("login")
	}
	return nil
}

// AddTenant makes a tenant.
func (a *Access) AddTenant(ctx context.Context, name string, models hearth.ModelList) (hearth.Tenant, error) {
	t := hearth.Tenant{ID: "t_" + randomDigits(idLen), Name: strings.TrimSpace(name), Models: models, Created: now()}
	if err := checkName(t.Name); err != nil {
		return t, err
	}
	return t, a.store.AddTenant(ctx, t)
}

// Tenants lists the tenants, the main one first.
func (a *Access) Tenants(ctx context.Context) ([]hearth.Tenant, error) { return a.store.Tenants(ctx) }

// ChangeTenant lets change change a tenant, but for its id and when it was made. Nobody of a
// tenant that is disabled is let in; the main one can't be.
func (a *Access) ChangeTenant(ctx context.Context, id string, change func(*hearth.Tenant)) (hearth.Tenant, error) {
	all, err := a.store.Tenants(ctx)
	if err != nil {
		return hearth.Tenant{}, err
	}
	for _, t := range all {
		if t.ID != id {
			continue
		}
		change(&t)
		t.Name = strings.TrimSpace(t.Name)
		if err := checkName(t.Name); err != nil {
			return t, err
		}
		if t.ID == hearth.TenantMain && !t.Disabled.IsZero() {
			return t, hearth.NewError(hearth.StillUsed, "what", t.ID)
		}
		return t, a.store.ChangeTenant(ctx, t)
	}
	return hearth.Tenant{}, hearth.NewError(hearth.NoSuchTenant, "tenant", id)
}

// RemoveTenant forgets a tenant that nobody and nothing is of.
func (a *Access) RemoveTenant(ctx context.Context, id string) error {
	return a.store.RemoveTenant(ctx, id)
}

// AddDepartment makes a department of a tenant.
func (a *Access) AddDepartment(ctx context.Context, tenant, name string) (hearth.Department, error) {
	d := hearth.Department{ID: "d_" + randomDigits(idLen), Tenant: tenant, Name: strings.TrimSpace(name), Created: now()}
	if err := checkName(d.Name); err != nil {
		return d, err
	}
	return d, a.store.AddDepartment(ctx, d)
}

// Departments lists the departments of all tenants.
func (a *Access) Departments(ctx context.Context) ([]hearth.Department, error) {
	return a.store.Departments(ctx)
}

// RenameDepartment gives a department another name.
func (a *Access) RenameDepartment(ctx context.Context, id, name string) error {
	name = strings.TrimSpace(name)
	if err := checkName(name); err != nil {
		return err
	}
	return a.store.RenameDepartment(ctx, id, name)
}

// RemoveDepartment forgets a department that nobody and nothing is of.
func (a *Access) RemoveDepartment(ctx context.Context, id string) error {
	return a.store.RemoveDepartment(ctx, id)
}

// AddPerson makes an account. With the invitation, which is returned this once, the person
// chooses a password. Whoever may not grant standings adds users alone.
func (a *Access) AddPerson(ctx context.Context, by hearth.Principal, p hearth.Person) (_ hearth.Person, invitation string, err error) {
	if p.Standing == "" {
		p.Standing = hearth.StandingUser
	}
	if p.Tenant == "" {
		p.Tenant = hearth.TenantMain
	}
	p.ID, p.Login, p.Created, p.Disabled = "p_"+randomDigits(idLen), strings.TrimSpace(p.Login), now(), time.Time{}
	if err := checkPerson(&p); err != nil {
		return p, "", err
	}
	if p.Standing != hearth.StandingUser && !by.May(hearth.RightGrant) {
		return p, "", hearth.NewError(hearth.AnotherDuty, "standing", string(p.Standing)).At("standing")
	}
	c := hearth.Credentials{Person: p.ID}
	invitation = a.invite(&c)
	return p, invitation, a.store.AddPerson(ctx, p, c, ownKey(p))
}

func checkPerson(p *hearth.Person) error {
	p.Name = strings.TrimSpace(p.Name)
	if err := checkLogin(p.Login); err != nil {
		return err
	}
	if err := checkName(p.Name); err != nil {
		return err
	}
	for _, s := range hearth.PersonStandings() {
		if p.Standing == s {
			return nil
		}
	}
	return hearth.NewError(hearth.NotOneOf, "field", "standing", "choices", "user, system, security, audit").At("standing")
}

// invite makes an invitation; one that was made before holds no longer.
func (a *Access) invite(c *hearth.Credentials) string {
	invitation := invitationPrefix + randomDigits(secretLen)
	c.Invitation, c.InvitationUntil = a.keyed(invitation), now().Add(invitationLife)
	return invitation
}

// People lists everybody.
func (a *Access) People(ctx context.Context) ([]Account, error) {
	people, err := a.store.People(ctx)
	if err != nil {
		return nil, err
	}
	credentials, err := a.store.Credentials(ctx, "")
	if err != nil {
		return nil, err
	}
	of := map[string]hearth.Credentials{}
	for _, c := range credentials {
		of[c.Person] = c
	}
	var list []Account
	for _, p := range people {
		list = append(list, account(p, of[p.ID]))
	}
	return list, nil
}

func account(p hearth.Person, c hearth.Credentials) Account {
	out := Account{Person: p, HasPassword: c.Password != "", SecondFactor: c.HasFactor(), Passkeys: c.Passkeys, Locked: future(c.Locked)}
	if c.TOTPProven {
		out.RecoveryCodes = len(c.Recovery)
	}
	if c.Invitation != nil {
		out.Invited = future(c.InvitationUntil)
	}
	return out
}

// Person finds somebody by id or login.
func (a *Access) Person(ctx context.Context, id string) (hearth.Person, error) {
	return a.store.Person(ctx, id)
}

// ChangePerson lets change change where somebody is, what they are called, and whether they
// are let in. Their standing is [Access.SetStanding]'s. Somebody who has a duty is not
// disabled by one person alone.
func (a *Access) ChangePerson(ctx context.Context, by hearth.Principal, id string, change func(*hearth.Person)) (hearth.Person, error) {
	was, err := a.store.Person(ctx, id)
	if err != nil {
		return was, err
	}
	p := was
	change(&p)
	p.ID, p.Standing, p.Created = was.ID, was.Standing, was.Created
	if err := checkPerson(&p); err != nil {
		return p, err
	}
	if was.Disabled.IsZero() != p.Disabled.IsZero() || was.Login != p.Login {
		if err := a.alone(ctx, by, was); err != nil {
			return p, err
		}
	}
	if err := a.store.ChangePerson(ctx, p); err != nil {
		return p, err
	}
	if !p.Disabled.IsZero() {
		return p, a.endSessions(ctx, p.ID)
	}
	return p, nil
}

// SetStanding gives somebody another standing. They sign in anew.
func (a *Access) SetStanding(ctx context.Context, by hearth.Principal, id string, s hearth.Standing) (hearth.Person, error) {
	p, err := a.store.Person(ctx, id)
	if err != nil {
		return p, err
	}
	if p.ID == by.Person {
		return p, hearth.NewError(hearth.OwnAffair)
	}
	p.Standing = s
	if err := checkPerson(&p); err != nil {
		return p, err
	}
	if err := a.store.ChangePerson(ctx, p); err != nil {
		return p, err
	}
	return p, a.endSessions(ctx, p.ID)
}

// Reset takes somebody's password, second factor and passkeys away, ends their sessions, and makes
// an invitation with which they choose anew.
func (a *Access) Reset(ctx context.Context, by hearth.Principal, id string) (invitation string, err error) {
	p, err := a.store.Person(ctx, id)
	if err != nil {
		return "", err
	}
	if err := a.alone(ctx, by, p); err != nil {
		return "", err
	}
	if err := a.store.RemovePasskey(ctx, p.ID, nil); err != nil {
		return "", err
	}
	if _, err := a.store.UpdateCredentials(ctx, p.ID, func(c *hearth.Credentials) error {
		c.Password, c.TOTP, c.TOTPProven, c.TOTPUsed, c.Recovery, c.Failures, c.Locked = "", nil, false, 0, nil, 0, time.Time{}
		invitation = a.invite(c)
		return nil
	}); err != nil {
		return "", err
	}
	return invitation, a.endSessions(ctx, p.ID)
}

// Unlock lets somebody try again who was wrong too often.
func (a *Access) Unlock(ctx context.Context, id string) error {
	p, err := a.store.Person(ctx, id)
	if err != nil {
		return err
	}
	_, err = a.store.UpdateCredentials(ctx, p.ID, func(c *hearth.Credentials) error {
		c.Failures, c.Locked = 0, time.Time{}
		return nil
	})
	return err
}

// RemovePerson forgets somebody, with their keys and sessions, and what is under way for
// them.
func (a *Access) RemovePerson(ctx context.Context, by hearth.Principal, id string) error {
	p, err := a.store.Person(ctx, id)
	if err != nil {
		return err
	}
	if err := a.alone(ctx, by, p); err != nil {
		return err
	}
	return a.store.RemovePerson(ctx, p.ID)
}

// alone refuses what nobody does alone: to themselves, and once the setting up is
// finished, to an administrator, whose place one could take with it.
func (a *Access) alone(ctx context.Context, by hearth.Principal, p hearth.Person) error {
	if p.ID == by.Person {
		return hearth.NewError(hearth.OwnAffair)
	}
	if !p.Standing.IsDuty() || by.Standing == hearth.StandingAdmin {
		return nil
	}
	return hearth.NewError(hearth.NeedsTwo)
}

func (a *Access) endSessions(ctx context.Context, person string) error {
	own, err := a.store.OwnKey(ctx, person)
	if err != nil {
		return err
	}
	return a.store.EndSessions(ctx, own)
}
