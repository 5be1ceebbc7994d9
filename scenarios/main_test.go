package scenarios

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hearthbox/hearth/internal/nn/nntest"
)

// bin is the folder of the binary under test, built once.
var bin string

func TestMain(m *testing.M) {
	if os.Getenv(asTools) != "" {
		toolsMain()
		return
	}
	if os.Getenv(asEngine) != "" {
		engineMain()
		return
	}
	dir, err := os.MkdirTemp("", "hearth-bin")
	if err == nil {
		bin = dir
		build := exec.Command("go", "build", "-o", filepath.Join(bin, "hearth"), "../cmd/hearth")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		build.Stderr = os.Stderr
		err = build.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("LANG", "C")
			e.Setenv("HEARTH_STARTER", "false")
			stories, err := filepath.Abs("../../shared/data/engine/stories260K.gguf")
			if err != nil {
				return err
			}
			e.Setenv("STORIES", stories)
			return os.WriteFile(filepath.Join(e.WorkDir, "chat.gguf"), chatModel(), 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Condition: func(name string) (bool, error) {
			switch name {
			case "shared":
				_, err := os.Stat("../../shared/data/engine/stories260K.gguf")
				return err == nil, nil
			}
			return false, fmt.Errorf("no condition %q", name)
		},
	})
}

// exits runs a command whose exit code is a promise: exits 3 hearth model remove x.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if want := args[0]; want != strconv.Itoa(code) {
		ts.Fatalf("exit code %d, want %s", code, want)
	}
}

// chatTemplate is a small template of our own; nobody has published it, so it runs
// in the sandbox.
const chatTemplate = `{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`

// chatModel is a model of random weights that any test may have: bytes are its
// tokens, and it has a chat template.
func chatModel() []byte { return chatModelOf(96) }

// chatModelOf is one with feed-forward layers of that width.
func chatModelOf(width int) []byte {
	s := chatShape()
	s.FeedForward = width
	return nntest.Make(s)
}

// chatShape is the shape of the chat model.
func chatShape() nntest.Shape {
	return nntest.Shape{Architecture: "qwen2", Vocabulary: true, Embedding: 64, FeedForward: 96, Heads: 4, KVHeads: 2,
		HeadDim: 16, Context: 4096, Seed: 5, Template: chatTemplate}
}

// server is a running hearth.
type server struct {
	t    *testing.T
	home string
	url  string
	key  string // the administrator's
	cmd  *exec.Cmd
	log  *bytes.Buffer
	done chan error
}

// newHome makes a folder that serves as home and data folder, with the chat model
// in it.
func newHome(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	put(t, filepath.Join(home, "chat.gguf"), chatModel())
	return home
}

// start runs `hearth up` in a home with the given settings, and waits until it
// listens.
func start(t *testing.T, home string, settings ...string) *server {
	t.Helper()
	args := []string{"up", "--json", "--listen", "127.0.0.1:0"}
	for _, x := range settings {
		args = append(args, "--set", x)
	}
	return listening(t, home, hearth(home, args...))
}

// listening runs a command that serves, and waits until it does.
func listening(t *testing.T, home string, cmd *exec.Cmd) *server {
	t.Helper()
	s := &server{t: t, home: home, cmd: cmd, log: &bytes.Buffer{}, done: make(chan error, 1)}
	s.cmd.Stderr = s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	var hello struct {
		URL      string `json:"url"`
		FirstKey string `json:"first_key"`
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	go func() {
		_, _ = io.Copy(io.Discard, out)
		s.done <- s.cmd.Wait()
	}()
	if err != nil || json.Unmarshal(line, &hello) != nil {
		t.Fatalf("hearth up printed %q (%v)\n%s", line, err, s.log)
	}
	s.url, s.key = hello.URL, hello.FirstKey
	if s.key == "" {
		s.key = s.newKey("test")
	}
	return s
}

// hearth is a command of the binary under test.
func hearth(home string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(bin, "hearth"), args...)
	cmd.Dir = home
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "HEARTH_DATA=" + filepath.Join(home, "data"), "HEARTH_MODELS=" + home, "LANG=C",
		"HEARTH_STARTER=false"} // which has tests of its own: elsewhere a home has the models that the test put there
	return cmd
}

func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	<-s.done
	s.done <- nil
}

// stop asks it to stop, as a service manager does, and waits for the end.
func (s *server) stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	err := <-s.done
	s.done <- nil
	return err
}

func (s *server) newKey(name string) string {
	s.t.Helper()
	out, err := hearth(s.home, "key", "create", "--admin", "--name", name, "--json").Output()
	var k struct{ Key string }
	if err != nil || json.Unmarshal(out, &k) != nil || k.Key == "" {
		s.t.Fatalf("key create printed %q (%v)", out, err)
	}
	return k.Key
}

// post sends a request; the caller closes the body of the answer.
func (s *server) post(ctx context.Context, path, body string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+s.key)
	return http.DefaultClient.Do(r)
}

// ask posts and returns status and body.
// get returns the body of what a path shows.
func (s *server) get(path string) string {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.key)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

func (s *server) ask(path, body string) (int, string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	r, err := s.post(ctx, path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return r.StatusCode, string(text)
}

func put(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
