package scenarios

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// guarded is an upstream that wants a key.
type guarded struct{ key atomic.Pointer[string] }

func (g *guarded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+*g.key.Load() {
		http.Error(w, `{"error":{"message":"wrong key","code":"invalid_api_key"}}`, http.StatusUnauthorized)
		return
	}
	if r.Method == http.MethodGet {
		fmt.Fprint(w, `{"object":"list","data":[{"id":"far","object":"model"}]}`)
		return
	}
	fmt.Fprint(w, `{"id":"x","object":"chat.completion","model":"far","choices":[{"index":0,"message":{"role":"assistant","content":"well"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}`)
}

func (g *guarded) want(key string) { g.key.Store(&key) }

// fed is a command with something on its standard input.
func fed(cmd *exec.Cmd, in string) *exec.Cmd {
	cmd.Stdin = strings.NewReader(in)
	return cmd
}

// does runs a command that has to do well.
func does(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v %s", cmd.Args, err, out)
	}
	return string(out)
}

// refuses runs a command that has to fail with an exit code and words.
func refuses(t *testing.T, code int, words string, cmd *exec.Cmd) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if e, ok := errors.AsType[*exec.ExitError](err); !ok || e.ExitCode() != code || !strings.Contains(string(out), words) {
		t.Errorf("%s: %v %s", cmd.Args, err, out)
	}
}

// filesWith lists the files below a folder that hold a text.
func filesWith(t *testing.T, folder string, text []byte) (list []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, text) {
			list = append(list, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestSecretsAreSealed: an upstream's key is nowhere but sealed, keys are rotated while
// the server answers, another key is used after a reload, and one that was destroyed is gone.
func TestSecretsAreSealed(t *testing.T) {
	g := &guarded{}
	g.want("sk-the-first-key")
	up := httptest.NewServer(g)
	t.Cleanup(up.Close)
	home := newHome(t)
	data := filepath.Join(home, "data")
	does(t, fed(hearth(home, "secret", "set", "far"), "sk-the-first-key\n"))
	put(t, filepath.Join(data, "hearth.yaml"), []byte(fmt.Sprintf("upstreams:\n  - {name: far, url: %s/v1, key: 'sealed:far'}\n", up.URL)))
	s := start(t, home)
	ask := func(want int) {
		t.Helper()
		if status, body := s.ask("/v1/chat/completions", `{"model":"far","messages":[{"role":"user","content":"hi"}]}`); status != want {
			t.Errorf("%d %s\n%s", status, body, s.log)
		}
	}
	ask(200)
	if found := filesWith(t, data, []byte("sk-the-first-key")); found != nil {
		t.Errorf("the key stands in %q", found)
	}
	for _, old := range []string{"secret", "signing.pem", "signing-sm2.pem"} {
		if _, err := os.Stat(filepath.Join(data, old)); err == nil {
			t.Errorf("%s lies there as it is", old)
		}
	}
	session := caller{s, "Authorization", s.key}
	_, clerk := s.somebody(session, "clerk", "user", "")
	secret := s.enrol(clerk)
	for range 3 { // the first keys are forgotten by then
		if out := does(t, hearth(home, "keyring", "rotate")); !strings.Contains(out, "1 second factors") {
			t.Errorf("%s", out)
		}
		ask(200)
	}
	if _, status, answer := s.signIn(fmt.Sprintf(`{"login":"clerk","password":%q,"code":%q}`, goodPassword, totp(secret, 1))); status != 200 {
		t.Errorf("after a rotation: %d %s", status, answer)
	}
	g.want("sk-the-second-key")
	does(t, fed(hearth(home, "secret", "set", "far"), "sk-the-second-key"))
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if !within(time.Minute, func() bool {
		status, _ := s.ask("/v1/chat/completions", `{"model":"far","messages":[{"role":"user","content":"hi"}]}`)
		return status == 200
	}) {
		t.Error("the other key is not used")
	}
	refuses(t, 5, "another hearth", fed(hearth(home, "keyring", "seal", "--by", "passphrase"), "correct horse battery\n"))
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if out := does(t, hearth(home, "secret", "list")); out != "far\n" {
		t.Errorf("%q", out)
	}
	does(t, hearth(home, "secret", "remove", "far"))
	refuses(t, 3, "no secret far", hearth(home, "up", "--listen", "127.0.0.1:0"))
}

// sealedServer starts a server whose keyring is sealed, and returns once it waits. ready
// gives the server once it listens.
func sealedServer(t *testing.T, home string) (ready func() *server) {
	t.Helper()
	cmd := hearth(home, "up", "--json", "--listen", "127.0.0.1:0")
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, home: home, cmd: cmd, log: &bytes.Buffer{}, done: make(chan error, 1)}
	lines := bufio.NewReader(errs)
	line, err := lines.ReadString('\n')
	if err != nil || !strings.Contains(line, "hearth keyring unseal") {
		t.Fatalf("it does not wait: %q %v", line, err)
	}
	go func() { _, _ = io.Copy(s.log, lines) }()
	first := bufio.NewReader(out)
	hello := make(chan []byte, 1)
	go func() {
		line, _ := first.ReadBytes('\n')
		hello <- line
		_, _ = io.Copy(io.Discard, first)
		s.done <- s.cmd.Wait()
	}()
	t.Cleanup(s.kill)
	return func() *server {
		t.Helper()
		var x struct {
			URL string `json:"url"`
		}
		if line := <-hello; json.Unmarshal(line, &x) != nil {
			t.Fatalf("%q\n%s", line, s.logged())
		}
		s.url, s.key = x.URL, s.newKey("test")
		return s
	}
}

// TestUnsealing: sealed by a passphrase and then by shares, the folder is of no use to
// anybody; the server waits until people open it, and all is there again.
func TestUnsealing(t *testing.T) {
	home := newHome(t)
	s := start(t, home)
	key := s.key
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	refuses(t, 2, "12 to 1024", fed(hearth(home, "keyring", "seal", "--by", "passphrase"), "short\n"))
	does(t, fed(hearth(home, "keyring", "seal", "--by", "passphrase", "--suite", "gm"), "correct horse battery\n"))
	if _, err := os.Stat(filepath.Join(home, "data", "keyring.key")); err == nil {
		t.Error("the key file is still there")
	}
	refuses(t, 6, "keyring is sealed", hearth(home, "key", "list"))
	refuses(t, 6, "no server", hearth(home, "keyring", "unseal"))

	ready := sealedServer(t, home)
	if out := does(t, hearth(home, "keyring", "status")); !strings.Contains(out, "passphrase") || !strings.Contains(out, "suite gm") || !strings.Contains(out, "waits") {
		t.Errorf("%s", out)
	}
	refuses(t, 4, "does not open", fed(hearth(home, "keyring", "unseal"), "correct horse batterx\n"))
	does(t, fed(hearth(home, "keyring", "unseal"), "correct horse battery\n"))
	s = ready()
	s.key = key
	if status, body := s.ask("/v1/chat/completions", `{"model":"chat","max_tokens":2,"messages":[{"role":"user","content":"hi"}]}`); status != 200 {
		t.Errorf("with a key from before: %d %s", status, body)
	}
	does(t, hearth(home, "key", "list")) // by what the server has open
	if out := does(t, hearth(home, "keyring", "status")); !strings.Contains(out, "has it open") {
		t.Errorf("%s", out)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}

	// From a file, as a service manager has it, into five shares.
	file := filepath.Join(home, "passphrase")
	put(t, file, []byte("correct horse battery\n"))
	var split struct{ Shares []string }
	out, err := hearth(home, "keyring", "split", "--json", "--set", "keyring.passphrase_file="+file).Output()
	if err != nil || json.Unmarshal(out, &split) != nil || len(split.Shares) != 5 {
		t.Fatalf("%s %v", out, err)
	}
	refuses(t, 6, "keyring is sealed", hearth(home, "key", "list", "--set", "keyring.passphrase_file="+file))
	ready = sealedServer(t, home)
	refuses(t, 6, "not a share", fed(hearth(home, "keyring", "unseal"), "hearth-share-x\n"))
	for i, n := range []int{1, 1, 4} { // the same twice is one
		out := does(t, fed(hearth(home, "keyring", "unseal"), split.Shares[n]+"\n"))
		if want := []string{"1 of 3", "1 of 3", "2 of 3"}[i]; !strings.Contains(out, want) {
			t.Errorf("%s", out)
		}
	}
	if out := does(t, fed(hearth(home, "keyring", "unseal"), split.Shares[0])); !strings.Contains(out, "has it open") {
		t.Errorf("%s", out)
	}
	s = ready()
	s.key = key
	if status, body := s.ask("/v1/chat/completions", `{"model":"chat","max_tokens":2,"messages":[{"role":"user","content":"hi"}]}`); status != 200 {
		t.Errorf("with a key from before: %d %s", status, body)
	}
}
