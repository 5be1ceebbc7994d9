package gateway_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/hearthbox/hearth"
)

// recorder keeps what is recorded.
type recorder struct {
	mu   sync.Mutex
	list []hearth.Record
	err  error
}

func (c *recorder) Record(_ context.Context, r hearth.Record) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, r)
	return c.err
}

// TestEveryDialectSaysWhoAsks: whoever records finds in every request who asks, with
// which request and from where, and so he does where no Generator is asked.
func TestEveryDialectSaysWhoAsks(t *testing.T) {
	message := `"messages":[{"role":"user","content":"hi"}]`
	for path, body := range map[string]string{
		"/v1/chat/completions": `{"model":"qwen3",` + message + `}`,
		"/v1/completions":      `{"model":"qwen3","prompt":"hi"}`,
		"/v1/messages":         `{"model":"qwen3","max_tokens":9,` + message + `}`,
		"/v1/responses":        `{"model":"qwen3","input":"hi","background":true}`,
		"/api/chat":            `{"model":"qwen3",` + message + `}`,
		"/api/generate":        `{"model":"qwen3","prompt":"hi"}`,
		"/v1/embeddings":       `{"model":"qwen3","input":"hi"}`,
		"/api/embed":           `{"model":"qwen3","input":"hi"}`,
		"/v1/rerank":           `{"model":"qwen3","query":"q","documents":["a"]}`,
	} {
		d := &door{chunks: answer}
		w := d.do("POST", path, "", body)
		if d.request == nil {
			t.Errorf("%s: nothing arrived: %s", path, w.Body)
			continue
		}
		if r := d.request; r.By.KeyID != "k1" || r.ID == "" || r.ID != w.Header().Get("X-Request-Id") || r.From != "192.0.2.1" {
			t.Errorf("%s: by %q, id %q, from %q", path, r.By.KeyID, r.ID, r.From)
		}
	}
	for path, c := range map[string]struct{ body, want string }{
		"/v1/inspect": {`{"answer":"hi"}`, "request inspect "},
	} {
		rec := &recorder{}
		w := recordedBy(rec, path, c.body)
		if w.Code != 200 || len(rec.list) != 2 {
			t.Errorf("%s: %d, %d records: %s", path, w.Code, len(rec.list), w.Body)
			continue
		}
		for i, stage := range []hearth.RecordStage{hearth.StageBegun, hearth.StageEnded} {
			r := rec.list[i]
			if got := string(r.Kind) + " " + r.Act + " " + r.Model; got != c.want || r.Stage != stage || r.By.KeyID != "k1" || r.From != "192.0.2.1" || r.RequestID != w.Header().Get("X-Request-Id") {
				t.Errorf("%s: %+v", path, r)
			}
		}
		rec = &recorder{err: hearth.NewError(hearth.AuditUnavailable)}
		if w := recordedBy(rec, path, c.body); w.Code != 503 || len(rec.list) != 1 {
			t.Errorf("%s: what can't be recorded: %d, %d records", path, w.Code, len(rec.list))
		}
	}
}

func recordedBy(rec hearth.Recorder, path, body string) *httptest.ResponseRecorder {
	g := (&door{}).gateway()
	g.Recorder = rec
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer right")
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w
}
