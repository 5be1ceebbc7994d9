package access_test

import (
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/access"
)

const password = "Correct-horse-9"

var root = hearth.Principal{Name: "root", Standing: hearth.StandingAdmin}

// is fails unless an error has a code; an empty one is no error.
func is(t *testing.T, what string, err error, want hearth.Code) {
	t.Helper()
	if want == "" && err != nil || want != "" && !errors.Is(err, hearth.NewError(want)) {
		t.Errorf("%s: %v, want %q", what, err, want)
	}
}

// member adds somebody who has chosen a password.
func member(t *testing.T, a *access.Access, login string, s hearth.Standing) hearth.Person {
	t.Helper()
	p, invitation, err := a.AddPerson(t.Context(), root, hearth.Person{Login: login, Name: "Name of " + login, Standing: s})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Accept(t.Context(), invitation, password); err != nil {
		t.Fatal(err)
	}
	return p
}

// signIn begins a session and returns what it is good for.
func signIn(t *testing.T, a *access.Access, login, code string) (token string, by hearth.Principal) {
	t.Helper()
	token, _, by, err := a.SignInPerson(t.Context(), hearth.Proof{Login: login, Password: password, Code: code})
	if err != nil {
		t.Fatalf("%s: %v", login, err)
	}
	return token, by
}

// authenticator is somebody's second factor.
type authenticator struct{ secret []byte }

// now is the code it shows.
func (x authenticator) now() string { return access.CodeAt(x.secret, time.Now()) }

// enrol gets somebody a second factor.
func enrol(t *testing.T, a *access.Access, by hearth.Principal) (x authenticator, recovery []string) {
	t.Helper()
	e, err := a.BeginSecondFactor(t.Context(), by, "")
	if err != nil {
		t.Fatal(err)
	}
	if x.secret, err = base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(e.Secret); err != nil {
		t.Fatal(err)
	}
	if recovery, err = a.ProveSecondFactor(t.Context(), by, x.now()); err != nil {
		t.Fatal(err)
	}
	return x, recovery
}

// officer is an administrator who can come in, and is signed in.
func officer(t *testing.T, a *access.Access, s hearth.Standing) (p hearth.Person, token string, by hearth.Principal) {
	t.Helper()
	p = member(t, a, string(s)+"-officer", s)
	token, by = signIn(t, a, p.Login, "")
	enrol(t, a, by)
	by, err := as(a, token)
	if err != nil {
		t.Fatal(err)
	}
	return p, token, by
}

func TestPasswords(t *testing.T) {
	a := open(t)
	_, invitation, err := a.AddPerson(t.Context(), root, hearth.Person{Login: "wangfang", Name: "王芳"})
	if err != nil {
		t.Fatal(err)
	}
	for bad, why := range map[string]string{
		"Short-1": "too short", "onlysmallletters": "too few kinds", "small and spaces": "too few kinds", "": "too short",
		"WangFang-2026!": "the name", "Aa1-\x00aaaaaaaaaa": "nobody types", "Aa1-" + strings.Repeat("x", 600): "too long", "Aa1-\xff\xffaaaaaaaaa": "nobody types",
	} {
		_, err := a.Accept(t.Context(), invitation, bad)
		if is(t, bad, err, hearth.PasswordWeak); err != nil && !strings.Contains(err.Error(), why) {
			t.Errorf("%.20q: %v, want %s", bad, err, why)
		}
	}
	if _, err := a.Accept(t.Context(), invitation, "一个很长的中文密码Aa1"); err != nil {
		t.Errorf("a long one in Chinese: %v", err)
	}
	_, err = a.Accept(t.Context(), invitation, password)
	is(t, "an invitation that was used", err, hearth.InvitationInvalid)
	_, err = a.Accept(t.Context(), "hi_"+strings.Repeat("0", 43), password)
	is(t, "an invitation of nobody", err, hearth.InvitationInvalid)
}

func TestOldPasswordsAreBarred(t *testing.T) {
	a := open(t)
	p := member(t, a, "li", hearth.StandingUser)
	current := password
	change := func(next string) error {
		_, _, by, err := a.SignInPerson(t.Context(), hearth.Proof{Login: p.Login, Password: current})
		if err != nil {
			t.Fatal(err)
		}
		err = a.ChangePassword(t.Context(), by, current, next)
		if err == nil {
			current = next
		}
		return err
	}
	for i := range 4 {
		is(t, "a new one", change(fmt.Sprint("Another-horse-", i)), "")
	}
	is(t, "the first of five", change(password), hearth.PasswordWeak)
	is(t, "the present one", change(current), hearth.PasswordWeak)
	is(t, "the sixth", change("Another-horse-9"), "")
	is(t, "the first, after five others", change(password), "")
	token, by := signIn(t, a, p.Login, "")
	is(t, "with a wrong old one", a.ChangePassword(t.Context(), by, "wrong", "Another-horse-10"), hearth.SignInRefused)
	is(t, "a change", a.ChangePassword(t.Context(), by, current, "Another-horse-10"), "")
	_, err := as(a, token)
	is(t, "the session that changed it", err, hearth.NoSession)
}

func TestPasswordsGrowOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t)
		member(t, a, "li", hearth.StandingUser)
		time.Sleep(90*24*time.Hour + time.Second)
		proof := hearth.Proof{Login: "LI", Password: password}
		_, _, _, err := a.SignInPerson(t.Context(), proof)
		is(t, "after 90 days", err, hearth.PasswordExpired)
		proof.NewPassword = password
		_, _, _, err = a.SignInPerson(t.Context(), proof)
		is(t, "with the same again", err, hearth.PasswordWeak)
		proof.NewPassword = "Another-horse-1"
		_, _, _, err = a.SignInPerson(t.Context(), proof)
		is(t, "with a new one", err, "")
		_, _, _, err = a.SignInPerson(t.Context(), hearth.Proof{Login: "li", Password: "Another-horse-1"})
		is(t, "from then on", err, "")
	})
}

// TestLocking: five wrong attempts in a row lock an account for half an hour, also for who
// is right; what is neither right nor wrong does not begin the count anew.
func TestLocking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t)
		p := member(t, a, "li", hearth.StandingUser)
		try := func(password, code string) error {
			_, _, _, err := a.SignInPerson(t.Context(), hearth.Proof{Login: "li", Password: password, Code: code})
			return err
		}
		for range 4 {
			is(t, "wrong", try("wrong", ""), hearth.SignInRefused)
		}
		is(t, "right", try(password, ""), "")
		for range 5 {
			is(t, "wrong", try("wrong", ""), hearth.SignInRefused)
		}
		is(t, "locked, which is told to nobody", try(password, ""), hearth.SignInRefused)
		time.Sleep(30*time.Minute + time.Second)
		is(t, "after half an hour", try(password, ""), "")
		for range 5 {
			is(t, "wrong again", try("wrong", ""), hearth.SignInRefused)
		}
		is(t, "unlocking", a.Unlock(t.Context(), p.ID), "")
		_, by := signIn(t, a, "li", "")
		x, _ := enrol(t, a, by)
		time.Sleep(time.Minute)
		for range 4 {
			is(t, "a wrong code", try(password, "000000"), hearth.SignInRefused)
			is(t, "no code", try(password, ""), hearth.CodeRequired)
		}
		is(t, "the fifth wrong code", try(password, "000000"), hearth.SignInRefused)
		is(t, "the right one then", try(password, x.now()), hearth.SignInRefused)
	})
}

// TestManyAtOnceGainNothing: attempts count before they are looked at, so that a right
// password among many wrong ones is not found when five came before it.
func TestManyAtOnceGainNothing(t *testing.T) {
	a := open(t)
	p := member(t, a, "li", hearth.StandingUser)
	var work sync.WaitGroup
	for range 12 {
		work.Go(func() {
			_, _, _, err := a.SignInPerson(context.Background(), hearth.Proof{Login: "li", Password: "wrong"})
			is(t, "wrong", err, hearth.SignInRefused)
		})
	}
	work.Wait()
	list, err := a.People(t.Context())
	if err != nil || len(list) != 1 || list[0].ID != p.ID || list[0].Locked.IsZero() {
		t.Errorf("%+v %v", list, err)
	}
	_, _, _, err = a.SignInPerson(t.Context(), hearth.Proof{Login: "li", Password: password})
	is(t, "the right one", err, hearth.SignInRefused)
}

func TestStrangersAreToldNothing(t *testing.T) {
	a := open(t)
	p := member(t, a, "li", hearth.StandingUser)
	for _, f := range []hearth.Proof{{Login: "nobody", Password: password}, {Login: p.ID, Password: password}, {Login: "", Password: password}, {Login: "li"}, {Login: "li", Password: "wrong", Code: "123456"}} {
		_, _, _, err := a.SignInPerson(t.Context(), f)
		is(t, fmt.Sprintf("%+v", f), err, hearth.SignInRefused)
	}
}

func TestSecondFactor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t)
		member(t, a, "li", hearth.StandingSystem)
		token, by := signIn(t, a, "li", "")
		if got := strings.Join(by.Rights().Names(), " "); got != "self" {
			t.Errorf("an administrator without a second factor may %s", got)
		}
		x, recovery := enrol(t, a, by)
		if by, err := as(a, token); err != nil || !by.May(hearth.RightServe) {
			t.Errorf("with one: %+v (%v)", by, err)
		}
		proof := hearth.Proof{Login: "li", Password: password, Code: x.now()}
		_, _, _, err := a.SignInPerson(t.Context(), proof)
		is(t, "the code that proved it, again", err, hearth.SignInRefused)
		time.Sleep(time.Minute)
		proof.Code = x.now()
		_, _, _, err = a.SignInPerson(t.Context(), proof)
		is(t, "the next", err, "")
		_, _, _, err = a.SignInPerson(t.Context(), proof)
		is(t, "twice", err, hearth.SignInRefused)
		for range 2 {
			proof.Code = " " + strings.ToLower(recovery[3]) + " "
			_, _, _, err = a.SignInPerson(t.Context(), proof)
			recovery[0], recovery[3] = recovery[3], recovery[0]
			is(t, "a recovery code", err, "")
		}
		proof.Code = recovery[0]
		_, _, _, err = a.SignInPerson(t.Context(), proof)
		is(t, "a recovery code, again", err, hearth.SignInRefused)
		me, err := a.Self(t.Context(), by)
		if err != nil || me.RecoveryCodes != 8 || !me.SecondFactor {
			t.Errorf("%+v (%v)", me, err)
		}
		_, err = a.BeginSecondFactor(t.Context(), by, "")
		is(t, "another authenticator without a code", err, hearth.SignInRefused)
		time.Sleep(time.Minute)
		_, err = a.BeginSecondFactor(t.Context(), by, x.now())
		is(t, "with one", err, "")
	})
}

// TestThreeAdministrators sets an appliance up and looks at who may do what to whom then.
func TestThreeAdministrators(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, a := t.Context(), open(t)
		first, k, err := a.Create(ctx, "first", hearth.StandingAdmin, 0)
		if err != nil {
			t.Fatal(err)
		}
		is(t, "too early", a.FinishSetup(ctx), hearth.SetupIncomplete)
		system, _, bySystem := officer(t, a, hearth.StandingSystem)
		security, _, bySecurity := officer(t, a, hearth.StandingSecurity)
		is(t, "with two of them", a.FinishSetup(ctx), hearth.SetupIncomplete)
		auditor, _, byAuditor := officer(t, a, hearth.StandingAudit)
		is(t, "revoking the last key", a.Revoke(ctx, k.ID), hearth.LastAdmin)
		is(t, "with three", a.FinishSetup(ctx), "")
		is(t, "twice", a.FinishSetup(ctx), hearth.SetupFinished)
		_, err = as(a, first)
		is(t, "the first key", err, hearth.InvalidKey)
		_, _, err = a.Create(ctx, "another", hearth.StandingAdmin, 0)
		is(t, "another key for everything", err, hearth.SetupFinished)
		_, _, err = a.Issue(ctx, hearth.Key{Name: "a duty's", Standing: hearth.StandingAudit}, 0)
		is(t, "a key of a duty that is nobody's", err, hearth.NotOneOf)

		// Accounts are the system administrator's, standings the security administrator's.
		_, _, err = a.AddPerson(ctx, bySystem, hearth.Person{Login: "spy", Name: "n", Standing: hearth.StandingAudit})
		is(t, "an auditor added by system", err, hearth.AnotherDuty)
		p, _, err := a.AddPerson(ctx, bySystem, hearth.Person{Login: "teller", Name: "n"})
		is(t, "a user", err, "")
		_, err = a.SetStanding(ctx, bySecurity, security.ID, hearth.StandingSystem)
		is(t, "one's own standing", err, hearth.OwnAffair)
		_, err = a.SetStanding(ctx, bySecurity, system.ID, hearth.StandingAudit)
		is(t, "leaving nobody as system", err, hearth.LastOfDuty)
		_, err = a.SetStanding(ctx, bySecurity, p.ID, hearth.StandingAdmin)
		is(t, "everything", err, hearth.NotOneOf)
		_, err = a.SetStanding(ctx, bySecurity, p.ID, hearth.StandingAudit)
		is(t, "a second auditor", err, "")
		_, err = a.SetStanding(ctx, bySecurity, auditor.ID, hearth.StandingUser)
		is(t, "the first one goes", err, "")
		is(t, "and the second stays", a.RemovePerson(ctx, root, p.ID), hearth.LastOfDuty)
		_, err = a.SetStanding(ctx, bySecurity, auditor.ID, hearth.StandingAudit)
		is(t, "the first one is back", err, "")

		// Nobody takes another administrator's place alone.
		for _, by := range []hearth.Principal{bySystem, bySecurity, byAuditor} {
			for _, p := range []hearth.Person{system, security, auditor} {
				want := hearth.NeedsTwo
				if p.ID == by.Person {
					want = hearth.OwnAffair
				}
				_, err := a.Reset(ctx, by, p.ID)
				is(t, "a reset", err, want)
				is(t, "a removal", a.RemovePerson(ctx, by, p.ID), want)
				_, err = a.ChangePerson(ctx, by, p.ID, func(p *hearth.Person) { p.Disabled = time.Now() })
				is(t, "disabling", err, want)
			}
		}
	})
}

// TestEmergency: two administrators of different duties make one of them an administrator
// of everything, until it ends.
func TestEmergency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, a := t.Context(), open(t)
		a.Policy.SessionIdle = 0 // which is another matter
		system, token, bySystem := officer(t, a, hearth.StandingSystem)
		_, _, bySecurity := officer(t, a, hearth.StandingSecurity)
		auditor, _, byAuditor := officer(t, a, hearth.StandingAudit)
		is(t, "setting up", a.FinishSetup(ctx), "")
		for _, by := range []hearth.Principal{{KeyID: "k", Standing: hearth.StandingSystem}, {Person: "p", Standing: hearth.StandingUser},
			{Person: system.ID, Standing: hearth.StandingSystem, Only: hearth.RightWatch}} {
			_, err := a.AskEmergency(ctx, by, "the disk is full", time.Hour)
			is(t, "asked by a key", err, hearth.NotAllowed)
		}
		_, err := a.AskEmergency(ctx, bySystem, "why", time.Hour)
		is(t, "without a reason", err, hearth.OutOfRange)
		_, err = a.AskEmergency(ctx, bySystem, "the disk is full", 5*time.Hour)
		is(t, "for half a day", err, hearth.OutOfRange)
		e, err := a.AskEmergency(ctx, bySystem, "the disk is full", time.Hour)
		is(t, "asked", err, "")
		_, err = a.ApproveEmergency(ctx, bySystem, e.ID)
		is(t, "approved by oneself", err, hearth.OwnAffair)
		_, err = a.ApproveEmergency(ctx, byAuditor, "e_nothing")
		is(t, "of none", err, hearth.NoSuchEmergency)
		if by, _ := as(a, token); by.May(hearth.RightAudit) {
			t.Error("it began without the other one")
		}
		_, err = a.ApproveEmergency(ctx, byAuditor, e.ID)
		is(t, "approved", err, "")
		_, err = a.ApproveEmergency(ctx, bySecurity, e.ID)
		is(t, "approved twice", err, hearth.NoSuchEmergency)
		by, err := as(a, token)
		if err != nil || by.Standing != hearth.StandingAdmin || !by.May(hearth.RightSetup) {
			t.Errorf("in an emergency: %+v (%v)", by, err)
		}
		_, err = a.Reset(ctx, by, auditor.ID)
		is(t, "what takes two", err, "")
		time.Sleep(time.Hour)
		if by, err := as(a, token); err != nil || by.Standing != hearth.StandingSystem {
			t.Errorf("after it: %+v (%v)", by, err)
		}
		e, err = a.AskEmergency(ctx, bySystem, "once more", time.Hour)
		is(t, "asked again", err, "")
		time.Sleep(31 * time.Minute)
		_, err = a.ApproveEmergency(ctx, bySecurity, e.ID)
		is(t, "approved too late", err, hearth.NoSuchEmergency)
		e, _ = a.AskEmergency(ctx, bySystem, "a third time", time.Hour)
		_, err = a.ApproveEmergency(ctx, bySecurity, e.ID)
		is(t, "approved", err, "")
		is(t, "ended", a.EndEmergency(ctx, e.ID), "")
		if by, err := as(a, token); err != nil || by.Standing != hearth.StandingSystem {
			t.Errorf("after its end: %+v (%v)", by, err)
		}
	})
}

// TestOwnKeys: a person's key does some of what they may, is theirs alone, and falls with
// their standing.
func TestOwnKeys(t *testing.T) {
	ctx, a := t.Context(), open(t)
	_, _, bySystem := officer(t, a, hearth.StandingSystem)
	p := member(t, a, "li", hearth.StandingUser)
	_, by := signIn(t, a, "li", "")
	_, _, err := a.IssueOwn(ctx, by, hearth.Key{Name: "too much", Only: hearth.RightServe}, 0)
	is(t, "more than one may", err, hearth.NotOneOf)
	_, _, err = a.IssueOwn(ctx, by, hearth.Key{Name: "oneself", Only: hearth.RightSelf}, 0)
	is(t, "what only people do", err, hearth.NotOneOf)
	secret, k, err := a.IssueOwn(ctx, by, hearth.Key{Name: "script", Standing: hearth.StandingAdmin, Tenant: "t_other", Person: "p_other", Models: "qwen*"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	got, err := as(a, secret)
	if err != nil || got.Person != p.ID || got.Tenant != hearth.TenantMain || got.Rights() != hearth.RightAsk || got.MayUse("llama") || !got.MayUse("Qwen3/8b") {
		t.Errorf("%+v (%v)", got, err)
	}
	if got.May(hearth.RightSelf) {
		t.Error("a key may make another")
	}
	is(t, "revoked by another one", a.RevokeOwn(ctx, bySystem, k.ID), hearth.NoSuchKey)
	if list, err := a.ListOwn(ctx, bySystem); err != nil || len(list) != 0 {
		t.Errorf("another one's keys: %v (%v)", list, err)
	}
	is(t, "limited to everything", a.Limit(ctx, k.ID, 0, ""), "")
	if got, err := as(a, secret); err != nil || got.May(hearth.RightSelf) || !got.MayUse("llama") {
		t.Errorf("%+v (%v)", got, err)
	}
	_, err = a.SetStanding(ctx, root, p.ID, hearth.StandingAudit)
	is(t, "another standing", err, "")
	_, err = as(a, secret)
	is(t, "the key of an administrator without a second factor", err, hearth.InvalidKey)
	is(t, "revoked by oneself", a.RevokeOwn(ctx, hearth.Principal{Person: p.ID}, k.ID), "")
	is(t, "by nobody", a.RevokeOwn(ctx, hearth.Principal{}, k.ID), hearth.NotAllowed)
}

func TestTenants(t *testing.T) {
	ctx, a := t.Context(), open(t)
	branch, err := a.AddTenant(ctx, "分行", "qwen*")
	is(t, "a tenant", err, "")
	_, err = a.AddTenant(ctx, "分行", "")
	is(t, "its name again", err, hearth.NameTaken)
	credit, err := a.AddDepartment(ctx, branch.ID, "信贷部")
	is(t, "a department", err, "")
	_, err = a.AddDepartment(ctx, "t_nothing", "信贷部")
	is(t, "a department of nothing", err, hearth.NoSuchTenant)
	_, _, err = a.Issue(ctx, hearth.Key{Name: "n", Standing: hearth.StandingUser, Department: credit.ID}, 0)
	is(t, "another tenant's department", err, hearth.NoSuchDepartment)
	secret, _, err := a.Issue(ctx, hearth.Key{Name: "n", Standing: hearth.StandingUser, Tenant: branch.ID, Department: credit.ID}, 0)
	is(t, "a key", err, "")
	by, err := as(a, secret)
	if err != nil || by.Tenant != branch.ID || by.Department != credit.ID || by.MayUse("llama") || !by.MayUse("qwen3") {
		t.Errorf("%+v (%v)", by, err)
	}
	// Somebody who moves leaves nothing behind.
	guest, err := a.AddTenant(ctx, "guests", "")
	is(t, "another tenant", err, "")
	p, _, err := a.AddPerson(ctx, root, hearth.Person{Login: "li", Name: "Li", Tenant: guest.ID})
	is(t, "somebody of it", err, "")
	is(t, "removing it", a.RemoveTenant(ctx, guest.ID), hearth.StillUsed)
	_, err = a.ChangePerson(ctx, root, p.ID, func(p *hearth.Person) { p.Tenant, p.Department = branch.ID, credit.ID })
	is(t, "moving", err, "")
	is(t, "removing it then", a.RemoveTenant(ctx, guest.ID), "")
	is(t, "removing what is used", a.RemoveTenant(ctx, branch.ID), hearth.StillUsed)
	is(t, "removing a department that is used", a.RemoveDepartment(ctx, credit.ID), hearth.StillUsed)
	is(t, "removing the main one", a.RemoveTenant(ctx, hearth.TenantMain), hearth.StillUsed)
	_, err = a.ChangeTenant(ctx, branch.ID, func(x *hearth.Tenant) { x.Disabled = time.Now() })
	is(t, "disabling", err, "")
	_, err = as(a, secret)
	is(t, "a key of a tenant that is disabled", err, hearth.InvalidKey)
	_, err = a.ChangeTenant(ctx, hearth.TenantMain, func(x *hearth.Tenant) { x.Disabled = time.Now() })
	is(t, "disabling the main one", err, hearth.StillUsed)
}

// TestWhatIsUnderWayEnds: once somebody may no longer, what is done for them ends within a
// second, with the reason.
func TestWhatIsUnderWayEnds(t *testing.T) {
	type given struct {
		credential string
		stop       func(ctx context.Context, a *access.Access) error
	}
	nothing := func(context.Context, *access.Access) error { return nil }
	for name, make := range map[string]func(t *testing.T, a *access.Access) given{
		"a key is revoked": func(t *testing.T, a *access.Access) given {
			secret, k, _ := a.Create(t.Context(), "n", hearth.StandingUser, 0)
			return given{secret, func(ctx context.Context, a *access.Access) error { return a.Revoke(ctx, k.ID) }}
		},
		"a key expires": func(t *testing.T, a *access.Access) given {
			secret, _, _ := a.Create(t.Context(), "n", hearth.StandingUser, time.Second)
			return given{secret, nothing}
		},
		"a key is limited": func(t *testing.T, a *access.Access) given {
			secret, k, _ := a.Create(t.Context(), "n", hearth.StandingUser, 0)
			return given{secret, func(ctx context.Context, a *access.Access) error { return a.Limit(ctx, k.ID, 0, "other") }}
		},
		"a session is ended": func(t *testing.T, a *access.Access) given {
			member(t, a, "li", hearth.StandingUser)
			token, _ := signIn(t, a, "li", "")
			return given{token, func(ctx context.Context, a *access.Access) error { return a.SignOut(ctx, token) }}
		},
		"a person is disabled": func(t *testing.T, a *access.Access) given {
			p := member(t, a, "li", hearth.StandingUser)
			_, by := signIn(t, a, "li", "")
			secret, _, _ := a.IssueOwn(t.Context(), by, hearth.Key{Name: "n"}, 0)
			return given{secret, func(ctx context.Context, a *access.Access) error {
				_, err := a.ChangePerson(ctx, root, p.ID, func(p *hearth.Person) { p.Disabled = time.Now() })
				return err
			}}
		},
		"a person is removed": func(t *testing.T, a *access.Access) given {
			p := member(t, a, "li", hearth.StandingUser)
			token, _ := signIn(t, a, "li", "")
			return given{token, func(ctx context.Context, a *access.Access) error { return a.RemovePerson(ctx, root, p.ID) }}
		},
		"a standing changes": func(t *testing.T, a *access.Access) given {
			p, token, _ := officer(t, a, hearth.StandingAudit)
			return given{token, func(ctx context.Context, a *access.Access) error {
				_, err := a.SetStanding(ctx, root, p.ID, hearth.StandingUser)
				return err
			}}
		},
		"a tenant is disabled": func(t *testing.T, a *access.Access) given {
			x, _ := a.AddTenant(t.Context(), "branch", "")
			secret, _, _ := a.Issue(t.Context(), hearth.Key{Name: "n", Standing: hearth.StandingUser, Tenant: x.ID}, 0)
			return given{secret, func(ctx context.Context, a *access.Access) error {
				_, err := a.ChangeTenant(ctx, x.ID, func(x *hearth.Tenant) { x.Disabled = time.Now() })
				return err
			}}
		},
		"an emergency ends": func(t *testing.T, a *access.Access) given {
			_, token, by := officer(t, a, hearth.StandingSystem)
			_, _, other := officer(t, a, hearth.StandingAudit)
			e, _ := a.AskEmergency(t.Context(), by, "a reason", time.Minute)
			if _, err := a.ApproveEmergency(t.Context(), other, e.ID); err != nil {
				t.Fatal(err)
			}
			time.Sleep(59 * time.Second)
			return given{token, nothing}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := open(t)
				a.Policy.SessionIdle = 0 // which is another matter
				g := make(t, a)
				bystander, _, _ := a.Create(t.Context(), "bystander", hearth.StandingUser, 0)
				watching, stop := context.WithCancel(t.Context())
				go a.Watch(watching)
				held, release := hold(t, a, g.credential)
				other, releaseOther := hold(t, a, bystander)
				time.Sleep(600 * time.Millisecond)
				if err := context.Cause(held); err != nil {
					t.Fatalf("it ended before: %v", err)
				}
				is(t, "stopping", g.stop(t.Context(), a), "")
				time.Sleep(500 * time.Millisecond)
				if e := hearth.AsError(context.Cause(held)); held.Err() == nil || e.Kind() != hearth.KindUnauthenticated {
					t.Errorf("half a second later: %v", context.Cause(held))
				}
				if other.Err() != nil {
					t.Errorf("somebody else's ended: %v", context.Cause(other))
				}
				release()
				releaseOther()
				stop()
			})
		})
	}
}

// hold lets a credential in and begins something for it.
func hold(t *testing.T, a *access.Access, credential string) (context.Context, func()) {
	t.Helper()
	h := http.Header{"X-Api-Key": {credential}}
	by, err := a.Authenticate(t.Context(), h.Values)
	if err != nil {
		t.Fatal(err)
	}
	return a.Hold(t.Context(), by, h.Values)
}

// TestRevokedInBetween: what happens between letting in and beginning is not missed.
func TestRevokedInBetween(t *testing.T) {
	a := open(t)
	secret, k, err := a.Create(t.Context(), "n", hearth.StandingUser, 0)
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{"X-Api-Key": {secret}}
	by, err := a.Authenticate(t.Context(), h.Values)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Revoke(t.Context(), k.ID); err != nil {
		t.Fatal(err)
	}
	ctx, release := a.Hold(t.Context(), by, h.Values)
	defer release()
	is(t, "begun after", context.Cause(ctx), hearth.InvalidKey)
}

// TestPermit: a model that who asks may not use is not there.
func TestPermit(t *testing.T) {
	asked := 0
	g := access.Permit(hearth.GeneratorFunc(func(context.Context, *hearth.Request) iter.Seq2[hearth.Chunk, error] {
		asked++
		return func(func(hearth.Chunk, error) bool) {}
	}))
	by := hearth.Principal{Models: "qwen*,team/*", TenantModels: "*3*"}
	for model, want := range map[string]hearth.Code{"qwen3": "", "QWEN3-8B": "", "qwen2": hearth.NoSuchModel, "llama3": hearth.NoSuchModel, "team/x/3": "", "": hearth.NoSuchModel} {
		was := asked
		var err error
		for _, err = range g.Generate(t.Context(), &hearth.Request{Model: model, By: by}) {
		}
		if is(t, model, err, want); (asked > was) != (want == "") {
			t.Errorf("%q was passed on: %v", model, asked > was)
		}
	}
}
