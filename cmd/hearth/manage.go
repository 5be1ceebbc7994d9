package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
	"github.com/hearthbox/hearth/internal/appliance"
)

// managed is the door for managing of the running server, with a key of its own for as
// long as a command takes.
type managed struct {
	client      *http.Client
	url, secret string
	lang        hearth.Language
	close       func()
}

// manage goes to the running server, to do there what needs one of the rights of those
// who look on and of those who serve models.
func (t *terminal) manage(ctx context.Context, name string, may hearth.Rights) (*managed, error) {
	c, err := t.config()
	if err != nil {
		return nil, err
	}
	server, running := appliance.Running(c)
	if !running {
		return nil, hearth.NewError(hearth.NoServer, "path", c.Data)
	}
	data, err := appliance.OpenData(ctx, c)
	if err != nil {
		return nil, err
	}
	secret, key, err := data.Access.Issue(ctx, hearth.Key{Name: name, Standing: hearth.StandingSystem, Only: may}, sessionMax)
	if err != nil {
		_ = data.Close()
		return nil, err
	}
	end := func() {
		_ = data.Access.Revoke(context.WithoutCancel(ctx), key.ID)
		_ = data.Close()
	}
	trust, err := trusted(c)
	if err != nil {
		end()
		return nil, err
	}
	return &managed{&http.Client{Transport: &http.Transport{TLSClientConfig: trust}}, server.URL, secret, t.lang, end}, nil
}

// open asks, and returns the body of a good answer.
func (m *managed) open(ctx context.Context, method, path string, body any) (io.ReadCloser, error) {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, m.url+path, strings.NewReader(string(text)))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+m.secret)
	r.Header.Set("Accept-Language", m.lang.String())
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := m.client.Do(r)
	if err != nil {
		return nil, hearth.NewError(hearth.UpstreamUnreachable, "upstream", "hearth").Because(err)
	}
	if resp.StatusCode < 300 {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	var b admin.ErrorBody
	if json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&b) == nil && b.Error.Code != "" {
		return nil, hearth.Told(hearth.Code(b.Error.Code), b.Error.Message, b.Error.Remedy)
	}
	return nil, hearth.NewError(hearth.UpstreamRefused, "upstream", "hearth", "detail", resp.Status)
}

// do asks the door for managing, and reads its answer into out, if there is to be one.
func (m *managed) do(ctx context.Context, method, path string, body, out any) error {
	b, err := m.open(ctx, method, admin.Prefix+path, body)
	if err != nil {
		return err
	}
	defer b.Close()
	if out == nil {
		return nil
	}
	return json.NewDecoder(b).Decode(out)
}
