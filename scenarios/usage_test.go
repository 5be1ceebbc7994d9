package scenarios

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// userKey makes a key that may use models, and returns its id too.
func (s *server) userKey(name string) (id, key string) {
	s.t.Helper()
	out, err := hearth(s.home, "key", "create", "--name", name, "--json").Output()
	var k struct{ ID, Key string }
	if err != nil || json.Unmarshal(out, &k) != nil || k.Key == "" {
		s.t.Fatalf("key create printed %q (%v)", out, err)
	}
	return k.ID, k.Key
}

func (s *server) command(args ...string) string {
	s.t.Helper()
	out, err := hearth(s.home, args...).CombinedOutput()
	if err != nil {
		s.t.Errorf("hearth %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// used is how many requests of a key the ledger has, and what they cost.
func (s *server) used(key string) (requests int, yuan float64) {
	s.t.Helper()
	var u struct {
		Total struct {
			Requests int
			Cost     float64 `json:"cost_yuan"`
		}
	}
	if err := json.Unmarshal([]byte(s.command("usage", "--json", "--key", key)), &u); err != nil {
		s.t.Error(err)
	}
	return u.Total.Requests, u.Total.Cost
}

// TestQuotasAreExact: of many requests at once just as many are answered as the quota
// says, also if the server is killed in the middle and starts again.
func TestQuotasAreExact(t *testing.T) {
	c := newCounter(t, time.Millisecond)
	s := c.behind(t, 1)
	_ = s.stop()
	put(t, s.home+"/data/hearth.yaml", fmt.Appendf(nil, "upstreams:\n  - {name: counter, url: %q, concurrent: 1, models: {slow: theirs}}\nusage: {prices: {slow: {input: 1000, output: 2000}}}\n", c.URL+"/v1"))
	s = start(t, s.home)
	admin := s.key
	id, key := s.userKey("信贷部")
	const quota = 60
	s.command("quota", "set", "key:"+id, "requests/month", fmt.Sprint(quota))
	s.key = key

	var answered, refused atomic.Int32
	crowd := func(n int, kill int32) {
		var all sync.WaitGroup
		var once sync.Once
		for range n {
			all.Go(func() {
				r, err := s.post(t.Context(), "/v1/chat/completions", fmt.Sprintf(slow, false))
				if err != nil {
					return // the server was killed
				}
				defer r.Body.Close()
				var a struct {
					Usage *struct{}
					Error struct{ Code, Message, Remedy string }
				}
				if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
					return
				}
				switch {
				case r.StatusCode == http.StatusOK && a.Usage != nil:
					if answered.Add(1) == kill {
						once.Do(func() { _ = s.cmd.Process.Kill() })
					}
				case a.Error.Code == "quota_exceeded" && strings.Contains(a.Error.Message, "信贷部") && strings.Contains(a.Error.Remedy, "until 20"):
					refused.Add(1)
				default:
					t.Errorf("%d %+v", r.StatusCode, a)
				}
			})
		}
		all.Wait()
	}
	crowd(50, 20)
	s.kill()
	seen := int(answered.Load())
	s = start(t, s.home)
	s.key = key
	had, _ := s.used(id)
	// What was answered and not read yet is counted too; what was not answered is not.
	if asked := int(c.asked.Load()); had < seen || had > asked {
		t.Errorf("clients saw %d of %d answers before the kill, the ledger has %d", seen, asked, had)
	}
	crowd(80, -1)
	if got := int(answered.Load()) - seen + had; got != quota || refused.Load() != int32(80-(quota-had)) {
		t.Errorf("%d were answered and %d refused, of a quota of %d", got, refused.Load(), quota)
	}
	n, yuan := s.used(id)
	if want := float64(quota) * (3*1000 + 2000) / 1e6; n != quota || yuan < want-1e-9 || yuan > want+1e-9 {
		t.Errorf("the ledger has %d requests for ¥%v", n, yuan)
	}
	r, err := s.post(t.Context(), "/v1/chat/completions", fmt.Sprintf(slow, true))
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if h := r.Header; r.StatusCode != 429 || h.Get("x-ratelimit-limit-requests") != "60" || h.Get("x-ratelimit-remaining-requests") != "0" || h.Get("X-Should-Retry") != "false" {
		t.Errorf("%d %v", r.StatusCode, h)
	}
	s.key = admin
	if got := s.get("/admin/v1/usage.csv?group=key,model"); !strings.Contains(got, id+",slow,信贷部,60,180,0,60,0.3\n") {
		t.Errorf("exported %q", got)
	}
	if got := s.get("/admin/v1/quotas"); !strings.Contains(got, `"used":60`) {
		t.Errorf("quotas: %s", got)
	}
	t.Logf("%d answers before the kill, of which the ledger has %d", seen, had)
}

// TestQuotaOfADepartment: all its keys share it, others don't, and the department stands in
// the account by its name.
func TestQuotaOfADepartment(t *testing.T) {
	c := newCounter(t, time.Millisecond)
	s := c.behind(t, 1)
	admin := s.key
	var d struct{ ID string }
	if err := json.Unmarshal([]byte(s.command("people", "add-department", "信贷部", "--json")), &d); err != nil || d.ID == "" {
		t.Fatal(err)
	}
	s.command("quota", "set", "department:"+d.ID, "requests/day", "3")
	statuses := map[int]int{}
	for i := range 4 {
		args := []string{"key", "create", "--name", fmt.Sprint("key ", i), "--json"}
		if i < 3 {
			args = append(args, "--department", d.ID)
		}
		var k struct{ Key string }
		if err := json.Unmarshal([]byte(s.command(args...)), &k); err != nil {
			t.Fatal(err)
		}
		s.key = k.Key
		for range 2 {
			status, text := s.ask("/v1/chat/completions", fmt.Sprintf(slow, false))
			if statuses[status]++; status == 429 && !strings.Contains(text, "department "+d.ID+" has reached its limit") {
				t.Errorf("%s", text)
			}
		}
	}
	if statuses[200] != 5 || statuses[429] != 3 {
		t.Errorf("statuses %v", statuses)
	}
	s.key = admin
	if got := s.get("/admin/v1/usage?group=department"); !strings.Contains(got, `{"by":{"department":"信贷部"},"requests":3,`) {
		t.Errorf("usage %s", got)
	}
}

// TestQuotaHeaders: what is left, in each dialect's words, and a warning.
func TestQuotaHeaders(t *testing.T) {
	c := newCounter(t, time.Millisecond)
	s := c.behind(t, 1)
	s.command("quota", "set", "key:*", "tokens/day", "1000", "--warn", "1")
	for path, name := range map[string]string{"/v1/chat/completions": "x-ratelimit-remaining-tokens", "/v1/messages": "anthropic-ratelimit-tokens-remaining"} {
		body := `{"model":"slow","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}`
		for range 3 {
			r, err := s.post(t.Context(), path, body)
			if err != nil {
				t.Fatal(err)
			}
			_ = r.Body.Close()
			if r.StatusCode != 200 || r.Header.Get(name) == "" {
				t.Errorf("%s: %d %v", path, r.StatusCode, r.Header)
			}
		}
	}
	r, err := s.post(t.Context(), "/v1/chat/completions", fmt.Sprintf(slow, true))
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if got := r.Header.Get("X-Hearth-Quota-Warning"); !strings.HasPrefix(got, "tokens/day of key:") {
		t.Errorf("warned %q", got)
	}
}

// TestBillAfterAFailOver: an answer that two upstreams made has one entry in the ledger,
// which is what its client was told it took, at the price of the model.
func TestBillAfterAFailOver(t *testing.T) {
	piece := func(w http.ResponseWriter, text string) {
		_, _ = fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":%q}}]}\n\n", text)
		w.(http.Flusher).Flush()
	}
	var asked atomic.Int32
	engine := func(dies bool) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("Content-Type", "text/event-stream")
			switch {
			case strings.Contains(string(body), `"max_tokens":1,`): // a sign of life
				piece(w, "x")
			case dies:
				asked.Add(1)
				piece(w, "one ")
				piece(w, "two ")
				panic(http.ErrAbortHandler)
			default:
				asked.Add(1)
				piece(w, "three ")
				piece(w, "four")
			}
			_, _ = io.WriteString(w, stop+chunkOf(`{"choices":[],"usage":{"prompt_tokens":102,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":40}}}`)+done)
		}))
		t.Cleanup(s.Close)
		return s.URL + "/v1"
	}
	s, _ := withEngine(t, fmt.Sprintf(`upstreams:
  - {name: a, kind: vllm, url: %q, models: {m: m}}
  - {name: b, kind: vllm, url: %q, models: {m: m}}
groups: [{name: both, members: [{model: m, upstream: a}, {model: m, upstream: b, standby: true}]}]
usage: {prices: {both: {input: 1000, cached: 500, output: 10000}}}
`, engine(true), engine(false)))
	id, key := s.userKey("payer")
	s.key = key
	status, body := s.ask("/v1/chat/completions", `{"model":"both","messages":[{"role":"user","content":"count"}]}`)
	var a struct {
		Choices []struct{ Message struct{ Content string } }
		Usage   struct {
			Prompt     int `json:"prompt_tokens"`
			Completion int `json:"completion_tokens"`
		}
	}
	if err := json.Unmarshal([]byte(body), &a); err != nil || status != 200 || a.Choices[0].Message.Content != "one two three four" || asked.Load() != 2 {
		t.Fatalf("%d %s (%v)", status, body, err)
	}
	if a.Usage.Prompt != 100 || a.Usage.Completion != 4 {
		t.Errorf("told %+v: the second read two tokens of the first, which nobody asked for", a.Usage)
	}
	n, yuan := s.used(id)
	if want := (60*1000 + 40*500 + 4*10000) / 1e6; n != 1 || yuan < want-1e-9 || yuan > want+1e-9 {
		t.Errorf("%d entries, %v yuan, want 1 of %v", n, yuan, want)
	}
	if got := s.command("usage", "--by", "served_by", "--key", id); !strings.Contains(got, "upstream/a, upstream/b") {
		t.Errorf("served by: %s", got)
	}
}
