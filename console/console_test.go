package console_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/console"
)

// people stands in for who keeps keys: "good" is one, and sessions are numbered.
type people struct {
	sessions map[string]bool
	begun    int
}

func (p *people) SignIn(_ context.Context, key string) (string, hearth.Session, hearth.Principal, error) {
	if key != "good" {
		return "", hearth.Session{}, hearth.Principal{}, hearth.NewError(hearth.InvalidKey, "detail", hearth.Words{"wrong", "错误"})
	}
	p.begun++
	token := "hs_" + strings.Repeat("x", p.begun)
	p.sessions[token] = true
	now := time.Now()
	return token, hearth.Session{Created: now, Expires: now.Add(time.Hour)}, hearth.Principal{KeyID: "k1", Name: "me", Standing: hearth.StandingAdmin}, nil
}

// SignInPerson lets in who has the right password and code.
func (p *people) SignInPerson(ctx context.Context, f hearth.Proof) (string, hearth.Session, hearth.Principal, error) {
	switch {
	case f.Login != "li" || f.Password != "right":
		return "", hearth.Session{}, hearth.Principal{}, hearth.NewError(hearth.SignInRefused)
	case f.Code == "":
		return "", hearth.Session{}, hearth.Principal{}, hearth.NewError(hearth.CodeRequired)
	}
	return p.SignIn(ctx, "good")
}

// AskPasskey asks; a browser that says yes has the passkey.
func (p *people) AskPasskey(origin string) (string, any, error) {
	return "state of " + origin, map[string]string{"challenge": "c"}, nil
}

func (p *people) SignInPasskey(ctx context.Context, origin, state string, answer []byte) (string, hearth.Session, hearth.Principal, error) {
	if state != "state of "+origin || string(answer) != `{"id":"k"}` {
		return "", hearth.Session{}, hearth.Principal{}, hearth.NewError(hearth.PasskeyRefused)
	}
	return p.SignIn(ctx, "good")
}

func (p *people) Accept(_ context.Context, invitation, password string) (hearth.Person, error) {
	switch {
	case invitation != "hi_good":
		return hearth.Person{}, hearth.NewError(hearth.InvitationInvalid)
	case password == "weak":
		return hearth.Person{}, hearth.NewError(hearth.PasswordWeak, "detail", "weak")
	}
	return hearth.Person{ID: "p_1", Login: "li"}, nil
}

func (p *people) Hold(ctx context.Context, _ hearth.Principal, _ func(string) []string) (context.Context, func()) {
	return ctx, func() {}
}

func (p *people) SignOut(_ context.Context, token string) error {
	delete(p.sessions, token)
	return nil
}

func (p *people) Authenticate(_ context.Context, header func(string) []string) (hearth.Principal, error) {
	if v := header("Authorization"); len(v) == 1 && p.sessions[strings.TrimPrefix(v[0], "Bearer ")] {
		return hearth.Principal{KeyID: "k1", Name: "me", Standing: hearth.StandingAdmin}, nil
	}
	return hearth.Principal{}, hearth.NewError(hearth.MissingKey)
}

func start() (*people, *console.Console) {
	p := &people{sessions: map[string]bool{}}
	return p, console.New(console.Config{Authoriser: p, Sessions: p, Log: slog.New(slog.DiscardHandler)})
}

// ask sends what a page of the console sends, with changes.
func ask(c *console.Console, method, path, body string, change ...func(*http.Request)) *http.Response {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set(console.Header, "1")
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w.Result()
}

func with(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

const (
	session    = console.Prefix + "/session"
	invitation = console.Prefix + "/invitation"
)

func TestSigningIn(t *testing.T) {
	p, c := start()
	in := ask(c, "POST", session, `{"key":"good"}`)
	cookies := in.Cookies()
	if in.StatusCode != 200 || len(cookies) != 1 {
		t.Fatalf("%d, %d cookies", in.StatusCode, len(cookies))
	}
	k := cookies[0]
	if !k.HttpOnly || k.SameSite != http.SameSiteStrictMode || k.Path != "/" || k.Domain != "" || k.Secure || k.Name != "hearth_session" || k.MaxAge != 3600 {
		t.Errorf("cookie %+v", k)
	}
	held := with("Cookie", k.Name+"="+k.Value)
	var who struct {
		Name, Standing string
		KeyID          string `json:"key_id"`
	}
	seen := ask(c, "GET", session, "", held)
	if err := json.NewDecoder(seen.Body).Decode(&who); err != nil || who.Name != "me" || who.Standing != "admin" || who.KeyID != "k1" {
		t.Errorf("%+v (%v)", who, err)
	}
	if seen.Header.Get("Cache-Control") != "no-store" {
		t.Error("a proxy may keep who is signed in")
	}
	out := ask(c, "DELETE", session, "", held)
	if out.StatusCode != 204 || len(p.sessions) != 0 || out.Cookies()[0].MaxAge >= 0 {
		t.Errorf("%d, %v, %+v", out.StatusCode, p.sessions, out.Cookies())
	}
	if r := ask(c, "GET", session, "", held); r.StatusCode != 204 {
		t.Errorf("signed out: %d", r.StatusCode)
	}
}

// TestPeopleSignIn: with a name, a password and a code; what is wrong is told by its code,
// and slowed down as wrong keys are.
func TestPeopleSignIn(t *testing.T) {
	_, c := start()
	rec := &records{}
	c.Recorder = rec
	for _, x := range []struct {
		path, body, want string
		status           int
	}{
		{session, `{"login":"li","password":"wrong"}`, "sign_in_refused", 401},
		{session, `{"login":"li","password":"right"}`, "code_required", 401},
		{session, `{"login":"li","password":"right","code":"123456"}`, `"rights":["ask"`, 200},
		{console.Prefix + "/passkey", ``, `{"options":{"challenge":"c"},"state":"state of http://example.com"}`, 200},
		{session, `{"state":"state of http://example.com","passkey":{"id":"k"}}`, `"rights":["ask"`, 200},
		{session, `{"state":"state of http://evil.com","passkey":{"id":"k"}}`, "passkey_refused", 401},
		{invitation, `{"invitation":"hi_bad","password":"x"}`, "invitation_invalid", 401},
		{invitation, `{"invitation":"hi_good","password":"weak"}`, "password_weak", 400},
		{invitation, `{"invitation":"hi_good","password":"right"}`, `"login":"li"`, 200},
	} {
		r := ask(c, "POST", x.path, x.body)
		text, _ := io.ReadAll(r.Body)
		if r.StatusCode != x.status || !strings.Contains(string(text), x.want) || (len(r.Cookies()) > 0) != (x.path == session && x.status == 200) {
			t.Errorf("%s %s: %d %s %v", x.path, x.body, r.StatusCode, text, r.Cookies())
		}
	}
	want := []string{"access sign-in  192.0.2.1 /console/session sign_in_refused", "access sign-in  192.0.2.1 /console/session code_required", "access sign-in k1 192.0.2.1 /console/session ",
		"access sign-in k1 192.0.2.1 /console/session ", "access sign-in  192.0.2.1 /console/session passkey_refused",
		"access sign-in  192.0.2.1 /console/invitation invitation_invalid", "access accept-invitation  192.0.2.1 /console/invitation "}
	if strings.Join(rec.list, "\n") != strings.Join(want, "\n") {
		t.Errorf("recorded\n%s", strings.Join(rec.list, "\n"))
	}
	if r := ask(c, "GET", invitation, ""); r.StatusCode != 405 {
		t.Errorf("GET: %d", r.StatusCode)
	}
	if r := ask(c, "POST", invitation, `{"invitation":"hi_good","password":"right"}`, func(r *http.Request) { r.Header.Del(console.Header) }); r.StatusCode != 400 {
		t.Errorf("a foreign page: %d", r.StatusCode)
	}
	for range 8 {
		ask(c, "POST", invitation, `{"invitation":"hi_bad","password":"x"}`)
	}
	if r := ask(c, "POST", session, `{"login":"li","password":"right","code":"123456"}`); r.StatusCode != 429 {
		t.Errorf("after ten wrong ones: %d", r.StatusCode)
	}
}

// TestFixation: a session that was there before is neither taken nor kept.
func TestFixation(t *testing.T) {
	p, c := start()
	p.sessions["hs_planted"] = true
	in := ask(c, "POST", session, `{"key":"good"}`, with("Cookie", "hearth_session=hs_planted"))
	if k := in.Cookies()[0]; k.Value == "hs_planted" || p.sessions["hs_planted"] {
		t.Errorf("kept the planted session: %+v %v", k, p.sessions)
	}
	if r := ask(c, "POST", session, `{"key":"bad"}`, with("Cookie", "hearth_session=hs_x")); r.StatusCode != 401 || len(r.Cookies()) != 0 || !p.sessions["hs_x"] {
		t.Errorf("a wrong key changed the session: %d %v", r.StatusCode, p.sessions)
	}
}

func TestSecureCookieBehindTLS(t *testing.T) {
	_, c := start()
	k := ask(c, "POST", session, `{"key":"good"}`, with("X-Forwarded-Proto", "https")).Cookies()[0]
	if !k.Secure || k.Name != "__Host-hearth_session" || k.Path != "/" {
		t.Errorf("cookie %+v", k)
	}
}

// TestForgedRequests: a cookie counts for nothing on a request that a foreign page
// could have made, and no foreign page signs anybody in.
func TestForgedRequests(t *testing.T) {
	p, c := start()
	p.sessions["hs_x"] = true
	forged := func(r *http.Request) {
		r.Header.Del(console.Header)
		r.Header.Set("Cookie", "hearth_session=hs_x")
	}
	for _, method := range []string{"GET", "POST", "DELETE"} {
		if r := ask(c, method, session, `{"key":"good"}`, forged); r.StatusCode != 400 || len(r.Cookies()) != 0 {
			t.Errorf("%s: %d", method, r.StatusCode)
		}
	}
	if !p.sessions["hs_x"] || p.begun > 0 {
		t.Error("a forged request did something")
	}
	r := httptest.NewRequest("POST", "/v1/chat/completions", nil)
	forged(r)
	if got := console.Admit(r).Header.Get("Authorization"); got != "" {
		t.Errorf("a forged request was admitted with %q", got)
	}
	r.Header.Set(console.Header, "1")
	if got := console.Admit(r).Header.Get("Authorization"); got != "Bearer hs_x" {
		t.Errorf("the console's own was admitted with %q", got)
	}
	if r.Header.Get("Authorization") != "" {
		t.Error("the caller's request was changed")
	}
	for _, name := range []string{"Authorization", "X-Api-Key", "Api-Key"} {
		own := r.Clone(t.Context())
		own.Header.Set(name, "Bearer hk_own")
		if got := console.Admit(own); got != own {
			t.Errorf("%s did not come before the cookie", name)
		}
	}
}

func TestWrongKeysAreSlowedDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := start()
		from := func(a string) func(*http.Request) { return func(r *http.Request) { r.RemoteAddr = a } }
		for i := range 10 {
			if r := ask(c, "POST", session, `{"key":"bad"}`, from("10.0.0.1:5")); r.StatusCode != 401 {
				t.Fatalf("attempt %d: %d", i, r.StatusCode)
			}
		}
		r := ask(c, "POST", session, `{"key":"good"}`, from("10.0.0.1:6"))
		text, _ := io.ReadAll(r.Body)
		if r.StatusCode != 429 || !strings.Contains(string(text), "wait 6 seconds") || r.Header.Get("Retry-After") != "6" {
			t.Errorf("%d %s %v", r.StatusCode, text, r.Header)
		}
		if r := ask(c, "POST", session, `{"key":"good"}`, from("10.0.0.2:6")); r.StatusCode != 200 {
			t.Errorf("somebody else: %d", r.StatusCode)
		}
		time.Sleep(6 * time.Second)
		if r := ask(c, "POST", session, `{"key":"good"}`, from("10.0.0.1:6")); r.StatusCode != 200 {
			t.Errorf("after the wait: %d", r.StatusCode)
		}
	})
}

func TestBadBodies(t *testing.T) {
	_, c := start()
	for body, want := range map[string]int{"": 400, "{": 400, `{"key":"` + strings.Repeat("x", 20_000) + `"}`: 413, `{"key":7}`: 400} {
		if r := ask(c, "POST", session, body); r.StatusCode != want {
			t.Errorf("%.20q: %d", body, r.StatusCode)
		}
	}
	if r := ask(c, "PUT", session, ""); r.StatusCode != 405 || r.Header.Get("Allow") == "" {
		t.Errorf("PUT: %d", r.StatusCode)
	}
}

// TestEveryAnswerIsGuarded: against being framed, sniffed, and made to load what is
// not the console's.
func TestEveryAnswerIsGuarded(t *testing.T) {
	_, c := start()
	for _, path := range []string{"/", "/console", "/console/", "/console/nothing", session} {
		h := ask(c, "GET", path, "").Header
		csp := h.Get("Content-Security-Policy")
		if h.Get("X-Frame-Options") != "DENY" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" ||
			!strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "script-src 'self';") ||
			strings.Contains(csp, "unsafe") || strings.Contains(csp, "http") {
			t.Errorf("%s: %v", path, h)
		}
	}
}

var (
	nonceOf = regexp.MustCompile(`'nonce-([^']+)'`)
	refOf   = regexp.MustCompile(`(?:src|href)="([^"]+)"`)
)

func TestPage(t *testing.T) {
	_, c := start()
	page := ask(c, "GET", "/console/", "")
	text, _ := io.ReadAll(page.Body)
	nonce := nonceOf.FindStringSubmatch(page.Header.Get("Content-Security-Policy"))
	if nonce == nil || !bytes.Contains(text, []byte(nonce[1])) || bytes.Contains(text, []byte("__NONCE__")) {
		t.Errorf("nonce %v in %s", nonce, text)
	}
	if again := ask(c, "GET", "/console/", "").Header.Get("Content-Security-Policy"); again == page.Header.Get("Content-Security-Policy") {
		t.Error("a nonce was used twice")
	}
	refs := refOf.FindAllStringSubmatch(string(text), -1)
	if len(refs) < 2 {
		t.Fatalf("the page names %v", refs)
	}
	for _, ref := range refs {
		rest, beside := strings.CutPrefix(ref[1], "./")
		if !beside {
			t.Errorf("%s does not lie beside the page", ref[1])
			continue
		}
		plain, _ := io.ReadAll(ask(c, "GET", "/console/"+rest, "").Body)
		zipped := ask(c, "GET", "/console/"+rest, "", with("Accept-Encoding", "gzip, br;q=0"))
		z, err := gzip.NewReader(zipped.Body)
		if err != nil {
			t.Fatalf("%s: %v %v", rest, err, zipped.Header)
		}
		if unzipped, _ := io.ReadAll(z); !bytes.Equal(plain, unzipped) || len(plain) == 0 {
			t.Errorf("%s: the codings differ", rest)
		}
		brotli := ask(c, "GET", "/console/"+rest, "", with("Accept-Encoding", "gzip, deflate, br, zstd"))
		if h := brotli.Header; h.Get("Content-Encoding") != "br" || h.Get("Vary") != "Accept-Encoding" || !strings.Contains(h.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %v", rest, h)
		}
	}
}

func TestMissingFilesAreMissing(t *testing.T) {
	_, c := start()
	for _, path := range []string{"/console/assets/nothing.js", "/console/index.html", "/console/../go.mod", "/console/assets/", "/console/chat"} {
		if r := ask(c, "GET", path, ""); r.StatusCode != 404 || strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", path, r.StatusCode, r.Header)
		}
	}
	if r := ask(c, "POST", "/console/", ""); r.StatusCode != 405 {
		t.Errorf("POST: %d", r.StatusCode)
	}
}

func TestFrontPageIsTheConsoleForBrowsersAlone(t *testing.T) {
	_, c := start()
	r := httptest.NewRequest("GET", "/", nil)
	if console.Wants(r) {
		t.Error("a program was sent to the console")
	}
	r.Header.Set("Accept", "text/html,application/xhtml+xml")
	if !console.Wants(r) {
		t.Error("a browser was not")
	}
	if got := ask(c, "GET", "/", "").Header.Get("Location"); got != "console/" {
		t.Errorf("sent to %q, which is wrong below a sub-path", got)
	}
	for path, want := range map[string]bool{"/console": true, "/console/x": true, "/consoles": false, "/v1/models": false, "/admin/v1/status": false} {
		if console.Wants(httptest.NewRequest("GET", path, nil)) != want {
			t.Errorf("%s: want %v", path, want)
		}
	}
}

// records keeps what is recorded.
type records struct {
	list []string
	err  error
}

func (r *records) Record(_ context.Context, x hearth.Record) error {
	r.list = append(r.list, strings.Join([]string{string(x.Kind), x.Act, x.By.KeyID, x.From, x.Object, string(x.Result)}, " "))
	return r.err
}

// TestSigningInIsRecorded: who comes, who is refused and who goes; that nobody is signed
// in is not worth it. Who can't be recorded does not come in.
func TestSigningInIsRecorded(t *testing.T) {
	p, c := start()
	rec := &records{}
	c.Recorder = rec
	ask(c, "GET", session, "")
	ask(c, "POST", session, `{"key":"bad"}`)
	k := ask(c, "POST", session, `{"key":"good"}`).Cookies()[0]
	ask(c, "DELETE", session, "", with("Cookie", k.Name+"="+k.Value))
	want := []string{"access sign-in  192.0.2.1 " + session + " invalid_api_key", "access sign-in k1 192.0.2.1 " + session + " ", "access sign-out k1 192.0.2.1 " + session + " "}
	if strings.Join(rec.list, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(rec.list, "\n"))
	}
	rec.err = hearth.NewError(hearth.AuditUnavailable)
	if r := ask(c, "POST", session, `{"key":"good"}`); r.StatusCode != 503 || len(r.Cookies()) != 0 || len(p.sessions) != 0 {
		t.Errorf("unrecorded: %d, %d sessions", r.StatusCode, len(p.sessions))
	}
}

// TestPagesThatLookOnByThemselves: what they ask is told from what somebody does.
func TestPagesThatLookOnByThemselves(t *testing.T) {
	for path, want := range map[string]string{"/admin/v1/status": "1", "/v1/queue": "1", "/v1/models": "", "/admin/v1/people": ""} {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Cookie", "hearth_session=hs_x")
		r.Header.Set(console.Header, "1")
		if got := console.Admit(r).Header.Get("X-Hearth-Background"); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
}
