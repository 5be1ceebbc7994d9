package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hearthbox/hearth"
)

// Key is a key as this door shows it: never its secret.
type Key struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Standing   string     `json:"standing" enum:"admin,user,system,security,audit" doc:"Of the person, where it is one's"`
	Rights     []string   `json:"rights" doc:"What it may be used for"`
	Models     []string   `json:"models" doc:"That it may use, of those that its tenant may; * stands for anything; none: all"`
	Tenant     string     `json:"tenant" doc:"Id"`
	Department string     `json:"department,omitempty" doc:"Id"`
	Person     string     `json:"person,omitempty" doc:"Id of whose it is; absent where it is nobody's"`
	Created    time.Time  `json:"created"`
	Expires    *time.Time `json:"expires,omitempty"`
	ETag       string     `json:"etag" doc:"For If-Match, when it is changed"`
}

// NewKey shows a key.
func NewKey(k hearth.Key) Key {
	out := Key{ID: k.ID, Name: k.Name, Standing: string(k.Standing), Rights: k.Principal().Rights().Names(), Models: k.Models.Names(),
		Tenant: k.Tenant, Department: k.Department, Person: k.Person, Created: k.Created, ETag: keyTag(k)}
	if !k.Expires.IsZero() {
		out.Expires = &k.Expires
	}
	return out
}

// keyTag tells apart what a key may be used for.
func keyTag(k hearth.Key) string { return etagOf(k.ID, k.Only, k.Models) }

type keysOutput struct {
	Body struct {
		Keys []Key `json:"keys"`
	}
}

func showKeys(keys []hearth.Key, err error) (*keysOutput, error) {
	out := &keysOutput{}
	out.Body.Keys = []Key{}
	for _, k := range keys {
		out.Body.Keys = append(out.Body.Keys, NewKey(k))
	}
	return out, err
}

// KeyOrder describes a key that is wanted.
type KeyOrder struct {
	Name       string   `json:"name" minLength:"1" maxLength:"200"`
	Rights     []string `json:"rights,omitempty" maxItems:"20" doc:"Fewer than the standing has"`
	Models     []string `json:"models,omitempty" maxItems:"200" doc:"That it may use; * stands for anything; none: all that the tenant may"`
	TTLSeconds int64    `json:"ttl_seconds,omitempty" minimum:"0" maximum:"3153600000" doc:"0: until it is revoked"`
}

func (o *KeyOrder) key() (k hearth.Key, ttl time.Duration, err error) {
	k.Name = o.Name
	if k.Only, err = hearth.ParseRights(o.Rights); err != nil {
		return k, 0, err
	}
	k.Models, err = hearth.ParseModelList(o.Models)
	return k, time.Duration(o.TTLSeconds) * time.Second, err
}

type createKeyInput struct {
	Language
	Body struct {
		KeyOrder
		Admin      bool   `json:"admin,omitempty" doc:"May do everything; while the appliance is set up"`
		Tenant     string `json:"tenant,omitempty" doc:"Id; the main one, if absent"`
		Department string `json:"department,omitempty" doc:"Id, of that tenant"`
	}
}

type createKeyOutput struct {
	Body struct {
		Key
		Secret string `json:"key" doc:"The key itself, shown this once"`
	}
}

type createOwnKeyInput struct {
	Language
	Body struct{ KeyOrder }
}

type keyInput struct {
	Language
	ID string `path:"id"`
}

type limitKeyInput struct {
	Language
	Matched
	ID   string `path:"id"`
	Body struct {
		Rights []string `json:"rights" maxItems:"20" doc:"Of its standing's; none: all of them"`
		Models []string `json:"models" maxItems:"200" doc:"None: all that its tenant may use"`
	}
}

func (in *createKeyInput) object() string    { return in.Body.Name }
func (in *createOwnKeyInput) object() string { return in.Body.Name }
func (out *createKeyOutput) object() string  { return out.Body.ID }
func (in *keyInput) object() string          { return in.ID }
func (in *limitKeyInput) object() string     { return in.ID }

func made(secret string, k hearth.Key, err error) (*createKeyOutput, error) {
	out := &createKeyOutput{}
	out.Body.Key, out.Body.Secret = NewKey(k), secret
	return out, err
}

func (a *Admin) keyRoutes() {
	tags := []string{"Keys"}
	handle(a, hearth.RightPeople|hearth.RightGrant, huma.Operation{OperationID: "list-keys", Method: http.MethodGet, Path: "/keys", Summary: "Keys that exist", Tags: tags},
		func(ctx context.Context, _ *Language) (*keysOutput, error) { return showKeys(a.Access.List(ctx)) })
	handle(a, hearth.RightPeople, huma.Operation{OperationID: "create-key", Method: http.MethodPost, Path: "/keys", Summary: "Make a key for a program, which is nobody's", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *createKeyInput) (*createKeyOutput, error) {
			k, ttl, err := in.Body.key()
			if err != nil {
				return nil, err
			}
			k.Standing, k.Tenant, k.Department = hearth.StandingUser, in.Body.Tenant, in.Body.Department
			if in.Body.Admin {
				k.Standing = hearth.StandingAdmin
				if err := asking(ctx).Check(hearth.RightSetup); err != nil {
					return nil, err
				}
			}
			return made(a.Access.Issue(ctx, k, ttl))
		})
	handle(a, hearth.RightGrant, huma.Operation{OperationID: "limit-key", Method: http.MethodPut, Path: "/keys/{id}/limits", Summary: "Say what a key may be used for", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *limitKeyInput) (*struct{}, error) {
			only, err := hearth.ParseRights(in.Body.Rights)
			if err != nil {
				return nil, err
			}
			models, err := hearth.ParseModelList(in.Body.Models)
			if err != nil {
				return nil, err
			}
			return nil, a.change(in.Matched, func() (string, error) {
				keys, err := a.Access.List(ctx)
				return tagged(keys, err, func(k hearth.Key) bool { return k.ID == in.ID }, keyTag)
			}, func() error { return a.Access.Limit(ctx, in.ID, only, models) })
		})
	handle(a, hearth.RightPeople|hearth.RightGrant, huma.Operation{OperationID: "revoke-key", Method: http.MethodDelete, Path: "/keys/{id}", Summary: "End a key, and what is under way for it", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *keyInput) (*struct{}, error) {
			return nil, a.Access.Revoke(ctx, in.ID)
		})
}
