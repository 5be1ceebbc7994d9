package access

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

// Identities remembers who people are in directories elsewhere.
type Identities interface {
	Identified(ctx context.Context, directory, subject string) (person string, err error)
	AddIdentified(ctx context.Context, p hearth.Person, c hearth.Credentials, own hearth.Key, directory, subject string) error
	Identity(ctx context.Context, directory, person string) (subject string, err error)
}

// Outsider is somebody whom a directory elsewhere vouches for.
type Outsider struct {
	Directory string // as the configuration calls it
	Subject   string // as the directory calls them, for good
	Login     string
	Name      string
	Tenant    string // id; empty: the main one
	// Department is the id or the name of one of the tenant's, empty: none is said, and
	// what is here stays. One that is not there is none.
	Department string
}

// subjectBytesMax bounds what a directory calls somebody.
const subjectBytesMax = 512

// SignInOutsider begins a session for somebody whom a directory vouches for. Who was not
// here before becomes a user: a directory says who somebody is and where, never that they
// have a duty. Who has one proves it here, with a factor of this appliance's own, so that
// nobody becomes an administrator by another house's word. Somebody who is here by another
// way is not taken over because a directory calls another one the same.
func (a *Access) SignInOutsider(ctx context.Context, o Outsider) (token string, s hearth.Session, by hearth.Principal, err error) {
	p, err := a.outsider(ctx, o)
	if err != nil {
		return "", s, by, err
	}
	if p.Standing.IsDuty() {
		return "", s, by, hearth.NewError(hearth.DutySignsInHere)
	}
	return a.letIn(ctx, p.ID)
}

// letIn begins a session for a person.
func (a *Access) letIn(ctx context.Context, person string) (token string, s hearth.Session, by hearth.Principal, err error) {
	own, err := a.store.OwnKey(ctx, person)
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
	token, s, err = a.begin(ctx, own, personalLife)
	return token, s, a.principal(h), err
}

// outsider finds who somebody is here, or adds them, and keeps what the directory says of
// them up to date.
func (a *Access) outsider(ctx context.Context, o Outsider) (p hearth.Person, err error) {
	if o.Tenant == "" {
		o.Tenant = hearth.TenantMain
	}
	o.Login, o.Name = strings.TrimSpace(o.Login), strings.TrimSpace(o.Name)
	if o.Name == "" {
		o.Name = o.Login
	}
	if o.Directory == "" || o.Subject == "" || len(o.Subject) > subjectBytesMax {
		return p, hearth.NewError(hearth.DirectoryFailed, "directory", o.Directory).Because(errors.New("it does not say who they are"))
	}
	department, err := a.departmentOf(ctx, o)
	if err != nil {
		return p, err
	}
	id, err := a.store.Identified(ctx, o.Directory, o.Subject)
	if errors.Is(err, hearth.NewError(hearth.NoSuchPerson)) {
		return a.addOutsider(ctx, o, department)
	}
	if err != nil {
		return p, err
	}
	if p, err = a.store.Person(ctx, id); err != nil {
		return p, err
	}
	was := p
	if checkName(o.Name) == nil {
		p.Name = o.Name
	}
	if department != "" && p.Tenant == o.Tenant {
		p.Department = department
	}
	if p == was {
		return p, nil
	}
	return p, a.store.ChangePerson(ctx, p)
}

func (a *Access) addOutsider(ctx context.Context, o Outsider, department string) (hearth.Person, error) {
	p := hearth.Person{ID: "p_" + randomDigits(idLen), Tenant: o.Tenant, Department: department, Login: o.Login, Name: o.Name,
		Standing: hearth.StandingUser, Created: now()}
	if err := checkPerson(&p); err != nil {
		return p, err
	}
	return p, a.store.AddIdentified(ctx, p, hearth.Credentials{Person: p.ID}, ownKey(p), o.Directory, o.Subject)
}

// departmentOf is the id of the department that a directory says.
func (a *Access) departmentOf(ctx context.Context, o Outsider) (string, error) {
	if o.Department == "" {
		return "", nil
	}
	all, err := a.store.Departments(ctx)
	for _, d := range all {
		if d.Tenant == o.Tenant && (d.ID == o.Department || d.Name == o.Department) {
			return d.ID, err
		}
	}
	return "", err
}

// ownKey is the key that a new person's sessions act by.
func ownKey(p hearth.Person) hearth.Key {
	return hearth.Key{ID: randomDigits(idLen), Name: p.Login, Standing: hearth.StandingUser, Tenant: p.Tenant, Department: p.Department, Person: p.ID, Hash: []byte{}, Created: p.Created}
}

// Checker asks a directory whether a name and a password belong together. Who is not
// vouched for is an error of code [hearth.SignInRefused].
type Checker interface {
	Name() string
	Check(ctx context.Context, login, password string) (Outsider, error)
}

// byDirectory is who somebody is by what the directory says of a name and a password: one
// it knows, who is here by it or not yet. Those who have a password here are not asked for there.
func (a *Access) byDirectory(ctx context.Context, f hearth.Proof, p hearth.Person, known bool) (hearth.Person, error) {
	o, err := a.Directory.Check(ctx, f.Login, f.Password)
	if err != nil {
		return p, err
	}
	if known {
		subject, err := a.store.Identity(ctx, a.Directory.Name(), p.ID)
		if err != nil {
			return p, err
		}
		if subject != o.Subject {
			return p, hearth.NewError(hearth.SignInRefused)
		}
	}
	return a.outsider(ctx, o)
}

// passwordRight reports whether a password is somebody's, by what is kept here, or where
// nothing is, by the directory. Who comes that way for the first time is somebody then.
func (a *Access) passwordRight(ctx context.Context, f hearth.Proof, p hearth.Person, c hearth.Credentials, known bool) (hearth.Person, bool, error) {
	right, err := a.isPassword(ctx, f.Password, c.Password)
	if err != nil || right || a.Directory == nil || c.Password != "" || f.Password == "" {
		return p, right, err
	}
	q, err := a.byDirectory(ctx, f, p, known)
	if errors.Is(err, hearth.NewError(hearth.SignInRefused)) {
		return p, false, nil
	}
	return q, err == nil, err
}

// stale reports whether a password has to be changed. One that a directory keeps is its own affair.
func (a *Access) stale(c hearth.Credentials) bool {
	age := a.Policy.PasswordAge
	return c.Password != "" && age > 0 && time.Since(c.PasswordSet) > age
}
