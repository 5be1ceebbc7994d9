// Package oidc lets people sign in by an OpenID provider: the authorization code flow of
// OpenID Connect Core 1.0 with PKCE (RFC 7636), a state and a nonce. It says who somebody is, and
// nothing of what they may do.
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/access"
)

// Limits of asking a provider.
const (
	askMax    = 15 * time.Second
	answerMax = 1 << 20 // bytes of an answer
	groupsMax = 10_000
)

// Config is what a provider is asked with.
type Config struct {
	Name         string // in paths
	Issuer       string
	ClientID     string
	ClientSecret string
	Scopes       []string // besides openid

	LoginClaim, NameClaim, GroupsClaim string
	Groups                             []string          // somebody is in one of these; empty: no group is needed
	Departments                        map[string]string // by group
	Tenant                             string
}

// Provider is one. What it says of itself is asked for when the first one signs in.
type Provider struct {
	Config
	client *http.Client

	mu    sync.Mutex
	known *oidc.Provider
}

// New makes a Provider, which is asked by the transport.
func New(c Config, transport http.RoundTripper) *Provider {
	return &Provider{Config: c, client: &http.Client{Timeout: askMax, Transport: bounded{transport}}}
}

// bounded bounds answers.
type bounded struct{ http.RoundTripper }

// RoundTrip asks.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, answerMax), resp.Body}
	}
	return resp, err
}

// provider is what the provider says of itself.
func (p *Provider) provider(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known != nil {
		return p.known, nil
	}
	// It keeps the client, and not the context's end, for keys that it asks for later.
	known, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.Issuer)
	if err != nil {
		return nil, hearth.NewError(hearth.DirectoryFailed, "directory", p.Name).Because(err)
	}
	p.known = known
	return known, nil
}

func (p *Provider) flow(known *oidc.Provider, redirect string) oauth2.Config {
	return oauth2.Config{ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: known.Endpoint(), RedirectURL: redirect,
		Scopes: append([]string{oidc.ScopeOpenID}, p.Scopes...)}
}

// Begin is where a browser is sent, and what it keeps until it is back at redirect.
func (p *Provider) Begin(ctx context.Context, redirect string) (address, pending string, err error) {
	known, err := p.provider(ctx)
	if err != nil {
		return "", "", err
	}
	state, nonce, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	flow := p.flow(known, redirect)
	return flow.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)), strings.Join([]string{state, nonce, verifier}, "."), nil
}

// Finish takes what a browser is back with, and says who it is.
func (p *Provider) Finish(ctx context.Context, redirect, pending string, answer url.Values) (o access.Outsider, err error) {
	refused := func(err error) error {
		return hearth.NewError(hearth.DirectoryRefused, "directory", p.Name).Because(err)
	}
	parts := strings.Split(pending, ".")
	if len(parts) != 3 || parts[0] == "" || subtle.ConstantTimeCompare([]byte(parts[0]), []byte(answer.Get("state"))) != 1 {
		return o, refused(errors.New("the answer is not to what was asked in this browser"))
	}
	if e := answer.Get("error"); e != "" {
		return o, refused(fmt.Errorf("the provider says %.200q", e))
	}
	known, err := p.provider(ctx)
	if err != nil {
		return o, err
	}
	flow := p.flow(known, redirect)
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := flow.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(parts[2]))
	if err != nil {
		if _, said := errors.AsType[*oauth2.RetrieveError](err); said {
			return o, refused(err)
		}
		return o, hearth.NewError(hearth.DirectoryFailed, "directory", p.Name).Because(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := known.VerifierContext(ctx, &oidc.Config{ClientID: p.ClientID}).Verify(ctx, raw)
	if err != nil {
		return o, refused(err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(parts[1])) != 1 {
		return o, refused(errors.New("the token is not for this sign-in"))
	}
	claims, err := p.claims(ctx, known, id, token)
	if err != nil {
		return o, refused(err)
	}
	return p.outsider(id.Subject, claims)
}

// claims are those of the token, and for what it does not have those that the provider
// tells where it is asked for them.
func (p *Provider) claims(ctx context.Context, known *oidc.Provider, id *oidc.IDToken, token *oauth2.Token) (map[string]any, error) {
	claims := map[string]any{}
	if err := id.Claims(&claims); err != nil {
		return nil, err
	}
	if claims[p.LoginClaim] != nil && claims[p.NameClaim] != nil && claims[p.GroupsClaim] != nil || known.UserInfoEndpoint() == "" {
		return claims, nil
	}
	info, err := known.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, err
	}
	if info.Subject != id.Subject {
		return nil, errors.New("what the provider tells is of somebody else")
	}
	more := map[string]any{}
	if err := info.Claims(&more); err != nil {
		return nil, err
	}
	for name, value := range more {
		if claims[name] == nil {
			claims[name] = value
		}
	}
	return claims, nil
}

// outsider is somebody by their claims.
func (p *Provider) outsider(subject string, claims map[string]any) (access.Outsider, error) {
	o := access.Outsider{Directory: p.Name, Subject: subject, Tenant: p.Tenant}
	o.Login, _ = claims[p.LoginClaim].(string)
	o.Name, _ = claims[p.NameClaim].(string)
	if o.Login == "" {
		return o, hearth.NewError(hearth.DirectoryRefused, "directory", p.Name).Because(fmt.Errorf("there is no claim %q", p.LoginClaim))
	}
	groups := texts(claims[p.GroupsClaim])
	if len(p.Groups) > 0 && !slices.ContainsFunc(groups, func(g string) bool { return slices.Contains(p.Groups, g) }) {
		return o, hearth.NewError(hearth.NotInGroup)
	}
	for _, g := range groups {
		if d, ok := p.Departments[g]; ok {
			o.Department = d
			break
		}
	}
	return o, nil
}

// texts are those of a claim that is one or a list of them.
func texts(claim any) (list []string) {
	switch v := claim.(type) {
	case string:
		return []string{v}
	case []any:
		for _, x := range v[:min(len(v), groupsMax)] {
			if s, ok := x.(string); ok {
				list = append(list, s)
			}
		}
	}
	return list
}
