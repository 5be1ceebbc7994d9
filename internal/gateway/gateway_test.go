package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/gateway"
)

var update = flag.Bool("update", false, "write the golden exchanges anew")

// door is a gateway over a scripted generator.
type door struct {
	chunks  []hearth.Chunk
	err     error
	delay   time.Duration // before the first chunk
	place   *hearth.Place // told before that
	request *hearth.Request
	log     bytes.Buffer
	archive archive
}

// archive keeps answers in memory.
type archive struct {
	mu   sync.Mutex
	rows map[string]archived
}

type archived struct {
	parent string
	body   []byte
}

func (a *archive) Keep(_ context.Context, owner, id, parent string, body []byte) (bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.rows == nil {
		a.rows = map[string]archived{}
	}
	a.rows[owner+"/"+id] = archived{parent, body}
	return true, nil
}

func (a *archive) Kept(_ context.Context, owner, id string) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r, ok := a.rows[owner+"/"+id]; ok {
		return r.body, nil
	}
	return nil, hearth.NewError(hearth.NoSuchResponse, "response", id)
}

func (a *archive) Conversation(ctx context.Context, owner, id string, most int) (bodies [][]byte, err error) {
	for ; id != ""; id = a.rows[owner+"/"+id].parent {
		body, err := a.Kept(ctx, owner, id)
		if err != nil {
			return nil, err
		}
		bodies = append(bodies, body)
	}
	return bodies, nil
}

func (a *archive) Forget(ctx context.Context, owner, id string) error {
	_, err := a.Kept(ctx, owner, id)
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.rows, owner+"/"+id)
	return err
}

func (d *door) Generate(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	d.request = r
	return func(yield func(hearth.Chunk, error) bool) {
		if r.Embed != nil || r.Rerank != nil {
			yield(d.encode(r))
			return
		}
		if d.place != nil && !yield(hearth.Chunk{Place: d.place}, nil) {
			return
		}
		select {
		case <-time.After(d.delay):
		case <-ctx.Done():
			yield(hearth.Chunk{}, ctx.Err())
			return
		}
		for _, c := range d.chunks {
			if !yield(c, nil) {
				return
			}
		}
		if d.err != nil {
			yield(hearth.Chunk{}, d.err)
		}
	}
}

func (d *door) List(context.Context) ([]hearth.Model, error) {
	return []hearth.Model{
		{ID: "qwen3", Source: hearth.SourceNative, Architecture: "qwen3", Quantization: "Q4_K", ContextTokens: 4096, Added: time.Unix(1_800_000_000, 0)},
		{ID: "broken", Problem: hearth.NewError(hearth.ModelInvalid, "model", "broken", "detail", "cut")},
	}, nil
}

func (d *door) Find(_ context.Context, id string) (hearth.Model, error) {
	models, _ := d.List(context.Background())
	for _, m := range models {
		if m.ID == id {
			return m, nil
		}
	}
	return hearth.Model{}, hearth.NewError(hearth.NoSuchModel, "model", id)
}

func (d *door) Inspect(question, answer string, sources []gateway.Source, l hearth.Language) (any, error) {
	if answer == "" {
		return nil, hearth.NewError(hearth.MissingValue, "field", "answer").At("answer")
	}
	return map[string]any{"question": question, "answer": answer, "sources": len(sources), "language": l.String()}, nil
}

func (d *door) Crosscheck(ctx context.Context, models []string, r hearth.Request, _ hearth.Language) iter.Seq2[any, error] {
	d.request = &r
	return func(yield func(any, error) bool) {
		for range d.Generate(ctx, &r) {
			break
		}
		for _, m := range models {
			if !yield(map[string]string{"model": m}, nil) {
				return
			}
		}
		if d.err != nil {
			yield(nil, d.err)
		}
	}
}

func (d *door) Authenticate(_ context.Context, header func(string) []string) (hearth.Principal, error) {
	if v := header("Authorization"); len(v) == 1 && v[0] == "Bearer right" {
		return hearth.Principal{KeyID: "k1", Name: "someone", Standing: hearth.StandingUser}, nil
	}
	if v := header("Authorization"); len(v) == 1 && v[0] == "Bearer admin" {
		return hearth.Principal{KeyID: "k0", Name: "an administrator", Standing: hearth.StandingAdmin}, nil
	}
	return hearth.Principal{}, hearth.NewError(hearth.MissingKey)
}

func (d *door) Hold(ctx context.Context, _ hearth.Principal, _ func(string) []string) (context.Context, func()) {
	return ctx, func() {}
}

// CountTokens counts a token a message.
func (d *door) CountTokens(_ context.Context, r *hearth.Request) (int, error) {
	return len(r.Messages), nil
}

// encode makes vectors of a text's length, and thinks a text the better the longer it is.
func (d *door) encode(r *hearth.Request) (c hearth.Chunk, err error) {
	if d.err != nil {
		return c, d.err
	}
	if r.Rerank != nil {
		c.ServedBy, c.Ranking, c.Usage = "native/ranker", &hearth.Ranking{ServedBy: "native/ranker", Usage: hearth.Usage{PromptTokens: 5 * len(r.Rerank.Texts)}}, &hearth.Usage{}
		for i, t := range r.Rerank.Texts {
			if t == "long" {
				return c, tooLong(i)
			}
			c.Ranking.Scores = append(c.Ranking.Scores, float64(len(t))/16)
		}
		return c, nil
	}
	e := &hearth.Embeddings{ServedBy: "native/" + r.Model, Usage: hearth.Usage{PromptTokens: 3}}
	for i, text := range r.Embed.Texts {
		if text == "long" {
			return c, tooLong(i)
		}
		e.Vectors = append(e.Vectors, []float32{float32(len(text)), 0.5})
	}
	if n := r.Embed.Dimensions; n > 0 {
		for i := range e.Vectors {
			e.Vectors[i] = e.Vectors[i][:n]
		}
	}
	c.ServedBy, c.Embeddings, c.Usage = e.ServedBy, e, &e.Usage
	return c, nil
}

func (d *door) InMemory() []gateway.Held {
	return []gateway.Held{{ID: "qwen3", ContextTokens: 2048, Bytes: 1 << 20, Until: time.Unix(1_900_000_000, 0).UTC()}}
}

// Pull knows one model.
func (d *door) Pull(_ context.Context, name string, progress func(string, int64, int64)) error {
	if name != "small" {
		return hearth.NewError(hearth.NotInLibrary, "model", name)
	}
	progress("small.gguf", 5, 10)
	progress("small.gguf", 10, 10)
	return nil
}

func (d *door) gateway() *gateway.Gateway {
	g := gateway.New(gateway.Config{Generator: d, Models: d, Trust: d, Authoriser: d, Counter: d, Memory: d, Puller: d, Archive: &d.archive, ToolServers: shelf{},
		Log:          slog.New(slog.NewTextHandler(&d.log, nil)),
		BodyBytesMax: 1 << 16, FirstByteMax: 5 * time.Second, Heartbeat: 10 * time.Second, WriteMax: time.Minute, Holders: d})
	g.Jobs, g.Files, g.Batches = &desk{g: g, jobs: map[string]*atWork{}}, cabinet{}, cabinet{}
	return g
}

// shelf is an MCP server with one tool.
type shelf struct{}

func (shelf) Find(_ hearth.Principal, _ hearth.DataClass, name, _ string) (gateway.ToolServer, error) {
	if name != "shelf" {
		return nil, hearth.NewError(hearth.NoSuchToolServer, "server", name)
	}
	return shelf{}, nil
}

func (shelf) List(context.Context) ([]hearth.Tool, error) {
	return []hearth.Tool{{Name: "look.up", Description: "Looks something up"}}, nil
}

func (shelf) Call(context.Context, string, string) (string, error) { return "found", nil }
func (shelf) Asks() bool                                           { return false }

// HoldKey knows the keys that Authenticate does.
func (d *door) HoldKey(ctx context.Context, id string) (context.Context, hearth.Principal, func(), error) {
	return ctx, hearth.Principal{KeyID: id, Name: "someone", Standing: hearth.StandingUser}, func() {}, nil
}

func deskOf(g *gateway.Gateway) *desk { return g.Jobs.(*desk) }

// desk has jobs done at once, sixteen of a key.
type desk struct {
	g    *gateway.Gateway
	mu   sync.Mutex
	jobs map[string]*atWork
	all  sync.WaitGroup
}

type atWork struct {
	job    hearth.Job
	cancel context.CancelCauseFunc
	ended  chan struct{}
}

func (d *desk) Add(_ context.Context, j hearth.Job) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.jobs) >= 16 {
		return hearth.NewError(hearth.TooManyJobs, "jobs", 16)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	w := &atWork{j, cancel, make(chan struct{})}
	d.jobs[j.ID] = w
	d.all.Go(func() {
		defer close(w.ended)
		defer cancel(nil)
		for {
			j.Tries++
			o := d.g.Work(ctx, j)
			if o.Again > 0 && ctx.Err() == nil {
				time.Sleep(o.Again)
				continue
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			stopped := errors.Is(context.Cause(ctx), hearth.NewError(hearth.ServerStop))
			switch {
			case o.Forget || ctx.Err() != nil && !stopped:
				delete(d.jobs, j.ID)
			case !stopped:
				w.job.State, w.job.Status, w.job.Result = hearth.JobDone, o.Status, o.Result
			default:
				w.job.State = hearth.JobWaiting
			}
			return
		}
	})
	return nil
}

func (d *desk) Job(_ context.Context, owner, id string) (hearth.Job, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if w := d.jobs[id]; w != nil && w.job.Owner == owner {
		return w.job, nil
	}
	return hearth.Job{}, hearth.NewError(hearth.NoSuchTicket, "ticket", id)
}

func (d *desk) Cancel(ctx context.Context, owner, id string) error {
	if _, err := d.Job(ctx, owner, id); err != nil {
		return err
	}
	d.mu.Lock()
	w := d.jobs[id]
	d.mu.Unlock()
	w.cancel(hearth.NewError(hearth.Canceled))
	<-w.ended
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.jobs, id)
	return nil
}

// cabinet has one file, and batches that nobody does.
type cabinet struct{}

func (cabinet) Receive(context.Context, string, io.Reader, func(*hearth.File) error) (hearth.File, error) {
	return hearth.File{}, errors.New("no room")
}

func (cabinet) File(_ context.Context, _, id string) (hearth.File, error) {
	return hearth.File{ID: id, Purpose: "batch", Name: "in.jsonl"}, nil
}

func (cabinet) Files(context.Context, string, string, string, int) ([]hearth.File, error) {
	return []hearth.File{{ID: "file-1"}}, nil
}

func (cabinet) OpenFile(context.Context, string, string) (io.Reader, error) {
	return strings.NewReader(chatLine("a", "x")), nil
}

func (cabinet) DeleteFile(context.Context, string, string) error { return nil }

func (cabinet) AddBatch(context.Context, hearth.Batch, iter.Seq2[hearth.Job, error]) error {
	return nil
}

func (cabinet) Batch(_ context.Context, _, id string) (hearth.Batch, error) {
	return hearth.Batch{ID: id, State: hearth.BatchInProgress}, nil
}

func (cabinet) Batches(context.Context, string, string, int) ([]hearth.Batch, error) { return nil, nil }

func (cabinet) CancelBatch(_ context.Context, _, id string) (hearth.Batch, error) {
	return hearth.Batch{ID: id, State: hearth.BatchCancelling}, nil
}

// stop waits for jobs until ctx ends, and stops the rest as a server that ends does.
func (d *desk) stop(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		d.all.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		d.mu.Lock()
		for _, w := range d.jobs {
			w.cancel(hearth.NewError(hearth.ServerStop))
		}
		d.mu.Unlock()
		<-done
	}
}

// do sends a request to the door. The header lines come before the body, as in HTTP.
func (d *door) do(method, path, header, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer right")
	for line := range strings.Lines(header) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	g := d.gateway()
	g.ServeHTTP(w, r)
	deskOf(g).stop(context.Background()) // when what it left in the background is done
	return w
}

func text(s string) hearth.Chunk { return hearth.Chunk{Text: s} }

var answer = []hearth.Chunk{
	{ServedBy: "native/qwen3", Reasoning: "Let me "},
	{Reasoning: "think."},
	{Text: "你好 <b>"},
	{Text: "!", LogProbs: []hearth.TokenLogProb{{Token: "!", Bytes: []byte("!"), LogProb: -0.5,
		Top: []hearth.TokenLogProb{{Token: "!", Bytes: []byte("!"), LogProb: -0.5}, {Token: "\ufffd", Bytes: []byte{0xe4}, LogProb: -1.5}}}}},
	{Finish: hearth.FinishStop, Usage: &hearth.Usage{PromptTokens: 7, CachedTokens: 4, CompletionTokens: 5, ReasoningTokens: 2}},
}

var calls = []hearth.Chunk{
	{ToolCalls: []hearth.ToolCallDelta{{Index: 0, ID: "call_1", Name: "score"}}},
	{ToolCalls: []hearth.ToolCallDelta{{Index: 0, Arguments: `{"id":`}}},
	{ToolCalls: []hearth.ToolCallDelta{{Index: 0, Arguments: `1}`}, {Index: 1, ID: "call_2", Name: "calc"}}},
	{ToolCalls: []hearth.ToolCallDelta{{Index: 1, Arguments: `{}`}}},
	{Finish: hearth.FinishToolCalls, Usage: &hearth.Usage{PromptTokens: 9, CompletionTokens: 8}},
}

// TestExchanges replays whole exchanges. Each file of testdata holds a request and,
// after a line of dashes, the answer; -update writes the answers.
func TestExchanges(t *testing.T) {
	scripts := map[string]*door{
		"answer": {chunks: answer}, "calls": {chunks: calls},
		"stopped": {chunks: []hearth.Chunk{text("up to "), {Finish: hearth.FinishStop, StopString: "END", Usage: &hearth.Usage{PromptTokens: 3, CompletionTokens: 2}}}},
		"mixed": {chunks: []hearth.Chunk{{Reasoning: "Hm.", Text: "I look. ", ServedBy: "native/qwen3"}, {Text: "Now.", ToolCalls: []hearth.ToolCallDelta{{ID: "call_1", Name: "look", Arguments: "{}"}}},
			{ToolCalls: []hearth.ToolCallDelta{{Index: 1, ID: "call_2", Name: "look"}}}, {Finish: hearth.FinishToolCalls, Usage: &hearth.Usage{PromptTokens: 3, CompletionTokens: 9}}}},
		"two":         {chunks: []hearth.Chunk{{Choice: 1, Text: "b"}, {Text: "a"}, {Finish: "stop"}, {Choice: 1, Finish: "length", Usage: &hearth.Usage{PromptTokens: 1, CompletionTokens: 2}}}},
		"fails":       {err: hearth.NewError(hearth.UpstreamUnreachable, "upstream", "gpu").Because(errors.New("dial tcp 10.1.2.3: secret"))},
		"fails-later": {chunks: []hearth.Chunk{text("so far")}, err: errors.New("disk on fire in /secret/path")},
	}
	files, _ := filepath.Glob("testdata/*.http")
	if len(files) == 0 {
		t.Fatal("no exchanges")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".http"), func(t *testing.T) {
			golden, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			request, want, _ := strings.Cut(string(golden), "\n----------\n")
			head, body, _ := strings.Cut(request, "\n\n")
			line, header, _ := strings.Cut(head, "\n")
			fields := strings.Fields(line) // METHOD PATH SCRIPT
			script := scripts[fields[2]]
			if script == nil {
				t.Fatalf("no script %q", fields[2])
			}
			got := show(script.do(fields[0], fields[1], header, body))
			if *update {
				if err := os.WriteFile(file, []byte(request+"\n----------\n"+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if strings.Contains(got, "secret") {
				t.Error("a cause reached the client")
			}
		})
	}
}

var (
	madeUp  = regexp.MustCompile(`(chatcmpl-|cmpl-|req_|msg_|resp_|rs_|fc_|item_)[A-Z2-7]{26}`)
	moments = regexp.MustCompile(`("created"|"created_at"|"completed_at"|"total_duration"|"prompt_eval_duration"|"eval_duration"):("20[^"]*"|\d+)`)
)

// show writes an answer down, without what changes from time to time.
func show(w *httptest.ResponseRecorder) string {
	r := w.Result()
	body, _ := io.ReadAll(r.Body)
	var b strings.Builder
	fmt.Fprintln(&b, r.Status)
	for _, name := range []string{"Content-Type", "Allow", "Retry-After", "Www-Authenticate", "X-Should-Retry", "X-Hearth-Ignored", "X-Hearth-Served-By"} {
		if v := r.Header.Get(name); v != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, v)
		}
	}
	fmt.Fprintf(&b, "\n%s", moments.ReplaceAll(madeUp.ReplaceAll(body, []byte("${1}ID")), []byte("${1}:0")))
	return b.String()
}

func TestWaitingStreamsShowSignsOfLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &door{chunks: answer, delay: 31 * time.Second}
		w := d.do("POST", "/v1/chat/completions", "", `{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}`)
		body := w.Body.String()
		// At 5, 15 and 25 seconds; a single newline each, before the first event.
		if !strings.HasPrefix(body, ": waiting\n: waiting\n: waiting\ndata: {") || strings.Count(body, "waiting") != 3 {
			t.Errorf("got %.200q", body)
		}
	})
}

func TestTroubleWhileWaiting(t *testing.T) {
	for _, c := range []struct {
		delay  time.Duration
		status int
		want   string
	}{
		{4 * time.Second, http.StatusServiceUnavailable, `{"error":{`},
		{6 * time.Second, http.StatusOK, ": waiting\ndata: {\"error\":{"},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := &door{delay: c.delay, err: hearth.NewError(hearth.UpstreamUnreachable, "upstream", "u")}
			w := d.do("POST", "/v1/chat/completions", "", `{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}`)
			if w.Code != c.status || !strings.HasPrefix(w.Body.String(), c.want) {
				t.Errorf("after %s: %d %.100q", c.delay, w.Code, w.Body)
			}
		})
	}
}

// TestStopEndsStreamsProperly stops the server in the middle of an answer.
func TestStopEndsStreamsProperly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancelCause(t.Context())
		slow := hearth.GeneratorFunc(func(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
			return func(yield func(hearth.Chunk, error) bool) {
				for yield(text("word "), nil) {
					select {
					case <-time.After(time.Second):
					case <-ctx.Done():
						yield(hearth.Chunk{}, ctx.Err())
						return
					}
				}
			}
		})
		d := &door{}
		g := d.gateway()
		g.Generator = slow
		time.AfterFunc(3500*time.Millisecond, func() { stop(hearth.NewError(hearth.ServerStop)) })
		r := httptest.NewRequest("POST", "/v1/chat/completions", strings.NewReader(`{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}`)).WithContext(ctx)
		r.Header.Set("Authorization", "Bearer right")
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		body := w.Body.String()
		if strings.Count(body, "word") != 4 || !strings.HasSuffix(body, "\n\ndata: [DONE]\n\n") || !strings.Contains(body, `"code":"server_stopping"`) {
			t.Errorf("got %q", body)
		}
	})
}

// TestClientThatLeavesFreesItsAnswer checks that the generator is told.
func TestClientThatLeavesFreesItsAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		freed := false
		d := &door{}
		g := d.gateway()
		g.Generator = hearth.GeneratorFunc(func(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
			return func(yield func(hearth.Chunk, error) bool) {
				defer func() { freed = true }()
				for yield(text("x"), nil) && ctx.Err() == nil {
					time.Sleep(time.Second)
				}
			}
		})
		time.AfterFunc(2500*time.Millisecond, leave)
		r := httptest.NewRequest("POST", "/v1/completions", strings.NewReader(`{"model":"m","stream":true,"prompt":"hi"}`)).WithContext(ctx)
		r.Header.Set("Authorization", "Bearer right")
		g.ServeHTTP(httptest.NewRecorder(), r)
		if !freed {
			t.Error("the answer goes on without a reader")
		}
	})
}

func TestPanicIsOneRequestsBadLuck(t *testing.T) {
	for _, body := range []string{`{"model":"m","prompt":"hi"}`, `{"model":"m","prompt":"hi","stream":true}`} {
		d := &door{}
		g := d.gateway()
		g.Generator = hearth.GeneratorFunc(func(context.Context, *hearth.Request) iter.Seq2[hearth.Chunk, error] {
			return func(func(hearth.Chunk, error) bool) { panic("oops") }
		})
		r := httptest.NewRequest("POST", "/v1/completions", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer right")
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		if w.Code != 500 || strings.Contains(w.Body.String(), "oops") || !strings.Contains(d.log.String(), "oops") {
			t.Errorf("%s: %d %s\nlog: %s", body, w.Code, w.Body, &d.log)
		}
	}
}

// TestSwollenBodies: what is small on the wire must not be large in memory, nor be
// repeated.
func TestSwollenBodies(t *testing.T) {
	d := &door{chunks: answer}
	g := d.gateway()
	g.BodyBytesMax = 8 << 20
	ask := func(path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer right")
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		return w
	}
	for body, want := range map[string]string{
		`{"model":"m","messages":[` + strings.Repeat("{},", 200_000) + `{}]}`:                                  "the number of JSON values",
		`{"model":"` + strings.Repeat("m", 1<<20) + `","messages":[]}`:                                         "the length of model",
		`{"model":"m","prompt":"x","suffix":"` + strings.Repeat("m", 1<<20) + `"}`:                             "",
		`{"model":"m","messages":[{"role":"user","content":[{"type":"` + strings.Repeat("m", 1<<20) + `"}]}]}`: "",
	} {
		path := "/v1/chat/completions"
		if strings.Contains(body, `"prompt"`) {
			path = "/v1/completions"
		}
		w := ask(path, body)
		if w.Code != 400 || !strings.Contains(w.Body.String(), want) || w.Body.Len() > 2000 || d.log.Len() > 20_000 {
			t.Errorf("%.60s: %d, %d bytes, %d in the log: %.300s", body, w.Code, w.Body.Len(), d.log.Len(), w.Body)
		}
	}
	if w := ask("/v1/chat/completions", `{"model":"m","messages":[{"role":"user","content":"`+strings.Repeat(`{\"a\":[1,2]},`, 100_000)+`"}]}`); w.Code != 200 {
		t.Errorf("brackets in a text: %d %.300s", w.Code, w.Body)
	}
}

func TestNothingSaidIsLogged(t *testing.T) {
	d := &door{chunks: answer}
	d.do("POST", "/v1/chat/completions", "", `{"model":"m","messages":[{"role":"user","content":"my diagnosis"}]}`)
	if log := d.log.String(); strings.Contains(log, "diagnosis") || strings.Contains(log, "right") || !strings.Contains(log, "key=k1") {
		t.Errorf("log: %s", log)
	}
}

// TestRequestReachesTheGeneratorWhole checks the translation, field by field.
func TestRequestReachesTheGeneratorWhole(t *testing.T) {
	d := &door{chunks: answer}
	d.do("POST", "/v1/chat/completions", "", `{"model":"m","n":2,"max_completion_tokens":9,"stop":"END","temperature":0.5,"top_p":0.9,
		"top_k":40,"min_p":0.05,"ignore_eos":true,"repetition_penalty":1.1,"frequency_penalty":1,"presence_penalty":-1,"logit_bias":{"5":-100},"seed":42,
		"logprobs":true,"top_logprobs":3,"chat_template_kwargs":{"enable_thinking":false},
		"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"b":1,"a":2}}}],
		"messages":[{"role":"developer","content":"be brief"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
		{"role":"assistant","content":"","reasoning_content":"hm","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"x\": 1}"}}]},
		{"role":"tool","tool_call_id":"c1","content":"ok"}]}`)
	if d.request == nil {
		t.Fatal("nothing arrived")
	}
	if !strings.HasPrefix(d.request.ID, "req_") {
		t.Errorf("the request's id is %q", d.request.ID)
	}
	half, p, seed := 0.5, 0.9, int64(42)
	want := &hearth.Request{Model: "m", By: hearth.Principal{KeyID: "k1", Name: "someone", Standing: hearth.StandingUser}, ID: d.request.ID, From: d.request.From, Thinking: hearth.ThinkingOff, Class: hearth.ClassDefault,
		Messages: []hearth.Message{
			{Role: hearth.RoleSystem, Text: "be brief"}, {Role: hearth.RoleUser, Text: "ab"},
			{Role: hearth.RoleAssistant, TextAbsent: true, Reasoning: "hm", ToolCalls: []hearth.ToolCall{{ID: "c1", Name: "f", Arguments: `{"x": 1}`}}},
			{Role: hearth.RoleTool, Text: "ok", ToolCallID: "c1"}},
		Tools: []hearth.Tool{{Name: "f", Description: "d", Parameters: json.RawMessage(`{"b":1,"a":2}`)}},
		Decoding: hearth.Decoding{Choices: 2, MaxTokens: 9, Stop: []string{"END"}, IgnoreEnd: true, LogProbs: true, TopLogProbs: 3,
			Sampling: hearth.Sampling{Temperature: &half, TopP: &p, TopK: 40, MinP: 0.05, Repetition: 1.1, Frequency: 1, Presence: -1,
				Bias: map[int]float64{5: -100}, Seed: &seed}}}
	got, _ := json.MarshalIndent(d.request, "", " ")
	expected, _ := json.MarshalIndent(want, "", " ")
	if !bytes.Equal(got, expected) {
		t.Errorf("got\n%s\nwant\n%s", got, expected)
	}
}

func FuzzChat(f *testing.F) {
	f.Add([]byte(`{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"}]}],"stop":["x"],"logit_bias":{"1":2}}`))
	f.Add([]byte(`{"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]}],"tool_choice":{"type":"function"}}`))
	f.Add([]byte(`{"messages":[],"n":0,"response_format":{"type":"json_object"},"thinking":{"type":"enabled"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := gateway.ParseChat(body)
		if err == nil && (len(r.Messages) == 0 || r.ChoiceCount() > 16) {
			t.Fatalf("accepted %+v", r)
		}
		if err != nil {
			if e := hearth.AsError(err); e.Kind() == hearth.KindInternal {
				t.Fatalf("%q is blamed on us: %v", body, err)
			}
		}
	})
}

func FuzzCompletion(f *testing.F) {
	f.Add([]byte(`{"model":"m","prompt":["a"],"logprobs":3,"stream":true,"stream_options":{"include_usage":true}}`))
	f.Add([]byte(`{"model":"m","prompt":[1,2],"best_of":3,"echo":true,"suffix":"x"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		d := &door{chunks: answer}
		w := d.do("POST", "/v1/completions", "", string(body))
		if w.Code >= 500 {
			t.Fatalf("%q: %d %s", body, w.Code, w.Body)
		}
	})
}
