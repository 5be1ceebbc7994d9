package scenarios

import (
	"bufio"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	vocabulary "github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/gateway"
)

// feed is a stream that is read line by line.
type feed struct {
	t     *testing.T
	lines *bufio.Scanner
}

// follow opens a stream.
func (s *server) follow(t *testing.T, path string) *feed {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.key)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return &feed{t, bufio.NewScanner(resp.Body)}
}

// until reads up to a line that has the text, and reports whether there was one.
func (f *feed) until(text string) bool {
	for f.lines.Scan() {
		if strings.Contains(f.lines.Text(), text) {
			return true
		}
	}
	return false
}

// caller is somebody, by one of the ways to say who one is.
type caller struct {
	s       *server
	carrier string // a header, or Cookie
	with    string // a key or a session
}

// call sends a request and returns status and body.
func (c caller) call(method, path, body string) (int, string) {
	c.s.t.Helper()
	ctx, cancel := context.WithTimeout(c.s.t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, c.s.url+path, strings.NewReader(body))
	if err != nil {
		c.s.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	switch c.carrier {
	case "":
	case "Authorization":
		r.Header.Set(c.carrier, "Bearer "+c.with)
	case "Cookie":
		r.Header.Set("Cookie", "hearth_session="+c.with)
		r.Header.Set("X-Hearth-Console", "1")
	default:
		r.Header.Set(c.carrier, c.with)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		c.s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") && strings.HasSuffix(path, "/events") {
		return resp.StatusCode, "" // which has no end
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		c.s.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// must is call, of which something comes back as JSON.
func (c caller) must(method, path, body string, status int, to any) {
	c.s.t.Helper()
	got, text := c.call(method, path, body)
	if got != status {
		c.s.t.Fatalf("%s %s %s: %d %s", method, path, body, got, text)
	}
	if to != nil {
		if err := json.Unmarshal([]byte(text), to); err != nil {
			c.s.t.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
}

// signIn begins a session in the console, as a page of it does.
func (s *server) signIn(body string) (session caller, status int, answer string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/console/session", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("X-Hearth-Console", "1")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	session = caller{s: s, carrier: "Cookie"}
	for _, k := range resp.Cookies() {
		session.with = k.Value
	}
	return session, resp.StatusCode, string(text)
}

const goodPassword = "Correct-horse-9"

// somebody adds a person, lets them choose a password, and signs them in.
func (s *server) somebody(by caller, login, standing, tenant string) (id string, session caller) {
	s.t.Helper()
	var p struct{ ID, Invitation string }
	by.must("POST", "/admin/v1/people", fmt.Sprintf(`{"login":%q,"name":%q,"standing":%q,"tenant":%q}`, login, login, standing, tenant), 201, &p)
	s.accept(p.Invitation)
	session, status, answer := s.signIn(fmt.Sprintf(`{"login":%q,"password":%q}`, login, goodPassword))
	if status != 200 {
		s.t.Fatalf("%s can't come in: %d %s", login, status, answer)
	}
	return p.ID, session
}

// accept takes an invitation.
func (s *server) accept(invitation string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/console/invitation", strings.NewReader(fmt.Sprintf(`{"invitation":%q,"password":%q}`, invitation, goodPassword)))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("X-Hearth-Console", "1")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 200 {
		s.t.Fatalf("an invitation: %d", resp.StatusCode)
	}
}

// enrol gets somebody a second factor, and returns its secret.
func (s *server) enrol(session caller) (secret []byte) {
	s.t.Helper()
	var e struct{ Secret, URI string }
	session.must("POST", "/admin/v1/me/second-factor", `{}`, 200, &e)
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(e.Secret)
	if err != nil || !strings.HasPrefix(e.URI, "otpauth://totp/hearth:") {
		s.t.Fatalf("%+v %v", e, err)
	}
	var codes struct {
		Codes []string `json:"recovery_codes"`
	}
	session.must("POST", "/admin/v1/me/second-factor/prove", fmt.Sprintf(`{"code":%q}`, totp(secret, 0)), 200, &codes)
	if len(codes.Codes) != 10 {
		s.t.Fatalf("%v", codes)
	}
	return secret
}

// totp is what an authenticator shows, so many steps from now (RFC 6238).
func totp(secret []byte, later int64) string {
	m := hmac.New(sha1.New, secret)
	_ = binary.Write(m, binary.BigEndian, time.Now().Unix()/30+later)
	sum := m.Sum(nil)
	at := sum[19] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:at+4])&0x7FFFFFFF%1_000_000)
}

// officers are the three administrators, signed in, with the setting up finished.
func (s *server) officers() map[string]caller {
	s.t.Helper()
	first := caller{s, "Authorization", s.key}
	list := map[string]caller{}
	for _, duty := range []string{"system", "security", "audit"} {
		_, session := s.somebody(first, duty+"-officer", duty, "")
		s.enrol(session)
		list[duty] = session
	}
	first.must("POST", "/admin/v1/setup/finish", "", 204, nil)
	return list
}

// TestThreeAdministrators sets an appliance up as a bank would, from the first key to the
// emergency, through the doors alone.
func TestThreeAdministrators(t *testing.T) {
	home := newHome(t)
	s := start(t, home)
	first := caller{s, "Authorization", s.key}
	if status, body := first.call("POST", "/admin/v1/setup/finish", ""); status != 409 || !strings.Contains(body, "setup_incomplete") {
		t.Errorf("finishing too early: %d %s", status, body)
	}
	officers := s.officers()
	if status, _ := first.call("GET", "/v1/models", ""); status != 401 {
		t.Errorf("the first key after the setting up: %d", status)
	}
	if out, err := hearth(home, "key", "create", "--admin", "--name", "back door").CombinedOutput(); err == nil || !strings.Contains(string(out), "setting up is finished") {
		t.Errorf("a key for everything from the command line: %v %s", err, out)
	}
	if out, err := hearth(home, "people", "standing", "audit-officer", "user").CombinedOutput(); err == nil || !strings.Contains(string(out), "setting up is finished") {
		t.Errorf("a standing from the command line: %v %s", err, out)
	}
	if out, err := hearth(home, "queue", "--once").CombinedOutput(); err != nil {
		t.Errorf("looking on from the command line: %v %s", err, out)
	}
	if out, err := hearth(home, "people", "list").CombinedOutput(); err != nil || !strings.Contains(string(out), "password and code") {
		t.Errorf("people: %v %s", err, out)
	}

	// One enters a branch's clerk, another says which models the branch may use, and the
	// clerk makes a key.
	var branch struct{ ID string }
	officers["system"].must("POST", "/admin/v1/tenants", `{"name":"分行"}`, 201, &branch)
	officers["security"].must("PUT", "/admin/v1/tenants/"+branch.ID+"/models", `{"models":["chat"]}`, 200, nil)
	id, clerk := s.somebody(officers["system"], "clerk", "user", branch.ID)
	var key struct{ ID, Key string }
	clerk.must("POST", "/admin/v1/me/keys", `{"name":"script"}`, 201, &key)
	var me struct {
		Tenant string
		Rights []string
		Person struct{ Login string }
	}
	script := caller{s, "X-Api-Key", key.Key}
	if script.must("GET", "/admin/v1/me", "", 200, &me); me.Tenant != branch.ID || !slices.Equal(me.Rights, []string{"ask"}) || me.Person.Login != "clerk" {
		t.Errorf("the clerk's key is %+v", me)
	}
	officers["security"].must("PUT", "/admin/v1/tenants/"+branch.ID+"/models", `{"models":["other-*"]}`, 200, nil)
	for path, body := range map[string]string{
		"/v1/chat/completions": `{"model":"chat","messages":[{"role":"user","content":"hi"}]}`, "/v1/completions": `{"model":"chat","prompt":"hi"}`,
		"/v1/responses": `{"model":"Chat","input":"hi"}`, "/v1/embeddings": `{"model":"chat","input":"hi"}`, "/v1/rerank": `{"model":"chat","query":"q","documents":["d"]}`,
		"/v1/messages":              `{"model":"chat","max_tokens":4,"messages":[{"role":"user","content":"hi"}]}`,
		"/v1/messages/count_tokens": `{"model":"chat","messages":[{"role":"user","content":"hi"}]}`,
		"/api/chat":                 `{"model":"chat:latest","messages":[{"role":"user","content":"hi"}]}`, "/api/generate": `{"model":"chat","prompt":"hi"}`,
		"/api/show": `{"model":"chat"}`, "/api/embed": `{"model":"chat","input":"hi"}`,
	} {
		if status, answer := script.call("POST", path, body); status != 404 {
			t.Errorf("a model that is not there for the branch, %s: %d %s", path, status, answer)
		}
	}
	for _, path := range []string{"/v1/models", "/api/tags"} {
		if status, answer := script.call("GET", path, ""); status != 200 || strings.Contains(answer, "chat") {
			t.Errorf("%s: %d %s", path, status, answer)
		}
	}
	if status, _ := script.call("GET", "/v1/models/chat", ""); status != 404 {
		t.Errorf("the model itself: %d", status)
	}

	// In an emergency two of them make one of them everything.
	if status, _ := officers["system"].call("GET", "/admin/v1/audit", ""); status != 403 {
		t.Errorf("the system administrator reads the record: %d", status)
	}
	var e struct{ ID string }
	officers["system"].must("POST", "/admin/v1/emergencies", `{"reason":"the auditor left","minutes":10}`, 201, &e)
	if status, _ := officers["system"].call("POST", "/admin/v1/emergencies/"+e.ID+"/approve", ""); status != 403 {
		t.Errorf("approved alone: %d", status)
	}
	officers["security"].must("POST", "/admin/v1/emergencies/"+e.ID+"/approve", "", 200, nil)
	officers["system"].must("GET", "/admin/v1/audit", "", 200, nil)
	officers["security"].must("DELETE", "/admin/v1/emergencies/"+e.ID, "", 204, nil)
	if status, _ := officers["system"].call("GET", "/admin/v1/audit", ""); status != 403 {
		t.Errorf("after the emergency: %d", status)
	}

	// Who is disabled is out, with sessions and keys.
	officers["system"].must("PATCH", "/admin/v1/people/"+id, `{"disabled":true}`, 200, nil)
	for _, c := range []caller{clerk, script} {
		if status, _ := c.call("GET", "/v1/models", ""); status != 401 {
			t.Errorf("a disabled clerk by %s: %d", c.carrier, status)
		}
	}
	acts := map[string]bool{}
	for _, r := range auditRecords(t, home) {
		acts[r.Act] = true
	}
	for _, act := range []string{"add-person", "accept-invitation", "sign-in", "finish-setup", "set-tenant-models", "create-own-key", "ask-emergency", "approve-emergency", "end-emergency", "change-person", "manage"} {
		if !acts[act] {
			t.Errorf("%s is not on record", act)
		}
	}
}

// TestLiveStreamsEnd: a stream whose key is revoked, by another process, or whose person is
// disabled, ends with an error that its dialect has.
func TestLiveStreamsEnd(t *testing.T) {
	u := &talker{}
	up := httptest.NewServer(u)
	t.Cleanup(up.Close)
	home := newHome(t)
	put(t, filepath.Join(home, "data", "hearth.yaml"), []byte(fmt.Sprintf("upstreams:\n  - {name: far, url: %s/v1, concurrent: 64}\n", up.URL)))
	s := start(t, home)
	first := caller{s, "Authorization", s.key}
	id, clerk := s.somebody(first, "clerk", "user", "")
	message := `"stream":true,"messages":[{"role":"user","content":"hi"}]}`
	for path, c := range map[string]struct{ body, end string }{
		"/v1/chat/completions": {`{"model":"far",` + message, `"code":"`},
		"/v1/completions":      {`{"model":"far","stream":true,"prompt":"hi"}`, `"code":"`},
		"/v1/messages":         {`{"model":"far","max_tokens":9,` + message, `event: error`},
		"/v1/responses":        {`{"model":"far","stream":true,"input":"hi"}`, `event: response.failed`},
		"/api/chat":            {`{"model":"far",` + message, `"code":"`},
	} {
		var k struct{ ID, Key string }
		first.must("POST", "/admin/v1/keys", `{"name":"n"}`, 201, &k)
		stream := begin(t, s, caller{s, "Authorization", k.Key}, path, c.body)
		if !stream.until("word") {
			t.Fatalf("%s did not begin", path)
		}
		began := time.Now()
		if out, err := hearth(home, "key", "revoke", k.ID).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
		if !stream.until(c.end) {
			t.Errorf("%s: no end that clients know", path)
		}
		stream.until("\x00") // nothing follows
		t.Logf("%s ended %v after the command to revoke was begun", path, time.Since(began).Round(time.Millisecond))
	}
	stream := begin(t, s, clerk, "/v1/chat/completions", `{"model":"far",`+message)
	if !stream.until("word") {
		t.Fatal("it did not begin")
	}
	first.must("PATCH", "/admin/v1/people/"+id, `{"disabled":true}`, 200, nil)
	if !stream.until("session_ended") {
		t.Error("the stream of somebody who was disabled goes on")
	}

	// An answer in the background does not go on either.
	var k struct{ ID, Key string }
	first.must("POST", "/admin/v1/keys", `{"name":"n"}`, 201, &k)
	if status, body := (caller{s, "Authorization", k.Key}).call("POST", "/v1/responses", `{"model":"far","background":true,"input":"hi"}`); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	queue := s.follow(t, "/v1/queue?stream=true")
	if !queue.until(`"running":1`) {
		t.Error("nothing runs in the background")
	}
	first.must("DELETE", "/admin/v1/keys/"+k.ID, "", 204, nil)
	if !queue.until(`"running":0`) {
		t.Error("an answer in the background goes on without its key")
	}
}

// talker is an upstream that never stops talking by itself.
type talker struct{}

func (u *talker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		fmt.Fprint(w, `{"object":"list","data":[{"id":"far","object":"model"}]}`)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		fmt.Fprint(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"}}]}\n\n")
		w.(http.Flusher).Flush()
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

// begin posts and follows the answer.
func begin(t *testing.T, s *server, by caller, path, body string) *feed {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if by.carrier == "Cookie" {
		r.Header.Set("Cookie", "hearth_session="+by.with)
		r.Header.Set("X-Hearth-Console", "1")
	} else {
		r.Header.Set("Authorization", "Bearer "+by.with)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return &feed{t, bufio.NewScanner(resp.Body)}
}

// policy reads the table of docs/access.md: the rights of every standing.
func policy(t *testing.T) map[string]map[string]bool {
	t.Helper()
	text, err := os.ReadFile("../docs/access.md")
	if err != nil {
		t.Fatal(err)
	}
	rights := map[string]map[string]bool{}
	var standings []string
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.Trim(strings.TrimSpace(cells[i]), "`")
		}
		switch {
		case cells[0] == "Right":
			standings = cells[2:]
			for _, s := range standings {
				rights[s] = map[string]bool{}
			}
		case standings != nil && strings.HasPrefix(cells[0], "-"):
		case standings != nil && len(cells) == len(standings)+2:
			for i, s := range standings {
				rights[s][cells[0]] = cells[i+2] == "yes"
			}
		case len(rights) > 0:
			return rights
		}
	}
	t.Fatal("docs/access.md has no table of rights")
	return nil
}

// route is one that may be called, and the rights of which one is needed.
type route struct {
	method, path string
	rights       []string
}

// allRoutes are those of the doors: what the document says of one, and the list of the
// other.
func allRoutes(s *server) []route {
	s.t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			Rights *[]string `json:"x-hearth-rights"`
		}
	}
	caller{s, "Authorization", s.key}.must("GET", "/admin/v1/openapi.json", "", 200, &doc)
	var list []route
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if op.Rights == nil {
				s.t.Fatalf("%s %s says nothing of rights", method, path)
			}
			list = append(list, route{strings.ToUpper(method), path, *op.Rights})
		}
	}
	for _, r := range gateway.Routes() {
		list = append(list, route{r.Method, r.Path, r.May.Names()})
	}
	slices.SortFunc(list, func(a, b route) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return list
}

// open reports whether a set of rights opens a route.
func (r route) open(has map[string]bool) bool {
	return len(r.rights) == 0 || slices.ContainsFunc(r.rights, func(x string) bool { return has[x] })
}

// inPath is what stands for a name in a path.
var inPath = regexp.MustCompile(`\{[a-z]+\}|\*`)

// at is the route's path with a name in it, and whether it takes one.
func (r route) at(name string) (string, bool) {
	path := inPath.ReplaceAllString(r.path, name)
	return path, path != r.path
}

// sound are bodies of routes that read them before they look for what the path names.
var sound = map[string]string{
	"/admin/v1/conversations/{id}/shared":          `{"shared":true}`,
	"/admin/v1/conversations/{id}/feedback/{turn}": `{"model":"chat","good":true}`,
}

// harmless is a body that no route gets any further with.
func (r route) harmless() string {
	if r.method == "POST" || r.method == "PUT" || r.method == "PATCH" {
		return "{"
	}
	return ""
}

// changesNothing are routes that are not GET, take no body that could be wrong, and may be
// called by everyone who is let in.
var changesNothing = []string{"/admin/v1/audit/verify", "/admin/v1/measurements/running"}

// TestMatrix is generated: every route of every door, by every carrier, with every
// standing, holds to the table of docs/access.md; and no name of what is another one's
// opens anything, nor is told from one that means nothing.
func TestMatrix(t *testing.T) {
	home := newHome(t)
	s := start(t, home)
	first := caller{s, "Authorization", s.key}
	table, list := policy(t), allRoutes(s)
	if len(list) < 60 {
		t.Fatalf("%d routes", len(list))
	}
	for standing, has := range table {
		if got := vocabulary.Standing(standing).Rights().Names(); len(got) != len(slices.Collect(trues(has))) || !slices.ContainsFunc(got, func(r string) bool { return has[r] }) {
			t.Errorf("%s has %v, and in docs/access.md %v", standing, got, has)
		}
	}

	type actor struct {
		name, with string
		session    bool
		has        map[string]bool
	}
	nobody := map[string]bool{}
	var actors []actor
	add := func(name, with string, session bool, has map[string]bool) {
		actors = append(actors, actor{name, with, session, has})
	}
	keyed := func(has map[string]bool) map[string]bool { // no key is for one's own affairs
		has = maps.Clone(has)
		has["self"] = false
		return has
	}
	add("admin key", s.key, false, keyed(table["admin"]))
	var program struct{ ID, Key string }
	first.must("POST", "/admin/v1/keys", `{"name":"program"}`, 201, &program)
	add("program's key", program.Key, false, keyed(table["user"]))
	first.must("POST", "/admin/v1/keys", `{"name":"narrow","rights":["ask"]}`, 201, &program)
	add("narrow key", program.Key, false, map[string]bool{"ask": true})
	people := map[string]string{} // ids
	for _, standing := range []string{"user", "system", "security", "audit"} {
		id, session := s.somebody(first, "a-"+standing, standing, "")
		if people[standing] = id; standing != "user" {
			_, bare := s.somebody(first, "bare-"+standing, standing, "")
			add(standing+" without a second factor", bare.with, true, map[string]bool{"self": true})
			s.enrol(session)
		}
		add(standing+" in person", session.with, true, table[standing])
		var rights []string
		for right := range trues(keyed(table[standing])) {
			rights = append(rights, right)
		}
		slices.Sort(rights)
		var k struct{ Key string }
		named, _ := json.Marshal(rights)
		session.must("POST", "/admin/v1/me/keys", fmt.Sprintf(`{"name":"own","rights":%s}`, named), 201, &k)
		add(standing+"'s key", k.Key, false, keyed(table[standing]))
	}

	calls := 0
	check := func(r route, c caller, who string, open bool) {
		calls++
		path, _ := r.at("nothing")
		status, body := c.call(r.method, path, r.harmless())
		refused := status == 403 && strings.Contains(body, "permission_denied")
		if status == 401 || refused == open || !open && status != 403 || status >= 500 || open && status < 300 && r.method != "GET" && !slices.Contains(changesNothing, r.path) {
			t.Errorf("%s %s by %s in %s: %d %.200s, and it is open: %v", r.method, r.path, who, c.carrier, status, body, open)
		}
	}
	for _, r := range list {
		if _, takes := r.at(""); r.path == "/admin/v1/setup/finish" && !takes {
			continue // it takes no body that could be wrong; TestThreeAdministrators is about it
		}
		for _, a := range actors {
			carriers := []string{"Authorization", "X-Api-Key", "Api-Key"}
			if a.session {
				carriers = append(carriers, "Cookie")
			}
			for _, carrier := range carriers {
				check(r, caller{s, carrier, a.with}, a.name, r.open(a.has))
			}
		}
		path, _ := r.at("nothing")
		for _, c := range []caller{{s, "", ""}, {s, "Authorization", "hk_wrong"}, {s, "X-Api-Key", "hs_wrong"}, {s, "Cookie", "hs_wrong"}} {
			if calls++; r.open(nobody) && c.with == "" {
				continue
			}
			if status, body := c.call(r.method, path, r.harmless()); status != 401 {
				t.Errorf("%s %s by a stranger in %q: %d %s", r.method, r.path, c.carrier, status, body)
			}
		}
	}
	t.Logf("%d routes, %d kinds of caller, %d calls", len(list), len(actors), calls)
	s.foreign(list, first, people)
}

func trues(m map[string]bool) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k, v := range m {
			if v && !yield(k) {
				return
			}
		}
	}
}

// foreign gives every route that takes a name all the names of what is another one's: for
// who may not see to other people's affairs they are as good as none.
func (s *server) foreign(list []route, first caller, people map[string]string) {
	t := s.t
	t.Helper()
	_, owner := s.somebody(first, "owner", "user", "")
	_, thief := s.somebody(first, "thief", "user", "")
	var key struct{ ID, Key string }
	owner.must("POST", "/admin/v1/me/keys", `{"name":"own"}`, 201, &key)
	var answer struct{ ID string }
	owner.must("POST", "/v1/responses", `{"model":"chat","max_output_tokens":16,"input":"hi"}`, 200, &answer)
	var tenant struct{ ID string }
	first.must("POST", "/admin/v1/tenants", `{"name":"hidden"}`, 201, &tenant)
	const said = "0123456789abcdef01234567"
	owner.must("PUT", "/admin/v1/conversations/"+said, `{"title":"own","revision":0,"created":1,"updated":1,"said":"own","body":{}}`, 200, nil)
	foreign := []string{key.ID, answer.ID, tenant.ID, people["system"], people["user"], said}
	tried := 0
	for _, r := range list {
		if path, takes := r.at("x"); !takes || strings.HasPrefix(path, "/v1/models/") || r.method+r.path == "PUT/admin/v1/conversations/{id}" { // whose name is the caller's choice
			continue
		}
		body := cmp.Or(sound[r.path], r.harmless())
		for _, name := range foreign {
			path, _ := r.at(name)
			none, _ := r.at(strings.Repeat("0", len(name)))
			status, body1 := thief.call(r.method, path, body)
			status0, body0 := thief.call(r.method, none, body)
			body1, body0 = strings.ReplaceAll(body1, name, "ID"), strings.ReplaceAll(body0, strings.Repeat("0", len(name)), "ID")
			if tried++; status != status0 || withoutIDs(body1) != withoutIDs(body0) || status != 404 && status != 403 {
				t.Errorf("%s %s: %d %s, and with no such name: %d %s", r.method, path, status, body1, status0, body0)
			}
		}
	}
	if status, body := owner.call("GET", "/v1/responses/"+answer.ID, ""); status != 200 {
		t.Errorf("the owner's answer is gone: %d %s", status, body)
	}
	if status, _ := (caller{s, "Authorization", key.Key}).call("GET", "/v1/models", ""); status != 200 {
		t.Errorf("the owner's key is gone: %d", status)
	}
	t.Logf("%d foreign names tried", tried)
}

// withoutIDs is a body without the id of its request.
func withoutIDs(body string) string {
	before, after, ok := strings.Cut(body, `"request_id":"`)
	if !ok {
		return body
	}
	_, after, _ = strings.Cut(after, `"`)
	return before + after
}
