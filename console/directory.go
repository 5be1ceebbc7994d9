package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/door"
)

// Directories are the other houses by whose word people sign in.
type Directories interface {
	Directories() []Directory
	// BeginDirectory is where a browser is sent, and what it keeps until it comes back to
	// redirect; FinishDirectory takes that and what it comes back with.
	BeginDirectory(ctx context.Context, name, redirect string) (address, pending string, err error)
	FinishDirectory(ctx context.Context, name, redirect, pending string, answer url.Values) (token string, s hearth.Session, by hearth.Principal, err error)
}

// Directory is one of them.
type Directory struct {
	Name  string `json:"name"` // in paths
	Title string `json:"title"`
}

const directoryPath = Prefix + "/directory"

// What a browser keeps while somebody signs in elsewhere. It is sent along when that house
// sends the browser back, which a cookie that is strict is not.
const (
	pendingName       = "hearth_pending"
	pendingNameSecure = "__Host-hearth_pending"
	pendingSeconds    = 600
)

// directories lists them (GET /directory), sends a browser to one (GET /directory/NAME) and
// takes it back (GET /directory/NAME/back).
func (c *Console) directories(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	fail := func(err error) { writeError(w, r, err) }
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", "GET")
		fail(hearth.NewError(hearth.BadMethod, "path", r.URL.Path, "method", r.Method, "allowed", "GET"))
		return
	}
	rest := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, directoryPath), "/")
	name, back := strings.CutSuffix(rest, "/back")
	switch {
	case rest == "":
		list := []Directory{}
		if c.Directories != nil {
			list = append(list, c.Directories.Directories()...)
		}
		if err := writeJSON(w, map[string]any{"directories": list}); err != nil {
			c.Log.Debug("a list can't be written", "error", err)
		}
	case c.Directories == nil || strings.Contains(name, "/"):
		fail(hearth.NewError(hearth.NoSuchRoute, "method", r.Method, "path", r.URL.Path))
	case back:
		c.fromDirectory(w, r, name, fail)
	default:
		c.toDirectory(w, r, name, fail)
	}
}

func redirect(r *http.Request, name string) string {
	return door.Origin(r) + directoryPath + "/" + name + "/back"
}

func (c *Console) toDirectory(w http.ResponseWriter, r *http.Request, name string, fail func(error)) {
	err := c.attempts.check(r.RemoteAddr)
	var address, pending string
	if err == nil {
		address, pending, err = c.Directories.BeginDirectory(r.Context(), name, redirect(r, name))
	}
	if err != nil {
		c.Log.Warn("a sign-in elsewhere can't begin", "directory", name, "error", err)
		fail(err)
		return
	}
	setPending(w, r, pending, pendingSeconds)
	w.Header().Set("Location", address)
	w.WriteHeader(http.StatusFound)
}

// traveller is an authoriser that lets in who comes back from another house with its word.
type traveller struct {
	*Console
	r       *http.Request
	name    string
	token   string
	session hearth.Session
}

// Authenticate takes the word.
func (t *traveller) Authenticate(ctx context.Context, _ func(string) []string) (by hearth.Principal, err error) {
	if err := t.attempts.check(t.r.RemoteAddr); err != nil {
		return by, err
	}
	pending := ""
	for _, name := range []string{pendingNameSecure, pendingName} {
		if k, err := t.r.Cookie(name); err == nil && pending == "" {
			pending = k.Value
		}
	}
	t.token, t.session, by, err = t.Directories.FinishDirectory(ctx, t.name, redirect(t.r, t.name), pending, t.r.URL.Query())
	if err != nil {
		if hearth.AsError(err).Code == hearth.DirectoryRefused {
			t.attempts.wrong(t.r.RemoteAddr)
		}
		t.Log.Warn("a sign-in elsewhere has failed", "directory", t.name, "error", err)
	}
	return by, err
}

// Hold has nothing to hold: what was begun lasts.
func (t *traveller) Hold(ctx context.Context, _ hearth.Principal, _ func(string) []string) (context.Context, func()) {
	return ctx, func() {}
}

func (c *Console) fromDirectory(w http.ResponseWriter, r *http.Request, name string, fail func(error)) {
	t := &traveller{Console: c, r: r, name: name}
	setPending(w, r, "", -1) // once
	door.Door{Authoriser: t, Log: c.Log, Recorder: c.Recorder}.Serve(w, r, func(r *http.Request, by hearth.Principal) error {
		if err := c.record(w, r, "sign-in", by); err != nil {
			return errors.Join(err, c.Sessions.SignOut(context.WithoutCancel(r.Context()), t.token))
		}
		setCookie(w, r, t.token, int(t.session.Expires.Sub(t.session.Created).Seconds()))
		w.Header().Set("Location", "../../") // the console, whatever a proxy calls that
		w.WriteHeader(http.StatusFound)
		return nil
	}, fail)
}

func setPending(w http.ResponseWriter, r *http.Request, value string, seconds int) {
	k := &http.Cookie{Name: pendingName, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if strings.HasPrefix(door.Origin(r), "https:") {
		k.Name, k.Secure = pendingNameSecure, true
	}
	http.SetCookie(w, k)
}
