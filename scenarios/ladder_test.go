package scenarios

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestLadder: who would wait too long is answered by a smaller model, or elsewhere if the
// data may go there, and told so; else there is a ticket, whose answer is not made elsewhere
// either.
func TestLadder(t *testing.T) {
	large := newCounter(t, time.Hour)
	small, cloud := newNamed(t, "small"), newNamed(t, "cloud")
	s, data := withEngine(t, fmt.Sprintf(`upstreams:
  - {name: large, url: %q, concurrent: 1, models: {large: theirs}}
  - {name: small, url: %q, concurrent: 1, models: {small: model}}
  - {name: cloud, url: %q, concurrent: 4, models: {plus: model}, data_class: internal}
ladders:
  - models: [large]
    keys: [small-first]
    steps: [{after: 100ms, max_tokens: 7}, {after: 100ms, model: small}]
  - models: [large]
    steps: [{model: plus, upstream: cloud}]
`, large.URL+"/v1", small.URL+"/v1", cloud.URL+"/v1"))
	ask := func(key string, headers ...string) (*http.Response, string) {
		req, _ := http.NewRequest(http.MethodPost, s.url+"/v1/chat/completions", strings.NewReader(`{"model":"large","messages":[{"role":"user","content":"hello"}]}`))
		req.Header.Set("Authorization", "Bearer "+key)
		for i := 0; i < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
			return &http.Response{Header: http.Header{}}, ""
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return resp, string(body)
	}
	// One answer takes two seconds, so that this is known; then one runs and never ends.
	time.AfterFunc(2*time.Second, func() { large.next <- true })
	ask(s.key)
	go func() { // which nobody answers before the end
		if r, err := s.post(t.Context(), "/v1/chat/completions", `{"model":"large","messages":[{"role":"user","content":"hello"}]}`); err == nil {
			_ = r.Body.Close()
		}
	}()
	if !within(10*time.Second, func() bool { return large.asked.Load() == 2 }) {
		t.Fatal("the large model is not asked")
	}
	for _, x := range []struct {
		key     string
		headers []string
		steps   string
		served  string
	}{
		{s.newKey("small-first"), nil, "effort, model=small", "upstream/small"},
		{s.key, []string{"X-Hearth-Deadline", "0.1"}, "model=plus;upstream=cloud", "upstream/cloud"},
	} {
		resp, body := ask(x.key, x.headers...)
		if resp.StatusCode != 200 || resp.Header.Get("X-Hearth-Steps") != x.steps || resp.Header.Get("X-Hearth-Served-By") != x.served {
			t.Errorf("%d, steps %q by %q, want %q by %q: %s", resp.StatusCode, resp.Header.Get("X-Hearth-Steps"), resp.Header.Get("X-Hearth-Served-By"), x.steps, x.served, body)
		}
	}
	before := cloud.count()
	resp, body := ask(s.key, "X-Hearth-Deadline", "0.1", "X-Hearth-Data-Class", "secret")
	if resp.StatusCode == 200 || !strings.Contains(body, "deadline_unreachable") {
		t.Errorf("secret data: %d %s", resp.StatusCode, body)
	}
	resp, body = ask(s.key, "X-Hearth-Deadline", "0.1", "X-Hearth-Data-Class", "secret", "X-Hearth-Ticket", "true")
	var ticket struct{ ID string }
	if resp.StatusCode != http.StatusAccepted || json.Unmarshal([]byte(body), &ticket) != nil || ticket.ID == "" {
		t.Fatalf("a ticket: %d %s", resp.StatusCode, body)
	}
	time.Sleep(time.Second) // in which the ticket's job waits for the large model
	if cloud.count() != before {
		t.Error("secret data went elsewhere")
	}
	out, err := hearth(filepath.Dir(data), "audit", "show", "--json").Output()
	if err != nil || !strings.Contains(string(out), `"step.model=small"`) || !strings.Contains(string(out), `"step.effort"`) {
		t.Errorf("the record (%v): %s", err, tail(string(out)))
	}
}
