package console

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/door"
)

// Header is on every request that the console's pages make. A page of another origin
// can't set it without asking first, and is told no.
const Header = "X-Hearth-Console"

// The session's cookie. Where the browser came by TLS it has the name that browsers
// guard: no other host and no plain connection can set it.
const (
	cookieName       = "hearth_session"
	cookieNameSecure = "__Host-hearth_session"
)

// bodyBytesMax bounds what a browser sends to sign in.
const bodyBytesMax = 16 << 10

// Admit puts a browser's session where programs put their keys, so that every door
// behind finds it in the one place. A request with a key of its own keeps that.
func Admit(r *http.Request) *http.Request {
	token := held(r)
	if token == "" || r.Header.Get(Header) == "" || r.Header.Get("Authorization")+r.Header.Get("X-Api-Key")+r.Header.Get("Api-Key") != "" {
		return r
	}
	in := r.Clone(r.Context())
	in.Header.Set("Authorization", "Bearer "+token)
	if background[r.Method+" "+r.URL.Path] {
		in.Header.Set("X-Hearth-Background", "1")
	}
	return in
}

// background are requests that pages make by themselves, again and again, whether anybody
// sits before them or not: they keep no session alive.
var background = map[string]bool{"GET /admin/v1/status": true, "GET /v1/queue": true}

// held is the session a browser holds, if any.
func held(r *http.Request) string {
	for _, name := range []string{cookieNameSecure, cookieName} {
		if k, err := r.Cookie(name); err == nil && k.Value != "" {
			return k.Value
		}
	}
	return ""
}

// who is a session as the pages see it.
type who struct {
	Name     string     `json:"name"`
	Standing string     `json:"standing"`
	Rights   []string   `json:"rights"`
	KeyID    string     `json:"key_id"`
	Person   string     `json:"person,omitempty"` // id; absent where a key was signed in with that is nobody's
	Expires  *time.Time `json:"expires,omitempty"`
}

func whoIs(by hearth.Principal, expires *time.Time) who {
	return who{by.Name, string(by.Standing), by.Rights().Names(), by.KeyID, by.Person, expires}
}

// session begins (POST), shows (GET) and ends (DELETE) the browser's session. Where there
// is none to show, there is no content.
func (c *Console) session(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	d := door.Door{Authoriser: c.Authoriser, Log: c.Log}
	fail := func(err error) { writeError(w, r, err) }
	if r.Header.Get(Header) == "" {
		fail(foreign())
		return
	}
	switch r.Method {
	case http.MethodGet:
		d.Serve(w, Admit(r), func(r *http.Request, by hearth.Principal) error {
			return writeJSON(w, whoIs(by, nil))
		}, func(err error) {
			if hearth.AsError(err).Kind() == hearth.KindUnauthenticated { // nobody is signed in, which is no failure
				w.WriteHeader(http.StatusNoContent)
				return
			}
			fail(err)
		})
	case http.MethodPost:
		c.signIn(w, r, d, fail)
	case http.MethodDelete:
		d.Serve(w, Admit(r), func(r *http.Request, by hearth.Principal) error {
			if err := c.Sessions.SignOut(r.Context(), held(r)); err != nil {
				return err
			}
			setCookie(w, r, "", -1)
			if err := c.record(w, r, "sign-out", by); err != nil {
				return err
			}
			w.WriteHeader(http.StatusNoContent)
			return nil
		}, fail)
	default:
		w.Header().Set("Allow", "GET, POST, DELETE")
		fail(hearth.NewError(hearth.BadMethod, "path", r.URL.Path, "method", r.Method, "allowed", "GET, POST, DELETE"))
	}
}

// entrance is an authoriser that finds what somebody comes in with in the body of a request.
type entrance struct {
	*Console
	r       *http.Request
	token   string
	session hearth.Session
}

// Authenticate begins a session with a key, with a passkey, or for somebody who says their
// name and proves it, unless too many from there were wrong.
func (e *entrance) Authenticate(ctx context.Context, _ func(string) []string) (by hearth.Principal, err error) {
	var in struct {
		Key         string `json:"key"`
		Login       string `json:"login"`
		Password    string `json:"password"`
		Code        string `json:"code"`
		NewPassword string `json:"new_password"`

		State   string          `json:"state"` // of a question to a passkey
		Passkey json.RawMessage `json:"passkey"`
	}
	if err := e.read(e.r, &in); err != nil {
		return by, err
	}
	switch {
	case in.Passkey != nil:
		e.token, e.session, by, err = e.Sessions.SignInPasskey(ctx, door.Origin(e.r), in.State, in.Passkey)
	case in.Login == "":
		e.token, e.session, by, err = e.Sessions.SignIn(ctx, in.Key)
	default:
		e.token, e.session, by, err = e.Sessions.SignInPerson(ctx, hearth.Proof{Login: in.Login, Password: in.Password, Code: in.Code, NewPassword: in.NewPassword})
	}
	if err != nil {
		e.wrong(e.r, err)
		return hearth.Principal{Name: in.Login[:min(len(in.Login), loginBytesMax)]}, err // for the record
	}
	return by, nil
}

// Hold has nothing to hold: what was begun lasts.
func (e *entrance) Hold(ctx context.Context, _ hearth.Principal, _ func(string) []string) (context.Context, func()) {
	return ctx, func() {}
}

// loginBytesMax bounds what is recorded of a name that nobody may have.
const loginBytesMax = 64

// read reads what a stranger sends, unless too much from there was wrong.
func (c *Console) read(r *http.Request, to any) error {
	if err := c.attempts.check(r.RemoteAddr); err != nil {
		return err
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, bodyBytesMax+1))
	if err != nil {
		return hearth.NewError(hearth.Canceled).Because(err)
	}
	if len(body) > bodyBytesMax {
		return hearth.NewError(hearth.BodyTooLarge, "limit_bytes", bodyBytesMax)
	}
	if err := json.Unmarshal(body, to); err != nil {
		return hearth.NewError(hearth.InvalidJSON, "detail", err)
	}
	return nil
}

// wrong counts what was tried in vain by where it came from.
func (c *Console) wrong(r *http.Request, err error) {
	switch hearth.AsError(err).Code {
	case hearth.InvalidKey, hearth.SignInRefused, hearth.PasskeyRefused, hearth.InvitationInvalid:
		c.attempts.wrong(r.RemoteAddr)
	}
}

// guest is an authoriser that lets in whoever holds an invitation, to choose a password.
type guest struct {
	*Console
	r *http.Request
}

// Authenticate accepts the invitation.
func (g *guest) Authenticate(ctx context.Context, _ func(string) []string) (by hearth.Principal, err error) {
	var in struct {
		Invitation string `json:"invitation"`
		Password   string `json:"password"`
	}
	if err := g.read(g.r, &in); err != nil {
		return by, err
	}
	p, err := g.Sessions.Accept(ctx, in.Invitation, in.Password)
	if err != nil {
		g.wrong(g.r, err)
		return by, err
	}
	return hearth.Principal{Name: p.Login, Person: p.ID}, nil
}

// Hold has nothing to hold.
func (g *guest) Hold(ctx context.Context, _ hearth.Principal, _ func(string) []string) (context.Context, func()) {
	return ctx, func() {}
}

// invitation lets somebody who was invited choose a password (POST). They sign in then.
func (c *Console) invitation(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	fail := func(err error) { writeError(w, r, err) }
	switch {
	case r.Header.Get(Header) == "":
		fail(foreign())
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", "POST")
		fail(hearth.NewError(hearth.BadMethod, "path", r.URL.Path, "method", r.Method, "allowed", "POST"))
	default:
		d := door.Door{Authoriser: &guest{c, r}, Log: c.Log, Recorder: c.Recorder}
		d.Serve(w, r, func(r *http.Request, by hearth.Principal) error {
			if err := c.record(w, r, "accept-invitation", by); err != nil {
				return err
			}
			return writeJSON(w, struct {
				Login string `json:"login"`
			}{by.Name})
		}, fail)
	}
}

// passkey asks the browser for a passkey (POST). The answer goes to the session.
func (c *Console) passkey(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	fail := func(err error) { writeError(w, r, err) }
	switch {
	case r.Header.Get(Header) == "":
		fail(foreign())
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", "POST")
		fail(hearth.NewError(hearth.BadMethod, "path", r.URL.Path, "method", r.Method, "allowed", "POST"))
	default:
		state, options, err := c.Sessions.AskPasskey(door.Origin(r))
		if err != nil {
			fail(err)
			return
		}
		_ = writeJSON(w, map[string]any{"state": state, "options": options})
	}
}

// foreign refuses what no page of the console sends.
func foreign() error {
	return hearth.NewError(hearth.InvalidValue, "field", Header, "detail", hearth.Words{"only the console's own pages may ask", "只有控制台自身的页面可以请求"})
}

func (c *Console) signIn(w http.ResponseWriter, r *http.Request, d door.Door, fail func(error)) {
	e := &entrance{Console: c, r: r}
	d.Authoriser, d.Recorder = e, c.Recorder
	d.Serve(w, r, func(r *http.Request, by hearth.Principal) error {
		if err := c.record(w, r, "sign-in", by); err != nil {
			return errors.Join(err, c.Sessions.SignOut(context.WithoutCancel(r.Context()), e.token))
		}
		if old := held(r); old != "" {
			if err := c.Sessions.SignOut(r.Context(), old); err != nil {
				return err
			}
		}
		setCookie(w, r, e.token, int(e.session.Expires.Sub(e.session.Created).Seconds()))
		return writeJSON(w, whoIs(by, &e.session.Expires))
	}, fail)
}

// record puts on record that somebody signs in, or has signed out.
func (c *Console) record(w http.ResponseWriter, r *http.Request, act string, by hearth.Principal) error {
	if c.Recorder == nil {
		return nil
	}
	return c.Recorder.Record(context.WithoutCancel(r.Context()), hearth.Record{Kind: hearth.RecordAccess, Act: act,
		RequestID: door.RequestID(w), By: by, From: door.Address(r), Object: r.URL.Path})
}

// setCookie hands a session to the browser, or with a negative life takes it away.
func setCookie(w http.ResponseWriter, r *http.Request, token string, seconds int) {
	k := &http.Cookie{Name: cookieName, Value: token, Path: "/", MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteStrictMode}
	// Who lies about it only gets a cookie that is not sent back.
	if strings.HasPrefix(door.Origin(r), "https:") {
		k.Name, k.Secure = cookieNameSecure, true
	}
	http.SetCookie(w, k)
}

func writeJSON(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(v)
}

// writeError writes an error as the other doors do.
func writeError(w http.ResponseWriter, r *http.Request, err error) {
	e, l := hearth.AsError(err), hearth.ParseLanguage(r.Header.Get("Accept-Language"))
	body := struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Remedy  string `json:"remedy"`
		} `json:"error"`
	}{}
	body.Error.Code, body.Error.Message, body.Error.Remedy = string(e.Code), e.Message(l), e.Remedy(l)
	w.Header().Set("Content-Type", "application/json")
	if e.Code == hearth.SlowDown {
		w.Header().Set("Retry-After", strconv.Itoa(int(wrongEvery.Seconds())))
	}
	w.WriteHeader(door.Status(e))
	_ = json.NewEncoder(w).Encode(body)
}
