package scenarios

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// provider starts a real OpenID provider that sends people back to an address.
func provider(t *testing.T, back string) (issuer string) {
	t.Helper()
	if _, err := os.Stat("oidc/node_modules/oidc-provider"); err != nil {
		t.Skip("there is no OpenID provider: make deps")
	}
	cmd := exec.Command("node", "provider.mjs", back)
	cmd.Dir = "oidc"
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "http://") {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return lines.Text()
		}
	}
	t.Fatal("the provider does not start")
	return ""
}

// surfer is a browser that keeps cookies.
func surfer(t *testing.T) *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

var formAction = regexp.MustCompile(`action="([^"]+)"`)

// signInElsewhere goes through the provider's pages as somebody, and returns where it ends.
func signInElsewhere(t *testing.T, browser *http.Client, start, who string) (*http.Response, string) {
	t.Helper()
	resp, err := browser.Get(start)
	for range 5 {
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		action := formAction.FindStringSubmatch(string(text))
		if action == nil || !strings.Contains(resp.Request.URL.Path, "/interaction/") {
			return resp, string(text)
		}
		form := url.Values{"prompt": {"consent"}}
		if strings.Contains(string(text), `name="login"`) {
			form = url.Values{"prompt": {"login"}, "login": {who}, "password": {"any"}}
		}
		to, parseErr := resp.Request.URL.Parse(action[1])
		if parseErr != nil {
			t.Fatal(parseErr)
		}
		resp, err = browser.PostForm(to.String(), form)
	}
	t.Fatal("the provider's pages do not end")
	return nil, ""
}

// TestOpenIDConnect signs people in by a real provider: who comes first becomes a user of
// the department that their group says, who is in no group is not let in, nobody becomes an
// administrator by it, nobody takes over who was here, and an answer that this browser has not
// asked for counts for nothing.
func TestOpenIDConnect(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	back := "http://" + address + "/console/directory/corp/back"
	issuer := provider(t, back)
	home := newHome(t)
	does(t, fed(hearth(home, "secret", "set", "corp"), "the-secret-of-hearth\n"))
	put(t, filepath.Join(home, "data", "hearth.yaml"), []byte(fmt.Sprintf(`oidc:
  - {name: corp, title: 统一身份认证, issuer: %q, client_id: hearth, client_secret: 'sealed:corp', scopes: [profile, groups], groups: [staff], departments: {credit: 信贷部}}
`, issuer)))
	department := strings.TrimSpace(does(t, hearth(home, "people", "add-department", "信贷部")))
	s := listening(t, home, hearth(home, "up", "--json", "--listen", address))
	begin := s.url + "/console/directory/corp"
	if list := s.get("/console/directory"); list != `{"directories":[{"name":"corp","title":"统一身份认证"}]}`+"\n" {
		t.Errorf("%s", list)
	}

	alice := surfer(t)
	resp, text := signInElsewhere(t, alice, begin, "alice")
	if resp.StatusCode != 200 || resp.Request.URL.Path != "/console/" {
		t.Fatalf("%d at %s: %s\n%s", resp.StatusCode, resp.Request.URL, text, s.logged())
	}
	var session caller
	here, _ := url.Parse(s.url)
	for _, k := range alice.Jar.Cookies(here) {
		if k.Name == "hearth_session" {
			session = caller{s, "Cookie", k.Value}
		}
	}
	var me struct {
		Standing, Department string
		Rights               []string
		Person               struct{ Login, Name string }
	}
	session.must("GET", "/admin/v1/me", "", 200, &me)
	if me.Standing != "user" || me.Department != department || me.Person.Login != "alice" || me.Person.Name != "alice of the house" {
		t.Errorf("%+v, in %s", me, department)
	}
	if resp, text := signInElsewhere(t, alice, begin, "alice"); resp.StatusCode != 200 || resp.Request.URL.Path != "/console/" {
		t.Errorf("once more: %d %s", resp.StatusCode, text)
	}
	if resp, text := signInElsewhere(t, surfer(t), begin, "mallory"); resp.StatusCode != 403 || !strings.Contains(text, "not_in_group") {
		t.Errorf("in no group: %d %s", resp.StatusCode, text)
	}

	// Who is here already is not who the provider calls the same, and a duty is proven here.
	first := caller{s, "Authorization", s.key}
	s.somebody(first, "boss", "user", "")
	if resp, text := signInElsewhere(t, surfer(t), begin, "boss"); resp.StatusCode != 409 || !strings.Contains(text, "name_taken") {
		t.Errorf("a name that is another one's: %d %s", resp.StatusCode, text)
	}
	does(t, hearth(home, "people", "standing", "alice", "security"))
	if status, _ := session.call("GET", "/admin/v1/me", ""); status != 401 {
		t.Errorf("after another standing: %d", status)
	}
	if resp, text := signInElsewhere(t, surfer(t), begin, "alice"); resp.StatusCode != 403 || !strings.Contains(text, "duty_signs_in_here") {
		t.Errorf("an administrator: %d %s", resp.StatusCode, text)
	}
	does(t, hearth(home, "people", "standing", "alice", "user"))
	does(t, hearth(home, "people", "disable", "alice"))
	if resp, text := signInElsewhere(t, surfer(t), begin, "alice"); resp.StatusCode != 401 {
		t.Errorf("disabled: %d %s", resp.StatusCode, text)
	}

	for _, forged := range []string{"", "?code=x&state=y", "?error=access_denied"} {
		r, err := http.Get(back + forged)
		if err != nil || r.StatusCode != 401 || len(r.Cookies()) > 1 {
			t.Errorf("%q: %v %v", forged, r, err)
		}
	}
	if r, err := http.Get(s.url + "/console/directory/none"); err != nil || r.StatusCode != 404 {
		t.Errorf("%v %v", r, err)
	}
}
