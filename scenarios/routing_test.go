package scenarios

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// named is an engine that says its own name, and counts what it was asked.
type named struct {
	*httptest.Server
	name string

	mu    sync.Mutex
	asked int
	down  bool
}

func newNamed(t *testing.T, name string) *named {
	n := &named{name: name}
	n.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/models" {
			_, _ = fmt.Fprintf(w, `{"data":[{"id":"model"},{"id":%q}]}`, "model-"+name)
			return
		}
		body, _ := io.ReadAll(r.Body)
		n.mu.Lock()
		down := n.down
		if !strings.Contains(string(body), `"max_tokens":1,`) {
			n.asked++
		}
		n.mu.Unlock()
		if down {
			w.WriteHeader(500)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, chunkOf(`{"choices":[{"index":0,"delta":{"content":"`+name+`"}}]}`))
		w.(http.Flusher).Flush()
		if strings.Contains(string(body), "slowly") {
			time.Sleep(2 * time.Second)
		}
		_, _ = io.WriteString(w, stop+usage+done)
	}))
	t.Cleanup(n.Close)
	return n
}

func (n *named) count() int { n.mu.Lock(); defer n.mu.Unlock(); return n.asked }
func (n *named) fall(down bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = down
}

func (s *server) logged() string { return s.log.String() }

func upstreamsOf(engines ...*named) string {
	out := "upstreams:\n"
	for _, n := range engines {
		out += fmt.Sprintf("  - {name: %s, url: %q, concurrent: 16}\n", n.name, n.URL+"/v1")
	}
	return out
}

// TestGroups: weights, stand-bys, canaries, shadows, and who may use a group.
func TestGroups(t *testing.T) {
	a, b, c, d := newNamed(t, "a"), newNamed(t, "b"), newNamed(t, "c"), newNamed(t, "d")
	s, _ := withEngine(t, upstreamsOf(a, b, c, d)+`groups:
  - name: shared
    members: [{model: model, upstream: a, weight: 3}, {model: model, upstream: b, weight: 1}, {model: model, upstream: c, standby: true}]
  - name: trial
    members: [{model: model-a}]
    canary: {model: model-d, percent: 30}
  - name: shadowed
    members: [{model: model-a}]
    shadow: {model: model-d, percent: 100}
  - name: closed
    members: [{model: model-a}]
    keys: [somebody]
`)
	for i := range 40 {
		if got := s.say("shared", fmt.Sprintf("question %d", i)); got != "a" && got != "b" {
			t.Fatalf("from %s", got)
		}
	}
	if a.count() != 30 || b.count() != 10 || c.count() != 0 {
		t.Errorf("with weights 3 and 1, and a stand-by: %d %d %d", a.count(), b.count(), c.count())
	}
	a.fall(true)
	b.fall(true)
	for i := range 5 {
		if got := s.say("shared", fmt.Sprintf("once more %d", i)); got != "c" {
			t.Errorf("while both are out of order, from %s", got)
		}
	}
	a.fall(false)
	b.fall(false)
	if !within(15*time.Second, func() bool { got := s.say("shared", "are you back"); return got == "a" || got == "b" }) {
		t.Error("the stand-by answers though the others are back")
	}

	tried := map[string]string{}
	trials := 0
	for i := range 60 {
		words := fmt.Sprintf("conversation %d", i)
		tried[words] = s.say("trial", words)
		if tried[words] == "d" {
			trials++
		}
	}
	if trials < 6 || trials > 32 {
		t.Errorf("%d of 60 conversations went to the canary, want about 18", trials)
	}
	for words, first := range tried {
		if again := s.say("trial", words); again != first {
			t.Errorf("%s went from %s to %s", words, first, again)
		}
	}

	before := d.count()
	for range 3 {
		if got := s.say("shadowed", "hello"); got != "a" {
			t.Errorf("shadowed by %s", got)
		}
	}
	if !within(5*time.Second, func() bool { return d.count() == before+3 }) {
		t.Errorf("the shadow was asked %d times, want 3", d.count()-before)
	}
	if !within(5*time.Second, func() bool { return strings.Count(s.logged(), "a shadow answered") == 3 }) || strings.Contains(s.logged(), "hello") {
		t.Errorf("the log of shadows:\n%s", s.logged())
	}

	if got := s.say("closed", "hello"); !strings.Contains(got, "model_not_allowed") {
		t.Errorf("who is not listed: %s", got)
	}
	s.key = s.newKey("somebody")
	if got := s.say("closed", "hello"); got != "a" {
		t.Errorf("who is: %s", got)
	}
	if got := s.get("/v1/models"); !strings.Contains(got, `"id":"shared"`) || !strings.Contains(got, `"id":"trial"`) {
		t.Errorf("the list: %s", got)
	}
}

// TestDataClasses: what is declared confidential goes nowhere else, whatever else there
// is.
func TestDataClasses(t *testing.T) {
	here, there := newNamed(t, "here"), newNamed(t, "there")
	s, data := withEngine(t, upstreamsOf(here)+fmt.Sprintf("  - {name: there, url: %q, data_class: internal}\n", there.URL+"/v1")+
		"groups:\n  - {name: both, members: [{model: model, upstream: there}, {model: model, upstream: here, standby: true}]}\n")
	ask := func(model, class string) string {
		req, _ := http.NewRequest(http.MethodPost, s.url+"/v1/chat/completions", strings.NewReader(fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":"hello"}]}`, model)))
		req.Header.Set("Authorization", "Bearer "+s.key)
		if class != "" {
			req.Header.Set("X-Hearth-Data-Class", class)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return fmt.Sprintf("%d %s %s", resp.StatusCode, resp.Header.Get("X-Hearth-Served-By"), body)
	}
	for _, c := range []struct{ model, class, want string }{
		{"both", "", "200 upstream/there"}, {"both", "internal", "200 upstream/there"}, {"both", "confidential", "200 upstream/here"}, {"both", "secret", "200 upstream/here"},
		{"model-there", "public", "200 upstream/there"}, {"model-there", "confidential", "403"}, {"both", "whatever", "400"},
	} {
		if got := ask(c.model, c.class); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s, %s: %s, want %s", c.model, c.class, got, c.want)
		}
	}
	if got := ask("model-there", "secret"); !strings.Contains(got, "data_class_not_allowed") {
		t.Error(got)
	}
	out, err := hearth(filepath.Dir(data), "audit", "show", "--json").Output()
	if err != nil || !strings.Contains(string(out), `"data_class": "confidential"`) {
		t.Errorf("the record (%v): %s", err, tail(string(out)))
	}
}

// TestReload: upstreams come and go on SIGHUP, and no stream that runs is dropped.
func TestReload(t *testing.T) {
	old, fresh := newNamed(t, "old"), newNamed(t, "fresh")
	s, data := withEngine(t, upstreamsOf(old))
	if got := s.say("model", "hello"); got != "old" {
		t.Fatal(got)
	}
	slow := make(chan string, 1)
	go func() { slow <- s.say("model", "slowly") }()
	time.Sleep(300 * time.Millisecond)
	put(t, filepath.Join(data, "hearth.yaml"), []byte(upstreamsOf(fresh)+"queue: {wait: 5m}\n"))
	_ = s.cmd.Process.Signal(syscall.SIGHUP)
	if !within(10*time.Second, func() bool { return s.say("model", "hello") == "fresh" }) {
		t.Errorf("after the change: %s", s.say("model", "hello"))
	}
	if got := <-slow; got != "old" {
		t.Errorf("the stream that ran: %s", got)
	}
	if !within(5*time.Second, func() bool { return strings.Contains(s.logged(), "used from the next start") }) {
		t.Errorf("the log does not say that queue.wait waits:\n%s", s.logged())
	}
	out, err := hearth(filepath.Dir(data), "audit", "show", "--json").Output()
	if err != nil || !strings.Contains(string(out), `"act": "reload"`) {
		t.Errorf("the record (%v): %s", err, tail(string(out)))
	}
	_ = os.Remove(filepath.Join(data, "hearth.yaml"))
}
