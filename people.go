package hearth

import (
	"path"
	"slices"
	"strings"
	"time"
)

// TenantMain is the tenant that is always there: of keys and people nobody has put into
// another one.
const TenantMain = "main"

// Tenant is a house of its own in the appliance: its people and keys may be held to some
// of the models, and what they use is counted apart.
type Tenant struct {
	ID       string
	Name     string // unique
	Models   ModelList
	Created  time.Time
	Disabled time.Time // since when nobody of it is let in; zero: it is not
}

// Department is a part of a tenant.
type Department struct {
	ID      string
	Tenant  string
	Name    string // unique in the tenant; 总行/信贷部 where there are levels
	Created time.Time
}

// Person is somebody who can be let in by name. Each has one standing.
type Person struct {
	ID         string
	Tenant     string // id
	Department string // id, or empty
	Login      string // unique in the appliance, whatever the case
	Name       string
	Standing   Standing
	Created    time.Time
	Disabled   time.Time // since when they are not let in; zero: they are
}

// Standing is what somebody is on the appliance; [Standing.Rights] says what that means.
type Standing string

// The standings. The three administrators are three people: nobody is two of them, and
// each sees to what the others do. [StandingAdmin] is all of them in one, for setting an
// appliance up, and for two people together in an emergency.
const (
	StandingUser     Standing = "user"     // uses models
	StandingSystem   Standing = "system"   // keeps the appliance running: models, accounts
	StandingSecurity Standing = "security" // says who may what, and what may pass
	StandingAudit    Standing = "audit"    // reads what the others have done
	StandingAdmin    Standing = "admin"
)

// PersonStandings lists those that people can have.
func PersonStandings() []Standing {
	return []Standing{StandingUser, StandingSystem, StandingSecurity, StandingAudit}
}

// IsDuty reports whether it is that of one of the three administrators.
func (s Standing) IsDuty() bool {
	return s == StandingSystem || s == StandingSecurity || s == StandingAudit
}

// Rights is a set of things that somebody may do. Every route of every door names those
// it is for, and this table is all there is to say who has them.
type Rights uint16

// The rights.
const (
	RightAsk    Rights = 1 << iota // ask models
	RightSelf                      // one's own password, second factor and keys
	RightWatch                     // see the state of the appliance and who waits
	RightServe                     // models: bring them here, load them
	RightPeople                    // tenants, departments, accounts, ordinary keys
	RightGrant                     // standings, what keys and tenants may use
	RightGuard                     // what may pass
	RightAudit                     // what was recorded
	RightSetup                     // end the setting up

	// RightNone is of routes for everybody who is known.
	RightNone Rights = 0

	// nothing is a right that no standing has: a set that is not empty and opens nothing.
	nothing Rights = 1 << 15
)

var rightNames = []string{"ask", "self", "watch", "serve", "people", "grant", "guard", "audit", "setup"}

// Rights are what a standing brings with it.
func (s Standing) Rights() Rights {
	switch s {
	case StandingUser:
		return RightAsk | RightSelf
	case StandingSystem:
		return RightAsk | RightSelf | RightWatch | RightServe | RightPeople
	case StandingSecurity:
		return RightAsk | RightSelf | RightWatch | RightGrant | RightGuard
	case StandingAudit:
		return RightAsk | RightSelf | RightWatch | RightAudit
	case StandingAdmin:
		return 1<<len(rightNames) - 1
	}
	return RightNone
}

// Names lists the rights of a set.
func (r Rights) Names() []string {
	names := []string{}
	for i, n := range rightNames {
		if r&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return names
}

// ParseRights reads names of rights.
func ParseRights(names []string) (r Rights, err error) {
	for _, n := range names {
		i := slices.Index(rightNames, n)
		if i < 0 {
			return 0, NewError(NotOneOf, "field", "rights", "choices", strings.Join(rightNames, ", ")).At("rights")
		}
		r |= 1 << i
	}
	return r, nil
}

// ModelList is which models may be used: names separated by commas, in which * stands for
// anything. The empty one is all models.
type ModelList string

// Limits of a list of models.
const modelListBytesMax = 4096

// ParseModelList makes a list of names.
func ParseModelList(names []string) (ModelList, error) {
	var list []string
	for _, n := range names {
		n = strings.TrimSpace(n)
		if n == "" || strings.ContainsAny(n, ",[\\") {
			return "", NewError(InvalidValue, "field", "models", "detail", Words{"a name is empty or has a comma or a bracket", "名称为空，或含有逗号、方括号"}).At("models")
		}
		list = append(list, n)
	}
	text := strings.Join(list, ",")
	if len(text) > modelListBytesMax {
		return "", NewError(OutOfRange, "field", "the length of models", "min", 0, "max", modelListBytesMax).At("models")
	}
	return ModelList(text), nil
}

// Names are the names in it.
func (l ModelList) Names() []string {
	if l == "" {
		return []string{}
	}
	return strings.Split(string(l), ",")
}

// Allows reports whether a model of that name may be used.
func (l ModelList) Allows(model string) bool {
	if l == "" {
		return true
	}
	// path.Match stops at slashes, which are letters like others in names of models.
	plain := strings.NewReplacer("/", "\x00", "?", "\x01")
	model = plain.Replace(strings.ToLower(model))
	for _, pattern := range l.Names() {
		if ok, _ := path.Match(plain.Replace(strings.ToLower(pattern)), model); ok {
			return true
		}
	}
	return false
}

// Principal is who asks: a key, and whose it is. Principals that are equal may do the
// same.
type Principal struct {
	KeyID    string
	Name     string // of the person, or of a key that is nobody's
	Standing Standing
	Only     Rights // fewer than the standing has; 0: all of them

	Tenant     string // id
	Department string // id; empty: none
	Person     string // id; empty where the key is nobody's

	Models       ModelList // that the key may use
	TenantModels ModelList // that its tenant may use
}

// Rights are what the principal may do.
func (p Principal) Rights() Rights {
	if p.Only != 0 {
		return p.Standing.Rights() & p.Only
	}
	return p.Standing.Rights()
}

// May reports whether the principal has one of the rights, or none is needed.
func (p Principal) May(any Rights) bool { return any == RightNone || p.Rights()&any != 0 }

// Check is an error of code [NotAllowed] where the principal has none of the rights.
func (p Principal) Check(any Rights) error {
	if p.May(any) {
		return nil
	}
	return NewError(NotAllowed)
}

// MayUse reports whether the principal may know of a model. Others are not there for
// them.
func (p Principal) MayUse(model string) bool {
	return p.Models.Allows(model) && p.TenantModels.Allows(model)
}

// Key is an API key as the appliance remembers it: never the secret, only a keyed
// hash of it. A key without a hash is one that nobody holds: a person's sessions in the
// console act by it.
type Key struct {
	ID       string
	Name     string
	Standing Standing // of the person, where it is one's
	Only     Rights   // fewer than the standing has; 0: all of them
	Models   ModelList

	Tenant     string // id; of the person, where it is one's
	Department string // id; of the person, where it is one's
	Person     string // id; empty: it is nobody's

	Hash    []byte
	Created time.Time
	Expires time.Time // zero: never
}

// IsOwn reports whether it is the key that a person's sessions act by.
func (k Key) IsOwn() bool { return k.Person != "" && len(k.Hash) == 0 }

// Principal is who asks with the key. One's own affairs are seen to by the key that one's
// sessions act by, and by no other: who finds a key can't make another.
func (k Key) Principal() Principal {
	p := Principal{KeyID: k.ID, Name: k.Name, Standing: k.Standing, Only: k.Only, Models: k.Models,
		Tenant: k.Tenant, Department: k.Department, Person: k.Person}
	if k.IsOwn() {
		return p
	}
	if p.Only = p.Rights() &^ RightSelf; p.Only == 0 {
		p.Only = nothing
	}
	return p
}

// Holding is a key with what whose it is makes of it.
type Holding struct {
	Key
	Holder        string // name of the person, where it is one's
	TenantModels  ModelList
	Barred        bool      // its person or its tenant is disabled
	SecondFactor  bool      // its person has one, or a passkey, which is two in one
	EmergencyEnds time.Time // until when its person is an administrator of everything; zero: they are not
}

// Credentials are how a person proves who they are: hashes, and a secret that is sealed.
type Credentials struct {
	Person string // id

	Password        string   // as argon2id's are written; empty: there is none yet
	PasswordsBefore []string // the latest, newest first
	PasswordSet     time.Time

	TOTP       []byte // sealed; nil: there is none
	TOTPProven bool   // a code of it was shown
	TOTPUsed   int64  // the last step of 30 s since 1970 whose code was taken

	Recovery []string // hashes of the codes that are left

	Invitation      []byte // hash of a code that lets the person choose a password; nil: there is none
	InvitationUntil time.Time

	Failures int       // wrong passwords and codes in a row
	Locked   time.Time // until when no password counts

	Passkeys int // how many there are; kept apart
}

// HasFactor reports whether a password alone does not let in.
func (c Credentials) HasFactor() bool { return c.TOTPProven || c.Passkeys > 0 }

// Passkey is a key that a browser, a phone or a token holds for a person, to sign in with:
// the holder checks who uses it, so that it is two factors in one (W3C WebAuthn).
type Passkey struct {
	ID      []byte // as its holder calls it
	Person  string // id
	Name    string
	Site    string // the host it is for
	Record  []byte // its public key, counter and flags, as JSON
	Created time.Time
	Used    time.Time // last; zero: never
}

// Proof is what somebody signs in with. Code is of the second factor, where they have one;
// NewPassword takes the place of one that is too old.
type Proof struct {
	Login, Password, Code, NewPassword string
}

// Emergency makes a person an administrator of everything for a while, once another one
// has approved it.
type Emergency struct {
	ID         string
	Person     string // who asked, and gets it
	Reason     string
	Asked      time.Time
	Lasts      time.Duration // from the approval on
	ApprovedBy string
	Expires    time.Time // zero: nobody has approved it
}

// Session lets a browser act for the holder of a key, until it expires or is ended, or
// the key is: the appliance remembers a keyed hash of what the browser holds.
type Session struct {
	Hash    []byte
	KeyID   string
	Created time.Time
	Used    time.Time // last, to the minute
	Expires time.Time
}
