package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/access"
)

// Person is somebody as this door shows them: nothing of what they sign in with.
type Person struct {
	ID            string     `json:"id"`
	Login         string     `json:"login" doc:"What they sign in with"`
	Name          string     `json:"name"`
	Standing      string     `json:"standing" enum:"user,system,security,audit"`
	Tenant        string     `json:"tenant" doc:"Id"`
	Department    string     `json:"department,omitempty" doc:"Id"`
	Created       time.Time  `json:"created"`
	Disabled      *time.Time `json:"disabled,omitempty" doc:"Since when they are not let in"`
	HasPassword   bool       `json:"has_password"`
	SecondFactor  bool       `json:"second_factor" doc:"A password alone does not let them in: they have shown a code, or have a passkey"`
	Passkeys      int        `json:"passkeys"`
	RecoveryCodes int        `json:"recovery_codes" doc:"That are left"`
	Invited       *time.Time `json:"invited_until,omitempty" doc:"Until when their invitation holds"`
	Locked        *time.Time `json:"locked_until,omitempty" doc:"After too many wrong attempts"`
	ETag          string     `json:"etag" doc:"For If-Match, when it is changed"`
}

// NewPerson shows somebody.
func NewPerson(p access.Account) Person {
	return Person{ID: p.ID, Login: p.Login, Name: p.Name, Standing: string(p.Standing), Tenant: p.Tenant, Department: p.Department, Created: p.Created,
		Disabled: moment(p.Disabled), HasPassword: p.HasPassword, SecondFactor: p.SecondFactor, Passkeys: p.Passkeys, RecoveryCodes: p.RecoveryCodes,
		Invited: moment(p.Invited), Locked: moment(p.Locked), ETag: personTag(p.Person)}
}

// personTag tells states of an account apart.
func personTag(p hearth.Person) string {
	return etagOf(p.ID, p.Login, p.Name, p.Standing, p.Tenant, p.Department, p.Disabled.Unix())
}

// moment is a time, or nothing.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

type meOutput struct {
	Body struct {
		KeyID      string   `json:"key_id"`
		Name       string   `json:"name"`
		Standing   string   `json:"standing" enum:"admin,user,system,security,audit"`
		Rights     []string `json:"rights" doc:"What may be done now; nothing but self where a second factor is missing"`
		Tenant     string   `json:"tenant" doc:"Id"`
		Department string   `json:"department,omitempty" doc:"Id"`
		Person     *Person  `json:"person,omitempty" doc:"Absent where the key is nobody's"`
	}
}

type passwordInput struct {
	Language
	Body struct {
		Old string `json:"old" maxLength:"512"`
		New string `json:"new" maxLength:"512" doc:"At least 12 characters of three kinds"`
	}
}

type codeInput struct {
	Language
	Body struct {
		Code string `json:"code,omitempty" maxLength:"40" doc:"Six digits, or a recovery code"`
	}
}

type enrolOutput struct {
	Body struct {
		Secret string `json:"secret" doc:"In base 32, to be typed; shown this once"`
		URI    string `json:"uri" doc:"otpauth://…, for a QR code"`
	}
}

type recoveryOutput struct {
	Body struct {
		Codes []string `json:"recovery_codes" doc:"Each lets in once, in the place of a code; shown this once"`
	}
}

// personalRoutes are of those who ask, about themselves.
func (a *Admin) personalRoutes() {
	tags := []string{"Oneself"}
	handle(a, hearth.RightNone, huma.Operation{OperationID: "me", Method: http.MethodGet, Path: "/me", Summary: "Who asks, and what they may do", Tags: tags},
		func(ctx context.Context, _ *Language) (*meOutput, error) {
			by := asking(ctx)
			out := &meOutput{}
			b := &out.Body
			b.KeyID, b.Name, b.Standing, b.Rights = by.KeyID, by.Name, string(by.Standing), by.Rights().Names()
			b.Tenant, b.Department = by.Tenant, by.Department
			if by.Person == "" {
				return out, nil
			}
			p, err := a.Access.Self(ctx, by)
			shown := NewPerson(p)
			b.Person = &shown
			return out, err
		})
	handle(a, hearth.RightSelf, huma.Operation{OperationID: "change-password", Method: http.MethodPut, Path: "/me/password", Summary: "Choose another password; sessions end, this one too", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *passwordInput) (*struct{}, error) {
			return nil, a.Access.ChangePassword(ctx, asking(ctx), in.Body.Old, in.Body.New)
		})
	handle(a, hearth.RightSelf, huma.Operation{OperationID: "begin-second-factor", Method: http.MethodPost, Path: "/me/second-factor", Summary: "Have a secret made for an authenticator; with a code, where there is one already", Tags: tags},
		func(ctx context.Context, in *codeInput) (*enrolOutput, error) {
			e, err := a.Access.BeginSecondFactor(ctx, asking(ctx), in.Body.Code)
			out := &enrolOutput{}
			out.Body.Secret, out.Body.URI = e.Secret, e.URI
			return out, err
		})
	handle(a, hearth.RightSelf, huma.Operation{OperationID: "prove-second-factor", Method: http.MethodPost, Path: "/me/second-factor/prove", Summary: "Show the first code; from then on signing in takes one", Tags: tags},
		func(ctx context.Context, in *codeInput) (*recoveryOutput, error) {
			codes, err := a.Access.ProveSecondFactor(ctx, asking(ctx), in.Body.Code)
			out := &recoveryOutput{}
			out.Body.Codes = codes
			return out, err
		})
	handle(a, hearth.RightSelf, huma.Operation{OperationID: "list-own-keys", Method: http.MethodGet, Path: "/me/keys", Summary: "One's own keys", Tags: tags},
		func(ctx context.Context, _ *Language) (*keysOutput, error) {
			return showKeys(a.Access.ListOwn(ctx, asking(ctx)))
		})
	handle(a, hearth.RightSelf, huma.Operation{OperationID: "create-own-key", Method: http.MethodPost, Path: "/me/keys", Summary: "Make a key of one's own; for asking models, unless rights are named", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *createOwnKeyInput) (*createKeyOutput, error) {
			k, ttl, err := in.Body.key()
			if err != nil {
				return nil, err
			}
			return made(a.Access.IssueOwn(ctx, asking(ctx), k, ttl))
		})
	handle(a, hearth.RightSelf, huma.Operation{OperationID: "revoke-own-key", Method: http.MethodDelete, Path: "/me/keys/{id}", Summary: "End a key of one's own", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *keyInput) (*struct{}, error) {
			return nil, a.Access.RevokeOwn(ctx, asking(ctx), in.ID)
		})
}

type peopleOutput struct {
	Body struct {
		People []Person `json:"people"`
	}
}

type addPersonInput struct {
	Language
	Body struct {
		Login      string `json:"login" minLength:"1" maxLength:"64"`
		Name       string `json:"name" minLength:"1" maxLength:"200"`
		Tenant     string `json:"tenant,omitempty" doc:"Id; the main one, if absent"`
		Department string `json:"department,omitempty" doc:"Id, of that tenant"`
		Standing   string `json:"standing,omitempty" enum:"user,system,security,audit" doc:"user, if absent; another one needs the right to grant"`
	}
}

type personOutput struct{ Body Person }

type invitedOutput struct {
	Body struct {
		Person
		Invitation string `json:"invitation" doc:"With which they choose a password; shown this once, holds three days"`
	}
}

type personInput struct {
	Language
	ID string `path:"id"`
}

type changePersonInput struct {
	Language
	Matched
	ID   string `path:"id"`
	Body struct {
		Login      *string `json:"login,omitempty" maxLength:"64"`
		Name       *string `json:"name,omitempty" maxLength:"200"`
		Tenant     *string `json:"tenant,omitempty"`
		Department *string `json:"department,omitempty" doc:"Empty: none"`
		Disabled   *bool   `json:"disabled,omitempty" doc:"true: not let in any more, and what is under way for them ends"`
	}
}

type standingInput struct {
	Language
	Matched
	ID   string `path:"id"`
	Body struct {
		Standing string `json:"standing" enum:"user,system,security,audit" doc:"The one they have from now on"`
	}
}

type invitationOutput struct {
	Body struct {
		Invitation string `json:"invitation" doc:"Shown this once, holds three days"`
	}
}

func (in *addPersonInput) object() string    { return in.Body.Login }
func (out *invitedOutput) object() string    { return out.Body.ID }
func (in *personInput) object() string       { return in.ID }
func (in *changePersonInput) object() string { return in.ID }
func (in *standingInput) object() string     { return in.ID + " " + in.Body.Standing }

// personTag is the etag of somebody.
func (a *Admin) personTag(ctx context.Context, id string) func() (string, error) {
	return func() (string, error) {
		people, err := a.Access.People(ctx)
		return tagged(people, err, func(p access.Account) bool { return p.ID == id }, func(p access.Account) string { return personTag(p.Person) })
	}
}

func (a *Admin) peopleRoutes() {
	tags := []string{"People"}
	handle(a, hearth.RightPeople|hearth.RightGrant|hearth.RightAudit, huma.Operation{OperationID: "list-people", Method: http.MethodGet, Path: "/people", Summary: "Everybody, by login", Tags: tags},
		func(ctx context.Context, _ *Language) (*peopleOutput, error) {
			people, err := a.Access.People(ctx)
			out := &peopleOutput{}
			out.Body.People = []Person{}
			for _, p := range people {
				out.Body.People = append(out.Body.People, NewPerson(p))
			}
			return out, err
		})
	handle(a, hearth.RightPeople, huma.Operation{OperationID: "add-person", Method: http.MethodPost, Path: "/people", Summary: "Add somebody", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *addPersonInput) (*invitedOutput, error) {
			b := &in.Body
			p, invitation, err := a.Access.AddPerson(ctx, asking(ctx), hearth.Person{Login: b.Login, Name: b.Name, Tenant: b.Tenant, Department: b.Department, Standing: hearth.Standing(b.Standing)})
			out := &invitedOutput{}
			out.Body.Person, out.Body.Invitation = NewPerson(access.Account{Person: p}), invitation
			return out, err
		})
	handle(a, hearth.RightPeople, huma.Operation{OperationID: "change-person", Method: http.MethodPatch, Path: "/people/{id}", Summary: "Move, rename, disable or enable somebody", Tags: tags},
		func(ctx context.Context, in *changePersonInput) (*personOutput, error) {
			var p hearth.Person
			err := a.change(in.Matched, a.personTag(ctx, in.ID), func() (err error) {
				p, err = a.Access.ChangePerson(ctx, asking(ctx), in.ID, func(p *hearth.Person) {
					set(&p.Login, in.Body.Login)
					set(&p.Name, in.Body.Name)
					set(&p.Tenant, in.Body.Tenant)
					set(&p.Department, in.Body.Department)
					disable(&p.Disabled, in.Body.Disabled)
				})
				return err
			})
			return &personOutput{NewPerson(access.Account{Person: p})}, err
		})
	handle(a, hearth.RightGrant, huma.Operation{OperationID: "set-standing", Method: http.MethodPut, Path: "/people/{id}/standing", Summary: "Give somebody another standing, which is the one they have then", Tags: tags},
		func(ctx context.Context, in *standingInput) (*personOutput, error) {
			var p hearth.Person
			err := a.change(in.Matched, a.personTag(ctx, in.ID), func() (err error) {
				p, err = a.Access.SetStanding(ctx, asking(ctx), in.ID, hearth.Standing(in.Body.Standing))
				return err
			})
			return &personOutput{NewPerson(access.Account{Person: p})}, err
		})
	handle(a, hearth.RightPeople|hearth.RightGrant, huma.Operation{OperationID: "reset-person", Method: http.MethodPost, Path: "/people/{id}/reset", Summary: "Take somebody's password and second factor away, and invite them anew", Tags: tags},
		func(ctx context.Context, in *personInput) (*invitationOutput, error) {
			invitation, err := a.Access.Reset(ctx, asking(ctx), in.ID)
			out := &invitationOutput{}
			out.Body.Invitation = invitation
			return out, err
		})
	handle(a, hearth.RightGrant, huma.Operation{OperationID: "unlock-person", Method: http.MethodPost, Path: "/people/{id}/unlock", Summary: "Let somebody try again who was wrong too often", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *personInput) (*struct{}, error) {
			return nil, a.Access.Unlock(ctx, in.ID)
		})
	handle(a, hearth.RightPeople, huma.Operation{OperationID: "remove-person", Method: http.MethodDelete, Path: "/people/{id}", Summary: "Forget somebody, with their keys and sessions", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *personInput) (*struct{}, error) {
			return nil, a.Access.RemovePerson(ctx, asking(ctx), in.ID)
		})
}

func set(to *string, from *string) {
	if from != nil {
		*to = *from
	}
}

// disable keeps since when something is disabled, if it was already.
func disable(since *time.Time, now *bool) {
	switch {
	case now == nil || *now == !since.IsZero():
	case *now:
		*since = time.Now().UTC().Truncate(time.Second)
	default:
		*since = time.Time{}
	}
}
