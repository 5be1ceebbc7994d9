package scenarios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// upload puts a file here.
func (s *server) upload(text string) string {
	s.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.WriteField("purpose", "batch")
	p, _ := w.CreateFormFile("file", "in.jsonl")
	_, _ = io.WriteString(p, text)
	_ = w.Close()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/v1/files", &b)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.key)
	r.Header.Set("Content-Type", w.FormDataContentType())
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var f struct{ ID string }
	if err := json.NewDecoder(resp.Body).Decode(&f); err != nil || f.ID == "" {
		s.t.Fatalf("%d (%v)", resp.StatusCode, err)
	}
	return f.ID
}

type batch struct {
	ID, Status string
	Output     string                                 `json:"output_file_id"`
	Errors     string                                 `json:"error_file_id"`
	Counts     struct{ Total, Completed, Failed int } `json:"request_counts"`
}

func (s *server) batch(id string) (b batch) {
	s.t.Helper()
	text := s.get("/v1/batches/" + id)
	if err := json.Unmarshal([]byte(text), &b); err != nil || b.ID == "" {
		s.t.Fatalf("%s (%v)", text, err)
	}
	return b
}

// until waits for something that comes by itself, for a minute at most.
func (s *server) until(what string, there func() bool) {
	s.t.Helper()
	for range 1200 {
		if there() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.t.Fatalf("%s does not come\n%s", what, s.log)
}

// TestBatchOutlivesKills: the server is killed twice in the middle of hundreds of lines.
// Each is answered once, in its order, and counted once.
func TestBatchOutlivesKills(t *testing.T) {
	c := newCounter(t, time.Millisecond)
	s := c.behind(t, 1)
	id, key := s.userKey("batch")
	s.key = key
	const lines = 600
	var text strings.Builder
	for i := range lines {
		fmt.Fprintf(&text, `{"custom_id":"line %d","method":"POST","url":"/v1/chat/completions","body":{"model":"slow","messages":[{"role":"user","content":"%d"}]}}`+"\n", i, i)
	}
	var b batch
	status, made := s.ask("/v1/batches", `{"input_file_id":"`+s.upload(text.String())+`","endpoint":"/v1/chat/completions","completion_window":"24h"}`)
	if err := json.Unmarshal([]byte(made), &b); err != nil || status != 200 || b.Counts.Total != lines {
		t.Fatalf("%d %s (%v)", status, made, err)
	}
	for _, kill := range []int{50, 250} {
		s.until("the middle", func() bool { return s.batch(b.ID).Counts.Completed >= kill })
		s.kill()
		s = start(t, s.home)
		s.key = key
		if now := s.batch(b.ID); now.Status != "in_progress" || now.Counts.Completed < kill {
			t.Errorf("after a kill: %+v", now)
		}
	}
	s.until("the end", func() bool { return s.batch(b.ID).Status != "in_progress" })
	b = s.batch(b.ID)
	if b.Status != "completed" || b.Counts.Completed != lines || b.Counts.Failed != 0 || b.Errors != "" {
		t.Errorf("ended as %+v", b)
	}
	n := 0
	for l := range strings.Lines(s.get("/v1/files/" + b.Output + "/content")) {
		if !strings.Contains(l, fmt.Sprintf(`"custom_id":"line %d",`, n)) || !strings.Contains(l, `"content":"done"`) {
			t.Fatalf("line %d is %s", n, l)
		}
		n++
	}
	if requests, _ := s.used(id); n != lines || requests != lines {
		t.Errorf("%d lines, %d in the ledger", n, requests)
	}
	t.Logf("%d lines through two kills took %d requests to the engine", lines, c.asked.Load())
}

// TestWebhooks: when a batch or an answer in the background has ended, a signed message
// comes, also if the first was not taken; OpenAI's library takes the signature.
func TestWebhooks(t *testing.T) {
	type told struct {
		header http.Header
		body   []byte
	}
	messages := make(chan told, 10)
	var refused atomic.Bool
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !refused.Swap(true) {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		messages <- told{r.Header, body}
	}))
	t.Cleanup(hook.Close)
	home := newHome(t)
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	put(t, home+"/hook", []byte(secret+"\n"))
	put(t, home+"/data/hearth.yaml", fmt.Appendf(nil, "upstreams:\n  - {name: script, url: %q}\nwebhooks:\n  - {url: %q, secret_file: ~/hook, events: [batch.completed, response.completed]}\n", scripted(t), hook.URL))
	s := start(t, home)
	line := `{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"script","messages":[{"role":"user","content":"hi"}]}}`
	var ids []string
	for path, body := range map[string]string{
		"/v1/batches":   `{"input_file_id":"` + s.upload(line) + `","endpoint":"/v1/chat/completions","completion_window":"24h"}`,
		"/v1/responses": `{"model":"script","input":"hi","background":true}`,
	} {
		status, text := s.ask(path, body)
		var made struct{ ID string }
		if err := json.Unmarshal([]byte(text), &made); err != nil || status != 200 {
			t.Fatalf("%d %s (%v)", status, text, err)
		}
		ids = append(ids, made.ID)
	}
	for range ids {
		var m told
		select {
		case m = <-messages:
		case <-time.After(time.Minute):
			t.Fatalf("no message came\n%s", s.log)
		}
		var e struct {
			Type string
			Data struct{ ID string }
		}
		if err := json.Unmarshal(m.body, &e); err != nil || !slices.Contains(ids, e.Data.ID) || !strings.HasSuffix(e.Type, ".completed") {
			t.Errorf("%s (%v), want one of %v", m.body, err, ids)
		}
		if _, err := os.Stat(python); err != nil {
			continue
		}
		cmd := exec.Command(python, "-c", "import json, sys, openai\nbody, headers, secret = sys.argv[1:]\nprint(openai.OpenAI(api_key='x').webhooks.unwrap(body, json.loads(headers), secret=secret).data.id)",
			string(m.body), headersJSON(m.header), secret)
		if out, err := cmd.CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != e.Data.ID {
			t.Errorf("OpenAI's library: %v\n%s", err, out)
		}
	}
}

func headersJSON(h http.Header) string {
	flat := map[string]string{}
	for name := range h {
		flat[strings.ToLower(name)] = h.Get(name)
	}
	b, _ := json.Marshal(flat)
	return string(b)
}

// TestTicketInsteadOfARefusal: a request whose answer can't begin in time gets a ticket, by
// which the answer is there after a kill.
func TestTicketInsteadOfARefusal(t *testing.T) {
	c := newCounter(t, 3*time.Second)
	s := c.behind(t, 1)
	question := fmt.Sprintf(slow, false)
	if status, text := s.ask("/v1/chat/completions", question); status != 200 { // how long answers take is known now
		t.Fatalf("%d %s", status, text)
	}
	for range 4 {
		go func() {
			if r, err := s.post(t.Context(), "/v1/chat/completions", fmt.Sprintf(slow, true)); err == nil {
				_, _ = io.Copy(io.Discard, r.Body)
				_ = r.Body.Close()
			}
		}()
	}
	s.until("the queue", func() bool { return strings.Contains(s.get("/v1/queue"), `"waiting":3`) })
	ask := func(headers ...string) (int, string) {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/v1/chat/completions", strings.NewReader(question))
		r.Header.Set("Authorization", "Bearer "+s.key)
		r.Header.Set("X-Hearth-Deadline", "1s")
		for _, h := range headers {
			r.Header.Set(h, "true")
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(text)
	}
	if status, text := ask(); status != 429 || !strings.Contains(text, "deadline_unreachable") {
		t.Errorf("who does not ask for a ticket: %d %s", status, text)
	}
	status, text := ask("X-Hearth-Ticket")
	var k struct {
		URL      string
		Expected int64 `json:"expected_at"`
	}
	if err := json.Unmarshal([]byte(text), &k); err != nil || status != 202 || k.URL == "" || k.Expected < time.Now().Unix() {
		t.Fatalf("%d %s (%v)", status, text, err)
	}
	key := s.key
	s.kill()
	s = start(t, s.home)
	s.key = key
	s.until("the answer", func() bool { return strings.Contains(s.get(k.URL), `"content":"done"`) })
}
