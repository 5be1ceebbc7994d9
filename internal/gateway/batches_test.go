package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"mime/multipart"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/gateway"
	"github.com/hearthbox/hearth/internal/jobs"
	"github.com/hearthbox/hearth/internal/store"
)

// office is a gateway whose jobs are done, by a real runner over a real store.
type office struct {
	t       *testing.T
	door    *door
	g       *gateway.Gateway
	mu      sync.Mutex       // guards the next two
	asks    []hearth.Request // of the generator
	fail    map[string]error // by prompt, the first time
	records recorder
}

// withOffice runs a test in virtual time.
func withOffice(t *testing.T, f func(o *office)) {
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "hearth.db"))
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"k1", "k0"} {
			if err := s.AddKey(t.Context(), hearth.Key{ID: id, Hash: []byte{1}, Created: time.Now()}); err != nil {
				t.Fatal(err)
			}
		}
		o := &office{t: t, door: &door{}, fail: map[string]error{}}
		o.g = o.door.gateway()
		o.g.Generator = hearth.GeneratorFunc(o.generate)
		o.g.Recorder = &o.records
		r := jobs.New(s, silent{o.g}, jobs.Limits{Running: 8, OwnerRunning: 4, OwnerWaiting: 100, FileBytes: 1 << 20, OwnerBytes: 1 << 20, Keep: 720 * time.Hour}, slog.New(slog.DiscardHandler))
		o.g.Jobs, o.g.Batches, o.g.Files = r, r, r
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			r.Run(ctx)
		}()
		f(o)
		cancel()
		<-ended
		r.Stop(t.Context())
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// silent tells nobody what has happened.
type silent struct{ *gateway.Gateway }

func (silent) Messages(string, string, string) []hearth.Job { return nil }

// generate answers after half a minute, longer than impatient clients are left without a
// sign of life.
func (o *office) generate(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	return func(yield func(hearth.Chunk, error) bool) {
		what := r.Messages[len(r.Messages)-1].Text
		o.mu.Lock()
		o.asks = append(o.asks, *r)
		err := o.fail[what]
		delete(o.fail, what)
		o.mu.Unlock()
		if err != nil {
			yield(hearth.Chunk{}, err)
			return
		}
		select {
		case <-time.After(30 * time.Second):
		case <-ctx.Done():
			yield(hearth.Chunk{}, ctx.Err())
			return
		}
		if what == "refused" {
			yield(hearth.Chunk{}, hearth.NewError(hearth.ContentRefused, "class", "x"))
			return
		}
		if yield(hearth.Chunk{Text: "re: " + what, ServedBy: "gpu"}, nil) {
			yield(hearth.Chunk{Finish: hearth.FinishStop, Usage: &hearth.Usage{PromptTokens: 1, CompletionTokens: 2}}, nil)
		}
	}
}

func (o *office) ask(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer right")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	o.g.ServeHTTP(w, r)
	return w
}

// object asks for something, and fails the test if that is refused.
func (o *office) object(method, path, body string, headers ...string) (v object) {
	o.t.Helper()
	w := o.ask(method, path, body, headers...)
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || w.Code >= 300 {
		o.t.Fatalf("%s %s: %d %s (%v)", method, path, w.Code, w.Body, err)
	}
	return v
}

type object struct {
	ID, Object, Status, Endpoint, Purpose, URL string
	Filename                                   string
	Bytes                                      int64
	Created                                    int64                                  `json:"created_at"`
	Expires                                    int64                                  `json:"expires_at"`
	Expected                                   int64                                  `json:"expected_at"`
	Completed                                  int64                                  `json:"completed_at"`
	Output                                     string                                 `json:"output_file_id"`
	ErrorFile                                  string                                 `json:"error_file_id"`
	Counts                                     struct{ Total, Completed, Failed int } `json:"request_counts"`
	Metadata                                   map[string]string
	Errors                                     *struct {
		Data []struct {
			Code, Message string
			Line          int
		}
	}
	Data    []object
	HasMore bool `json:"has_more"`
	Deleted bool
}

// form is a body of an upload, of fields given as "name=value"; one of the name file is one.
func form(fields ...string) (body, contentType string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "=")
		if name != "file" {
			_ = w.WriteField(name, value)
			continue
		}
		p, _ := w.CreateFormFile("file", `..\dir/in.jsonl`)
		_, _ = io.WriteString(p, value)
	}
	_ = w.Close()
	return b.String(), "Content-Type: " + w.FormDataContentType()
}

func (o *office) upload(fields ...string) object {
	o.t.Helper()
	body, kind := form(fields...)
	return o.object("POST", "/v1/files", body, kind)
}

func chatLine(name, what string) string {
	return fmt.Sprintf(`{"custom_id":%q,"method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":%q}]}}`+"\n", name, what)
}

func (o *office) batch(input string, more ...string) object {
	o.t.Helper()
	return o.object("POST", "/v1/batches", `{"input_file_id":"`+input+`","endpoint":"/v1/chat/completions","completion_window":"24h","metadata":{"for":"test"}`+strings.Join(more, "")+`}`)
}

// TestBatch: what goes in comes out in its order, whatever became of it.
func TestBatch(t *testing.T) {
	withOffice(t, func(o *office) {
		o.fail["later"] = hearth.NewError(hearth.QuotaExceeded).After(time.Minute)
		o.fail["down"] = hearth.NewError(hearth.UpstreamUnreachable, "upstream", "gpu")
		in := o.upload("purpose=batch", "file=\ufeff"+chatLine("a", "one")+"\n"+chatLine("b", "refused")+chatLine("c", "later")+chatLine("d", "down")+chatLine("e", "five"))
		if in.Object != "file" || in.Filename != "in.jsonl" || in.Purpose != "batch" || in.Status != "processed" || in.Expires-in.Created != 720*3600 {
			t.Errorf("uploaded %+v", in)
		}
		b := o.batch(in.ID)
		if b.Object != "batch" || b.Status != "in_progress" || b.Counts.Total != 5 || b.Metadata["for"] != "test" || b.Expires-b.Created != 24*3600 {
			t.Errorf("made %+v", b)
		}
		time.Sleep(40 * time.Second)
		if b = o.object("GET", "/v1/batches/"+b.ID, ""); b.Counts.Completed < 1 || b.Counts.Completed > 2 || b.Counts.Failed != 1 { // the last may have begun before the third was told to wait
			t.Errorf("after a while %+v", b)
		}
		time.Sleep(10 * time.Minute)
		if b = o.object("GET", "/v1/batches/"+b.ID, ""); b.Status != "completed" || b.Completed == 0 || b.Counts.Completed != 4 || b.Counts.Failed != 1 {
			t.Errorf("ended %+v", b)
		}
		var names []string
		for line := range strings.Lines(o.ask("GET", "/v1/files/"+b.Output+"/content", "").Body.String()) {
			var l struct {
				ID       string
				CustomID string `json:"custom_id"`
				Response struct {
					Status    int    `json:"status_code"`
					RequestID string `json:"request_id"`
					Body      struct {
						Choices []struct{ Message struct{ Content string } }
					}
				}
				Error *struct{}
			}
			if err := json.Unmarshal([]byte(line), &l); err != nil || l.Response.Status != 200 || l.Error != nil || !strings.HasPrefix(l.ID, "batch_req_") || !strings.HasPrefix(l.Response.RequestID, "req_") {
				t.Errorf("%s: %v", line, err)
			}
			names = append(names, l.CustomID+" "+l.Response.Body.Choices[0].Message.Content)
		}
		if got := strings.Join(names, ", "); got != "a re: one, c re: later, d re: down, e re: five" {
			t.Errorf("answered %s", got)
		}
		w := o.ask("GET", "/v1/files/"+b.ErrorFile+"/content", "")
		if got := w.Body.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, `"custom_id":"b","response":{"status_code":403,`) || !strings.Contains(got, `"code":"content_refused"`) {
			t.Errorf("failed %s", got)
		}
		if f := o.object("GET", "/v1/files/"+b.ErrorFile, ""); f.Bytes != int64(w.Body.Len()) || w.Header().Get("Content-Length") != fmt.Sprint(f.Bytes) || f.Purpose != "batch_output" {
			t.Errorf("%+v %v", f, w.Header())
		}
		for _, r := range o.asks {
			if r.By.KeyID != "k1" || r.Class != hearth.ClassBulk || r.Once == "" || r.ID == "" {
				t.Errorf("asked %+v", r)
			}
		}
		if list := o.object("GET", "/v1/batches?limit=1", ""); len(list.Data) != 1 || list.Data[0].ID != b.ID || list.HasMore {
			t.Errorf("listed %+v", list)
		}
		if list := o.object("GET", "/v1/files?purpose=batch_output&limit=1", ""); len(list.Data) != 1 || !list.HasMore {
			t.Errorf("listed %+v", list)
		}
		for _, path := range []string{"/v1/batches/" + b.ID, "/v1/files/" + in.ID, "/v1/files/" + in.ID + "/content"} {
			if w := o.ask("GET", path, "", "Authorization: Bearer admin"); w.Code != 404 {
				t.Errorf("somebody else's %s: %d", path, w.Code)
			}
		}
		if w := o.ask("POST", "/v1/batches/"+b.ID+"/cancel", ""); w.Code != 400 {
			t.Errorf("cancelled what has ended: %d %s", w.Code, w.Body)
		}
		var acts []string
		for _, r := range o.records.list {
			if r.Stage == hearth.StageEnded {
				acts = append(acts, r.Act+" "+r.Object)
			}
		}
		if got, want := strings.Join(acts, ", "), "upload-file "+in.ID+", create-batch "+b.ID+", download-file "+b.Output+", download-file "+b.ErrorFile; !strings.HasPrefix(got, want) {
			t.Errorf("recorded %s, want %s", got, want)
		}
		if !o.object("DELETE", "/v1/files/"+in.ID, "").Deleted || o.ask("GET", "/v1/files/"+in.ID, "").Code != 404 {
			t.Error("the file is not deleted")
		}
	})
}

func TestBatchCancelled(t *testing.T) {
	withOffice(t, func(o *office) {
		text := ""
		for i := range 9 {
			text += chatLine(fmt.Sprint(i), "x")
		}
		b := o.batch(o.upload("file="+text, "purpose=batch").ID) // in that order too
		time.Sleep(45 * time.Second)
		if b = o.object("POST", "/v1/batches/"+b.ID+"/cancel", ""); b.Status != "cancelling" {
			t.Errorf("%+v", b)
		}
		time.Sleep(time.Second)
		if b = o.object("GET", "/v1/batches/"+b.ID, ""); b.Status != "cancelled" || b.Counts.Completed != 4 || b.Counts.Failed != 5 {
			t.Errorf("%+v", b)
		}
		if got := o.ask("GET", "/v1/files/"+b.ErrorFile+"/content", "").Body.String(); strings.Count(got, `"response":null,"error":{"code":"batch_cancelled"`) != 5 {
			t.Errorf("%s", got)
		}
	})
}

// TestBatchesWithMistakes: each is told with its line, in a batch that has failed.
func TestBatchesWithMistakes(t *testing.T) {
	withOffice(t, func(o *office) {
		for what, text := range map[string]string{
			"there is twice":   chatLine("a", "x") + chatLine("a", "y"),
			"not a JSON":       chatLine("a", "x") + "{\n",
			"custom_id must":   chatLine("", "x"),
			"method must":      `{"custom_id":"a","method":"GET","url":"/v1/chat/completions","body":{}}`,
			"url must":         `{"custom_id":"a","method":"POST","url":"/v1/embeddings","body":{}}`,
			"body must":        `{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":[]}`,
			"stream must":      `{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"stream":true}}`,
			"no requests":      "\n\n",
			"a line is longer": `{"custom_id":"` + strings.Repeat("x", 1<<17) + `"}`,
		} {
			if what == "there is twice" {
				what = "is there twice"
			}
			b := o.batch(o.upload("purpose=batch", "file="+text).ID)
			if b.Status != "failed" || b.Errors == nil || len(b.Errors.Data) == 0 || !strings.Contains(b.Errors.Data[len(b.Errors.Data)-1].Message, what) {
				t.Errorf("%s: %+v", what, b)
			}
		}
		if b := o.batch(o.upload("purpose=user_data", "file="+chatLine("a", "x")).ID); b.Status != "failed" {
			t.Errorf("of another purpose: %+v", b)
		}
		in := o.upload("purpose=batch", "file="+chatLine("a", "x")).ID
		for _, c := range []struct{ body, want string }{
			{`{"endpoint":"/v1/chat/completions","completion_window":"24h"}`, "input_file_id"},
			{`{"input_file_id":"zzz","endpoint":"/v1/chat/completions","completion_window":"24h"}`, "file_not_found"},
			{`{"input_file_id":"` + in + `","endpoint":"/v1/files","completion_window":"24h"}`, "endpoint"},
			{`{"input_file_id":"` + in + `","endpoint":"/v1/chat/completions","completion_window":"soon"}`, "completion_window"},
			{`{"input_file_id":"` + in + `","endpoint":"/v1/chat/completions","completion_window":"9999h"}`, "completion_window"},
			{`{"input_file_id":"` + in + `","endpoint":"/v1/chat/completions","completion_window":"24h","output_expires_after":{"anchor":"created_at","seconds":60}}`, "output_expires_after"},
			{`{"input_file_id":"` + in + `","endpoint":"/v1/chat/completions","completion_window":"24h","output_expires_after":{"anchor":"never","seconds":3600}}`, "output_expires_after"},
		} {
			if w := o.ask("POST", "/v1/batches", c.body); w.Code/100 != 4 || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("%s: %d %s", c.body, w.Code, w.Body)
			}
		}
		if len(o.asks) > 0 {
			t.Errorf("asked %d times", len(o.asks))
		}
	})
}

func TestUploadsWithMistakes(t *testing.T) {
	withOffice(t, func(o *office) {
		for _, c := range []struct {
			want   string
			fields []string
		}{
			{"purpose is missing", []string{"file=x"}}, {"purpose must be one of", []string{"purpose=evil", "file=x"}}, {"file is missing", []string{"purpose=batch"}},
			{"there are two", []string{"purpose=batch", "file=x", "file=y"}}, {"larger than", []string{"purpose=batch", "file=" + strings.Repeat("x", 1<<20+1)}},
			{"expires_after", []string{"purpose=batch", "file=x", "expires_after[seconds]=1"}}, {"length of a field", []string{"purpose=" + strings.Repeat("x", 2000), "file=x"}},
		} {
			body, kind := form(c.fields...)
			if w := o.ask("POST", "/v1/files", body, kind); w.Code/100 != 4 || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("%s: %d %s", c.want, w.Code, w.Body)
			}
		}
		body, kind := form("purpose=batch", "file=x")
		for name, w := range map[string]*httptest.ResponseRecorder{
			"cut off":     o.ask("POST", "/v1/files", body[:len(body)-20], kind),
			"no form":     o.ask("POST", "/v1/files", body, "Content-Type: application/json"),
			"no boundary": o.ask("POST", "/v1/files", body, "Content-Type: multipart/form-data"),
		} {
			if w.Code != 400 {
				t.Errorf("%s: %d %s", name, w.Code, w.Body)
			}
		}
		if list := o.object("GET", "/v1/files", ""); len(list.Data) != 0 {
			t.Errorf("kept %+v", list)
		}
		if f := o.upload("purpose=batch", "file=x", "expires_after[anchor]=created_at", "expires_after[seconds]=3600"); f.Expires-f.Created != 3600 {
			t.Errorf("%+v", f)
		}
	})
}

// TestBatchesKeepTheirClassAndTime: the lines of a batch are of the class of data that it
// came with, and its results are there for as long as was wished.
func TestBatchesKeepTheirClassAndTime(t *testing.T) {
	withOffice(t, func(o *office) {
		in := o.upload("purpose=batch", "file="+chatLine("a", "x")).ID
		b := o.object("POST", "/v1/batches", `{"input_file_id":"`+in+`","endpoint":"/v1/chat/completions","completion_window":"24h","output_expires_after":{"anchor":"created_at","seconds":7200}}`,
			"X-Hearth-Data-Class: confidential")
		time.Sleep(2 * time.Minute)
		b = o.object("GET", "/v1/batches/"+b.ID, "")
		if b.Status != "completed" || len(o.asks) != 1 || o.asks[0].DataClass != hearth.DataConfidential {
			t.Fatalf("%+v, asked %+v", b, o.asks)
		}
		if f := o.object("GET", "/v1/files/"+b.Output, ""); f.Expires-f.Created != 7200 {
			t.Errorf("kept for %d s, want 7200", f.Expires-f.Created)
		}
		if w := o.ask("POST", "/v1/batches", `{"input_file_id":"`+in+`","endpoint":"/v1/chat/completions","completion_window":"24h"}`, "X-Hearth-Data-Class: mine"); w.Code != 400 {
			t.Errorf("of a class there is not: %d", w.Code)
		}
	})
}

// TestTickets: who would be refused because of a deadline gets, if that is wanted, a ticket,
// and the answer by it.
func TestTickets(t *testing.T) {
	withOffice(t, func(o *office) {
		late := hearth.NewError(hearth.DeadlineUnreachable, "wait", 2*time.Minute, "limit", time.Minute).After(2 * time.Minute)
		question := `{"model":"m","stream":%t,"messages":[{"role":"user","content":"late"}]}`
		for _, stream := range []bool{false, true} {
			body := fmt.Sprintf(question, stream)
			if stream {
				body = strings.Replace(body, `"messages"`, `"stream_options":{"include_usage":true},"messages"`, 1)
			}
			o.fail["late"] = late
			if w := o.ask("POST", "/v1/chat/completions", body); w.Code != 429 || !strings.Contains(w.Body.String(), "deadline_unreachable") || w.Header().Get("Retry-After") != "120" {
				t.Errorf("without a wish: %d %s %v", w.Code, w.Body, w.Header())
			}
			o.fail["late"] = late
			w := o.ask("POST", "/v1/chat/completions", body, "X-Hearth-Ticket: true", "X-Hearth-Data-Class: secret")
			var k object
			if err := json.Unmarshal(w.Body.Bytes(), &k); err != nil || w.Code != 202 || k.Object != "ticket" || k.Status != "queued" || k.Expected-k.Created != 120 || w.Header().Get("Location") != k.URL {
				t.Fatalf("%d %s %v", w.Code, w.Body, w.Header())
			}
			time.Sleep(time.Second)
			if w := o.ask("GET", k.URL, ""); w.Code != 202 || !strings.Contains(w.Body.String(), `"status":"in_progress"`) {
				t.Errorf("while it is made: %d %s", w.Code, w.Body)
			}
			if w := o.ask("GET", k.URL, "", "Authorization: Bearer admin"); w.Code != 404 {
				t.Errorf("somebody else's: %d", w.Code)
			}
			time.Sleep(time.Minute)
			for range 2 {
				if w := o.ask("GET", k.URL, ""); w.Code != 200 || !strings.Contains(w.Body.String(), `"object":"chat.completion"`) || !strings.Contains(w.Body.String(), "re: late") {
					t.Errorf("the answer: %d %s", w.Code, w.Body)
				}
			}
			if !o.object("DELETE", k.URL, "").Deleted || o.ask("GET", k.URL, "").Code != 404 {
				t.Error("it is not gone")
			}
		}
		last := o.asks[len(o.asks)-1]
		if last.Class != hearth.ClassBulk || last.DataClass != hearth.DataSecret || !strings.HasPrefix(last.Once, "ticket_") || last.From == "" {
			t.Errorf("asked %+v", last)
		}
		// One that fails, and one that is withdrawn while it is made.
		o.fail["refused"] = late
		k := o.object("POST", "/v1/chat/completions", strings.Replace(fmt.Sprintf(question, false), "late", "refused", 1), "X-Hearth-Ticket: 1")
		time.Sleep(time.Minute)
		if w := o.ask("GET", k.URL, ""); w.Code != 403 || !strings.Contains(w.Body.String(), "content_refused") {
			t.Errorf("one that failed: %d %s", w.Code, w.Body)
		}
		o.g.Tickets = true
		o.fail["late"] = late
		k = o.object("POST", "/v1/chat/completions", fmt.Sprintf(question, false))
		time.Sleep(time.Second)
		if !o.object("DELETE", k.URL, "").Deleted || o.ask("GET", k.URL, "").Code != 404 {
			t.Error("it is not withdrawn")
		}
		o.fail["late"] = late
		if w := o.ask("POST", "/v1/chat/completions", fmt.Sprintf(question, false), "X-Hearth-Ticket: false"); w.Code != 429 {
			t.Errorf("who wants none: %d", w.Code)
		}
	})
}

// FuzzBatchLine sends anything as the lines of a batch.
func FuzzBatchLine(f *testing.F) {
	f.Add(chatLine("a", "x"))
	f.Add(`{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"stream":true}}` + "\n{}")
	f.Add("\ufeff\n\x00\xff{\"body\":[[[[")
	f.Fuzz(func(t *testing.T, text string) {
		if gateway.CheckLine([]byte(text), "/v1/chat/completions") == "" && (!json.Valid([]byte(text)) || !strings.Contains(text, "{")) {
			t.Errorf("took %q", text)
		}
	})
}
