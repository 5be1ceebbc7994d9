package admin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hearthbox/hearth"
)

// Passkey is one as this door shows it.
type Passkey struct {
	ID      string     `json:"id"`
	Name    string     `json:"name"`
	Site    string     `json:"site" doc:"The host it is for"`
	Created time.Time  `json:"created"`
	Used    *time.Time `json:"used,omitempty" doc:"Last"`
}

func newPasskey(k hearth.Passkey) Passkey {
	return Passkey{ID: base64.RawURLEncoding.EncodeToString(k.ID), Name: k.Name, Site: k.Site, Created: k.Created, Used: moment(k.Used)}
}

type passkeysOutput struct {
	Body struct {
		Passkeys []Passkey `json:"passkeys"`
	}
}

type questionOutput struct {
	Body struct {
		State   string `json:"state" doc:"Comes back with the answer, within five minutes"`
		Options any    `json:"options" doc:"For PublicKeyCredential.parseCreationOptionsFromJSON"`
	}
}

type addPasskeyInput struct {
	Language
	Body struct {
		Name    string `json:"name" minLength:"1" maxLength:"200" doc:"What one calls the phone or the token"`
		State   string `json:"state" maxLength:"4096"`
		Passkey any    `json:"passkey" doc:"What the browser made, by its toJSON()"`
	}
}

type passkeyOutput struct{ Body Passkey }

type passkeyInput struct {
	Language
	ID string `path:"id"`
}

func (in *addPasskeyInput) object() string { return in.Body.Name }
func (in *passkeyInput) object() string    { return in.ID }

// passkeyRoutes are about one's own passkeys.
func (a *Admin) passkeyRoutes() {
	tags := []string{"Oneself"}
	handle(a, hearth.RightSelf, huma.Operation{OperationID: "list-passkeys", Method: http.MethodGet, Path: "/me/passkeys", Summary: "One's own passkeys", Tags: tags},
		func(ctx context.Context, _ *Language) (*passkeysOutput, error) {
			list, err := a.Access.ListPasskeys(ctx, asking(ctx))
			out := &passkeysOutput{}
			out.Body.Passkeys = []Passkey{}
			for _, k := range list {
				out.Body.Passkeys = append(out.Body.Passkeys, newPasskey(k))
			}
			return out, err
		})
	handle(a, hearth.RightSelf, huma.Operation{OperationID: "begin-passkey", Method: http.MethodPost, Path: "/me/passkeys/begin", Summary: "Ask the browser to make a passkey; with a code, where there is a second factor", Tags: tags},
		func(ctx context.Context, in *codeInput) (*questionOutput, error) {
			out := &questionOutput{}
			var err error
			out.Body.State, out.Body.Options, err = a.Access.BeginPasskey(ctx, asking(ctx), origin(ctx), in.Body.Code)
			return out, err
		})
	handle(a, hearth.RightSelf, huma.Operation{OperationID: "add-passkey", Method: http.MethodPost, Path: "/me/passkeys", Summary: "Take what the browser made; a password alone does not let in any more", Tags: tags, DefaultStatus: http.StatusCreated},
		func(ctx context.Context, in *addPasskeyInput) (*passkeyOutput, error) {
			answer, err := json.Marshal(in.Body.Passkey)
			if err != nil {
				return nil, err
			}
			k, err := a.Access.AddPasskey(ctx, asking(ctx), origin(ctx), in.Body.State, in.Body.Name, answer)
			return &passkeyOutput{newPasskey(k)}, err
		})
	handle(a, hearth.RightSelf, huma.Operation{OperationID: "remove-passkey", Method: http.MethodDelete, Path: "/me/passkeys/{id}", Summary: "Forget a passkey of one's own", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *passkeyInput) (*struct{}, error) {
			id, err := base64.RawURLEncoding.DecodeString(in.ID)
			if err != nil {
				return nil, hearth.NewError(hearth.NoSuchPasskey)
			}
			return nil, a.Access.RemovePasskey(ctx, asking(ctx), id)
		})
}
