package console

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/door"
)

// Prefix is where the console's paths begin.
const Prefix = "/console"

// Sessions begins sessions, with keys or by people, and ends them.
type Sessions interface {
	SignIn(ctx context.Context, key string) (token string, s hearth.Session, by hearth.Principal, err error)
	SignInPerson(ctx context.Context, p hearth.Proof) (token string, s hearth.Session, by hearth.Principal, err error)
	// AskPasskey is a question to a browser at an origin, and what comes back with the
	// answer; SignInPasskey takes that.
	AskPasskey(origin string) (state string, options any, err error)
	SignInPasskey(ctx context.Context, origin, state string, answer []byte) (token string, s hearth.Session, by hearth.Principal, err error)
	// Accept lets somebody who was invited choose a password.
	Accept(ctx context.Context, invitation, password string) (hearth.Person, error)
	SignOut(ctx context.Context, token string) error
}

// Config is what the console is made of.
type Config struct {
	Authoriser  door.Authoriser
	Sessions    Sessions
	Directories Directories // nil: there are none
	Log         *slog.Logger
	Recorder    hearth.Recorder // of who signs in and out, and who is refused; nil is none
}

// Console serves the pages, and the session.
type Console struct {
	Config
	files    map[string]file // by path below Prefix
	index    string
	attempts *attempts
}

// New makes it.
func New(c Config) *Console {
	files, index := load()
	return &Console{Config: c, files: files, index: index, attempts: newAttempts()}
}

// Wants reports whether a request is the console's: its paths, and the front page where
// a browser asks for it.
func Wants(r *http.Request) bool {
	if r.URL.Path == "/" {
		return (r.Method == http.MethodGet || r.Method == http.MethodHead) && strings.Contains(r.Header.Get("Accept"), "text/html")
	}
	return r.URL.Path == Prefix || strings.HasPrefix(r.URL.Path, Prefix+"/")
}

// ServeHTTP serves one request.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	switch r.URL.Path {
	case "/", Prefix:
		// Beside where it was asked, whatever a proxy calls that.
		w.Header().Set("Location", strings.TrimPrefix(Prefix, "/")+"/")
		w.Header().Set("Cache-Control", "no-cache")
		w.WriteHeader(http.StatusFound)
	case Prefix + "/session":
		c.session(w, r)
	case Prefix + "/passkey":
		c.passkey(w, r)
	case Prefix + "/invitation":
		c.invitation(w, r)
	default:
		if r.URL.Path == directoryPath || strings.HasPrefix(r.URL.Path, directoryPath+"/") {
			c.directories(w, r)
			return
		}
		c.page(w, r, strings.TrimPrefix(r.URL.Path, Prefix+"/"))
	}
}

// secure sets what every answer has.
func secure(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Content-Security-Policy", policy(""))
}

// policy allows the console's own files alone, and style elements that carry the nonce.
func policy(nonce string) string {
	style := "'self'"
	if nonce != "" {
		style += " 'nonce-" + nonce + "'"
	}
	return "default-src 'none'; script-src 'self'; style-src " + style + "; img-src 'self' data:; font-src 'self'; " +
		"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
