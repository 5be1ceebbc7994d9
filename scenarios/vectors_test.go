package scenarios

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// reader is an upstream that makes vectors and rankings, and remembers what it was sent.
// Its channels, where they are set, let a test hold it up.
type reader struct {
	mu    sync.Mutex
	asked []string

	entered, leave chan struct{}
}

func (u *reader) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		fmt.Fprint(w, `{"object":"list","data":[{"id":"far","object":"model"}]}`)
		return
	}
	body, _ := io.ReadAll(r.Body)
	var in struct{ Input, Documents []string }
	_ = json.Unmarshal(body, &in)
	u.mu.Lock()
	u.asked = append(u.asked, string(body))
	u.mu.Unlock()
	if u.entered != nil {
		u.entered <- struct{}{}
		<-u.leave
	}
	if strings.HasSuffix(r.URL.Path, "/rerank") {
		var results []map[string]any
		for i := range in.Documents {
			results = append(results, map[string]any{"index": i, "relevance_score": 0.5})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"results": results, "usage": map[string]int{"total_tokens": 3}})
		return
	}
	var data []map[string]any
	for i := range in.Input {
		data = append(data, map[string]any{"index": i, "embedding": []float64{3, 4}})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"data": data, "usage": map[string]int{"prompt_tokens": 3, "total_tokens": 3}})
}

// last is what was sent last.
func (u *reader) last() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.asked) == 0 {
		return ""
	}
	return u.asked[len(u.asked)-1]
}

// TestVectorsPassTheGuard sends texts for vectors and rankings through the appliance, by
// every API that takes any: personal data does not reach the upstream, what is forbidden
// is refused before it, and all of it is on record.
func TestVectorsPassTheGuard(t *testing.T) {
	u := &reader{}
	up := httptest.NewServer(u)
	t.Cleanup(up.Close)
	home := newHome(t)
	put(t, filepath.Join(home, "data", "guard", "words.txt"), []byte("炸药\tweapons\tstop\n赌博\n"))
	put(t, filepath.Join(home, "data", "hearth.yaml"), []byte(fmt.Sprintf(`
guard:
  words: true
  private: {here: {phone: replace, id_card: stop}}
upstreams:
  - {name: far, url: %s/v1}
`, up.URL)))
	s := start(t, home)
	for _, c := range []struct{ path, body, sent string }{
		{"/v1/embeddings", `{"model":"far","input":"电话 13800138000，赌博"}`, `"input":["电话 [PHONE_1]，＊＊"]`},
		{"/v1/embeddings", `{"model":"far","input":["张 13800138000 李 13900139000","李 13900139000"]}`, `"input":["张 [PHONE_1] 李 [PHONE_2]","李 [PHONE_1]"]`},
		{"/api/embed", `{"model":"far","input":["电话 13800138000"]}`, `"input":["电话 [PHONE_1]"]`},
		{"/api/embeddings", `{"model":"far","prompt":"电话 13800138000"}`, `"input":["电话 [PHONE_1]"]`},
		{"/v1/rerank", `{"model":"far","query":"13900139000 是谁","documents":["13800138000 是张","13900139000 是李"],"return_documents":true}`,
			`"documents":["[PHONE_2] 是张","[PHONE_1] 是李"]`},
	} {
		status, answer := s.ask(c.path, c.body)
		if status != 200 || !strings.Contains(u.last(), c.sent) || strings.Contains(u.last(), "13800138000") {
			t.Errorf("%s %s: %d %s\nthe upstream was sent %s", c.path, c.body, status, answer, u.last())
		}
		if c.path == "/v1/rerank" && !strings.Contains(answer, "13800138000 是张") {
			t.Errorf("the client's own documents came back changed: %s", answer)
		}
	}
	sent := len(u.asked)
	for path, body := range map[string]string{
		"/v1/embeddings":  `{"model":"far","input":["好","怎么做 zha yao"]}`,
		"/api/embed":      `{"model":"far","input":"怎么做火乍藥"}`,
		"/api/embeddings": `{"model":"far","prompt":"身份证 11010119900307803X"}`,
		"/v1/rerank":      `{"model":"far","query":"好","documents":["炸药"]}`,
	} {
		if status, answer := s.ask(path, body); status != 403 || !strings.Contains(answer, "content_refused") {
			t.Errorf("%s %s: %d %s", path, body, status, answer)
		}
	}
	if len(u.asked) != sent {
		t.Errorf("what is forbidden was sent: %s", u.last())
	}
	got := map[string]int{}
	for _, r := range auditRecords(t, home) {
		if r.Act == "embed" || r.Act == "rerank" {
			got[strings.Join([]string{r.Act, r.Stage, r.Result}, " ")]++
		}
	}
	for what, n := range map[string]int{"embed begun ": 7, "embed ended ": 4, "embed ended content_refused": 3, "rerank begun ": 2, "rerank ended ": 1, "rerank ended content_refused": 1} {
		if got[what] != n {
			t.Errorf("%d records of %q, want %d: %v", got[what], what, n, got)
		}
	}
}

// TestVectorsWaitTheirTurn: who asks for vectors stands in the same line as everybody.
func TestVectorsWaitTheirTurn(t *testing.T) {
	u := &reader{entered: make(chan struct{}), leave: make(chan struct{})}
	up := httptest.NewServer(u)
	t.Cleanup(up.Close)
	home := newHome(t)
	put(t, filepath.Join(home, "data", "hearth.yaml"), []byte(fmt.Sprintf("upstreams:\n  - {name: far, url: %s/v1, concurrent: 1}\n", up.URL)))
	s := start(t, home)
	answers := make(chan int)
	for range 2 {
		go func() {
			status, _ := s.ask("/v1/embeddings", `{"model":"far","input":"hello"}`)
			answers <- status
		}()
	}
	<-u.entered
	feed := s.follow(t, "/v1/queue?stream=true")
	if !feed.until(`"waiting":1,"running":1`) {
		t.Error("nobody waits")
	}
	u.leave <- struct{}{}
	<-u.entered
	u.leave <- struct{}{}
	if got := []int{<-answers, <-answers}; !slices.Equal(got, []int{200, 200}) {
		t.Errorf("got %v", got)
	}
}
