package scenarios

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// counter is an engine elsewhere with one seat: who asks while somebody is answered is
// refused. Answers end when the test says so, or after a while.
type counter struct {
	*httptest.Server
	next  chan bool // lets an answer end
	takes time.Duration
	seat  sync.Mutex
	asked atomic.Int32
	busy  atomic.Int32
}

func newCounter(t *testing.T, takes time.Duration) *counter {
	c := &counter{next: make(chan bool), takes: takes}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.asked.Add(1)
	if !c.seat.TryLock() {
		c.busy.Add(1)
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	defer c.seat.Unlock()
	_, _ = io.Copy(io.Discard, r.Body)
	select {
	case <-c.next:
	case <-time.After(c.takes):
	case <-r.Context().Done():
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = io.WriteString(w, `data: {"choices":[{"index":0,"delta":{"content":"done"}}]}`+"\n\n"+
		`data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1}}`+"\n\ndata: [DONE]\n\n")
}

// behind starts hearth in front of it. If it does not say so, hearth has to find out
// that there is one seat.
func (c *counter) behind(t *testing.T, concurrent int) *server {
	t.Helper()
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(home, "data", "hearth.yaml"), []byte(fmt.Sprintf(
		"upstreams:\n  - {name: counter, url: %q, concurrent: %d, models: {slow: theirs}}\n", c.URL+"/v1", concurrent)))
	return start(t, home)
}

const slow = `{"model":"slow","stream":%t,"messages":[{"role":"user","content":"hi"}]}`

// TestQueueBehindOneSlowModel: a second stream sees its place while it waits, in the
// stream, at /v1/queue and with hearth queue; then it is answered.
func TestQueueBehindOneSlowModel(t *testing.T) {
	c := newCounter(t, time.Hour)
	s := c.behind(t, 1)
	ask := func() *bufio.Reader {
		answer := make(chan *http.Response, 1)
		go func() {
			r, err := s.post(t.Context(), "/v1/chat/completions", fmt.Sprintf(slow, true))
			if err != nil {
				t.Error(err)
				answer <- &http.Response{Body: http.NoBody}
				return
			}
			answer <- r
		}()
		r := <-answer // whose status comes after five seconds, if nothing else does
		t.Cleanup(func() { _ = r.Body.Close() })
		return bufio.NewReader(r.Body)
	}
	first := ask()
	second := ask()
	if line, err := second.ReadString('\n'); err != nil || line != ": queued position=1\n" {
		t.Fatalf("the second stream begins %q (%v)", line, err)
	}
	var q struct {
		Waiting, Running int
		Requests         []struct {
			State, Model, Class, KeyName string
			Position                     int
			ServedBy                     string `json:"served_by"`
		}
	}
	check := func(text string) {
		t.Helper()
		if err := json.Unmarshal([]byte(text), &q); err != nil || q.Waiting != 1 || q.Running != 1 || len(q.Requests) != 2 ||
			q.Requests[0].ServedBy != "upstream/counter" || q.Requests[1].Position != 1 || q.Requests[1].Model != "slow" || q.Requests[1].Class != "default" {
			t.Errorf("%s (%v)", text, err)
		}
	}
	check(s.get("/v1/queue"))
	out, err := hearth(s.home, "queue", "--json").Output()
	if err != nil {
		t.Error(err)
	}
	check(string(out))
	out, err = hearth(s.home, "queue").Output()
	if text := string(out); err != nil || !strings.HasPrefix(text, "1 running, 1 waiting\n") || !strings.Contains(text, "upstream/counter") {
		t.Errorf("%s (%v)", text, err)
	}
	c.next <- true
	if text, err := io.ReadAll(first); err != nil || !strings.HasSuffix(string(text), "data: [DONE]\n\n") {
		t.Errorf("the first stream: %q (%v)", text, err)
	}
	c.next <- true
	text, err := io.ReadAll(second)
	if err != nil || !strings.Contains(string(text), `"content":"done"`) || strings.Contains(string(text), "error") {
		t.Errorf("the second stream: %q (%v)", text, err)
	}
	if c.asked.Load() != 2 {
		t.Errorf("the engine was asked %d times", c.asked.Load())
	}
}

// TestRefusalsOfEnginesStayBehind: hearth is not told how much the engine takes, finds
// out, and nobody is refused.
func TestRefusalsOfEnginesStayBehind(t *testing.T) {
	c := newCounter(t, 20*time.Millisecond)
	s := c.behind(t, 0)
	var all sync.WaitGroup
	for i := range 30 {
		all.Go(func() {
			r, err := s.post(t.Context(), "/v1/chat/completions", fmt.Sprintf(slow, i%2 == 0))
			if err != nil {
				t.Error(err)
				return
			}
			defer r.Body.Close()
			if text, _ := io.ReadAll(r.Body); r.StatusCode != 200 || !strings.Contains(string(text), "done") {
				t.Errorf("%d %s", r.StatusCode, text)
			}
		})
	}
	all.Wait()
	if c.busy.Load() == 0 {
		t.Error("the engine never refused: the test shows nothing")
	}
	t.Logf("30 answers took %d requests to the engine, of which it refused %d", c.asked.Load(), c.busy.Load())
}

// TestRetriesComeBackToTheirPlace: clients that are sent away and ask again are answered
// in their turn, and the engine is asked once for each.
func TestRetriesComeBackToTheirPlace(t *testing.T) {
	c := newCounter(t, 1800*time.Millisecond)
	s := c.behind(t, 1)
	var all sync.WaitGroup
	var away atomic.Int32
	for i := range 4 {
		all.Go(func() {
			body := fmt.Sprintf(`{"model":"slow","messages":[{"role":"user","content":"question %d"}]}`, i)
			for try := range 3 {
				status, text := s.official(t, body, try)
				if status == http.StatusTooManyRequests && strings.Contains(text, `"code":"place_kept"`) {
					away.Add(1)
					continue
				}
				if status != 200 || !strings.Contains(text, "done") {
					t.Errorf("%d %s", status, text)
				}
				return
			}
			t.Error("sent away three times")
		})
	}
	all.Wait()
	if c.asked.Load() != 4 || away.Load() == 0 {
		t.Errorf("the engine was asked %d times, and clients were sent away %d times", c.asked.Load(), away.Load())
	}
}

// official asks as an official client with a limit of ten seconds does.
func (s *server) official(t *testing.T, body string, try int) (int, string) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	for name, value := range map[string]string{"Authorization": "Bearer " + s.key, "X-Stainless-Lang": "python",
		"X-Stainless-Read-Timeout": "10", "X-Stainless-Retry-Count": fmt.Sprint(try)} {
		r.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text)
}

// TestOfficialSDKNeverSeesBusy: eight threads of OpenAI's Python SDK, as it comes, with
// a limit of 10 seconds, before an engine that takes 20 seconds for them all.
func TestOfficialSDKNeverSeesBusy(t *testing.T) {
	if _, err := os.Stat(python); err != nil {
		t.Skip("the SDK is not installed: make deps")
	}
	c := newCounter(t, 1800*time.Millisecond)
	s := c.behind(t, 1)
	cmd := exec.Command(python, "sdk/python/stampede.py")
	cmd.Env = append(os.Environ(), "HEARTH_BASE_URL="+s.url+"/v1", "HEARTH_API_KEY="+s.key)
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), "done") != 8 {
		t.Errorf("%v\n%s", err, out)
	}
	if c.asked.Load() != 8 {
		t.Errorf("the engine was asked %d times", c.asked.Load())
	}
}
