package scenarios

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const endless = `{"model":"chat","stream":true,"max_tokens":3900,"logit_bias":{"256":-100,"258":-100},"messages":[{"role":"user","content":"hi"}]}`

// TestKilledServerStartsAgain kills the server in the middle of a stream: it starts
// again with the same keys, and answers.
func TestKilledServerStartsAgain(t *testing.T) {
	home := newHome(t)
	s := start(t, home)
	r, err := s.post(t.Context(), "/v1/chat/completions", endless)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	lines := bufio.NewScanner(r.Body)
	for range 10 {
		if !lines.Scan() {
			t.Fatalf("the stream ended: %v", lines.Err())
		}
	}
	s.kill()
	if _, err := io.ReadAll(r.Body); err == nil {
		t.Error("a stream that was cut ended as if it were whole")
	}
	again := start(t, home)
	again.key = s.key // the key of the first start still works
	if status, body := again.ask("/v1/completions", `{"model":"chat","prompt":"a","max_tokens":3}`); status != 200 {
		t.Errorf("after the restart: %d %s", status, body)
	}
}

// TestStopLetsStreamsFinish asks the server to stop while two streams run: a short
// one is completed, an endless one ends in an error event and the last line.
func TestStopLetsStreamsFinish(t *testing.T) {
	s := start(t, newHome(t), "stop_grace=3s", "engine.threads=1")
	bodies := map[string]string{}
	results := make(chan [2]string)
	for name, request := range map[string]string{
		"endless": endless,
		"short":   strings.Replace(endless, "3900", "50", 1),
	} {
		r, err := s.post(t.Context(), "/v1/chat/completions", request)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Body.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		go func() {
			defer r.Body.Close()
			text, _ := io.ReadAll(r.Body)
			results <- [2]string{name, string(text)}
		}()
	}
	if err := s.stop(); err != nil {
		t.Errorf("it stopped with %v\n%s", err, s.log)
	}
	for range 2 {
		r := <-results
		bodies[r[0]] = r[1]
	}
	if b := bodies["short"]; !strings.Contains(b, `"finish_reason":"length"`) || !strings.HasSuffix(b, "data: [DONE]\n\n") {
		t.Errorf("the short stream ends in %q", tail(b))
	}
	if b := bodies["endless"]; !strings.HasSuffix(b, "data: [DONE]\n\n") ||
		!strings.Contains(b, `"code":"server_stopping"`) && !strings.Contains(b, `"finish_reason":"length"`) {
		t.Errorf("the endless stream ends in %q", tail(b))
	}
}

func tail(s string) string { return s[max(0, len(s)-300):] }

// TestDoors looks at what answers to whom.
func TestDoors(t *testing.T) {
	s := start(t, newHome(t))
	for _, c := range []struct {
		method, path, key string
		want              int
	}{
		{"GET", "/healthz", "", 200},
		{"GET", "/v1/models", "", 401},
		{"GET", "/v1/models", "hk_nobody", 401},
		{"GET", "/v1/models", s.key, 200},
		{"GET", "/v1/nothing", "", 401},
		{"GET", "/v1/nothing", s.key, 404},
		{"GET", "/admin/v1/status", "", 401},
		{"GET", "/admin/v1/status", s.key, 200},
		{"GET", "/", "", 401},
		{"GET", "/", s.key, 200}, // for who looks whether there is something
		{"HEAD", "/", s.key, 200},
		{"POST", "/", s.key, 405},
		{"GET", "/nothing", s.key, 404},
		{"GET", "/api/tags", "", 401},
		{"GET", "/api/tags", s.key, 200},
		{"POST", "/v1/messages", "", 401},
		{"GET", "/v1/messages", s.key, 405},
		{"GET", "/v1/responses/resp_x", "", 401},
		{"GET", "/v1/responses/resp_x", s.key, 404},
		{"GET", "/v1/responses/a/b", s.key, 404},
		{"GET", "/v1//models", "", 401},
		{"GET", "//v1/models", s.key, 404},
		{"GET", "/v1/../admin/v1/status", "", 401},
		{"GET", "/admin/v1//status", "", 401},
		{"GET", "/admin/v1//status", s.key, 404},
		{"GET", "/v1/models/", s.key, 404},
	} {
		r, err := http.NewRequest(c.method, s.url+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.key != "" {
			r.Header.Set("Authorization", "Bearer "+c.key)
		}
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("%s %s with key %.10q: %d, want %d", c.method, c.path, c.key, resp.StatusCode, c.want)
		}
	}
}

// TestReplacedModelAnswersAnew imports another file under the name of a loaded model.
func TestReplacedModelAnswersAnew(t *testing.T) {
	home := newHome(t)
	s := start(t, home)
	run := func(args ...string) {
		t.Helper()
		if out, err := hearth(home, args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v %s", args, err, out)
		}
	}
	file := filepath.Join(home, "other.gguf")
	ask := func() string {
		if list := s.get("/v1/models"); !strings.Contains(list, `"x"`) {
			t.Fatal(list)
		}
		_, body := s.ask("/v1/completions", `{"model":"x","prompt":"a","max_tokens":8,"temperature":0,"logprobs":0}`)
		_, body, _ = strings.Cut(body, `"choices"`)
		return body
	}
	var answers []string
	for _, width := range []int{96, 128} {
		if err := os.WriteFile(file, chatModelOf(width), 0o600); err != nil {
			t.Fatal(err)
		}
		run("model", "import", file, "--name", "x")
		answers = append(answers, ask())
		run("model", "remove", "x")
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(answers[0], "logprobs") || answers[0] == answers[1] {
		t.Errorf("both files answer %s", answers[0])
	}
}

// TestStrangersAreNotWaitedFor: who sends neither key nor body gets an answer, and does
// not keep the connection.
func TestStrangersAreNotWaitedFor(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes the half minute that strangers get")
	}
	t.Parallel()
	s := start(t, newHome(t))
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := c.SetReadDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(c)
	if err != nil || !strings.Contains(string(text), "401") {
		t.Errorf("%q (%v), want an answer and the end", text, err)
	}
}

// TestRevokedKeyStopsWorking revokes beside the running server.
func TestRevokedKeyStopsWorking(t *testing.T) {
	s := start(t, newHome(t))
	s.key = s.newKey("spare")
	if status, _ := s.ask("/v1/completions", `{"model":"chat","prompt":"a","max_tokens":1}`); status != 200 {
		t.Fatalf("a fresh key: %d", status)
	}
	if out, err := hearth(s.home, "key", "revoke", strings.Split(s.key, "_")[1]).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	if status, body := s.ask("/v1/completions", `{"model":"chat","prompt":"a","max_tokens":1}`); status != 401 || !strings.Contains(body, "invalid_api_key") {
		t.Errorf("a revoked key: %d %s", status, body)
	}
}

// TestNothingSecretIsKept looks for the key and what was said in everything the
// server wrote.
func TestNothingSecretIsKept(t *testing.T) {
	s := start(t, newHome(t), "log.level=debug")
	s.ask("/v1/chat/completions", `{"model":"chat","max_tokens":3,"messages":[{"role":"user","content":"my diagnosis"}]}`)
	s.ask("/v1/chat/completions", `{"model":"chat","max_tokens":"my diagnosis"}`)
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	secret := strings.Split(s.key, "_")[2]
	for _, text := range []string{secret, "my diagnosis"} {
		if strings.Contains(s.log.String(), text) {
			t.Errorf("%q is in the log", text)
		}
		err := filepath.WalkDir(filepath.Join(s.home, "data"), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			if strings.Contains(string(data), text) {
				t.Errorf("%q is in %s", text, filepath.Base(path))
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	info, err := os.Stat(filepath.Join(s.home, "data"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the data folder is %v (%v)", info.Mode(), err)
	}
}

// TestManyAtOnce sends more requests than run at once, some of which leave.
func TestManyAtOnce(t *testing.T) {
	s := start(t, newHome(t), "engine.sequences=3")
	const n = 24
	results := make(chan string, n)
	for i := range n {
		go func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			request := strings.Replace(endless, "3900", "20", 1)
			if i%4 == 0 {
				request = endless
			}
			r, err := s.post(ctx, "/v1/chat/completions", request)
			if err != nil {
				results <- err.Error()
				return
			}
			defer r.Body.Close()
			if i%4 == 0 {
				_, _ = r.Body.Read(make([]byte, 100))
				cancel()
				results <- ""
				return
			}
			text, err := io.ReadAll(r.Body)
			if err != nil || !strings.HasSuffix(string(text), "data: [DONE]\n\n") || strings.Count(string(text), `"content"`) < 2 {
				results <- tail(string(text))
				return
			}
			results <- ""
		}()
	}
	for range n {
		if r := <-results; r != "" {
			t.Error(r)
		}
	}
}
