package scenarios

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hearthbox/hearth/internal/appliance"
)

var (
	updateFaults  = flag.Bool("update-faults", false, "write docs/faults.md anew")
	faultRequests = flag.Int("requests", 600, "how many requests TestNothingLeaks makes")
)

// silence is how long the servers of this test may give no sign of life.
const silence = time.Second

// fault is a way of going wrong. Every one is a server of its own, and a model of its
// name.
type fault struct {
	name string
	what string // for the table
	h2   bool   // over TLS and HTTP/2
	pair bool   // another server has the model too: a pair for every dialect
	do   func(f *faulty, w http.ResponseWriter, r *http.Request, times int)
}

var faults = []fault{
	{name: "sound", what: "nothing goes wrong", do: func(f *faulty, w http.ResponseWriter, _ *http.Request, _ int) {
		f.stream(w, hello, there, stop, usage, done)
	}},
	{name: "slow", what: "the first token is slow; comments come meanwhile", do: func(f *faulty, w http.ResponseWriter, _ *http.Request, _ int) {
		for range 4 {
			f.stream(w, ": keep-alive\n\n")
			time.Sleep(silence / 2)
		}
		f.stream(w, hello, there, stop, usage, done)
	}},
	{name: "mute", what: "the first token never comes", do: func(f *faulty, w http.ResponseWriter, r *http.Request, _ int) { f.hang(r) }},
	{name: "stall", what: "it falls silent in the middle", do: func(f *faulty, w http.ResponseWriter, r *http.Request, _ int) { f.stream(w, hello); f.hang(r) }},
	{name: "cut", what: "the connection is cut in the middle", do: func(f *faulty, w http.ResponseWriter, _ *http.Request, _ int) {
		f.stream(w, hello)
		panic(http.ErrAbortHandler)
	}},
	{name: "cut-json", what: "the stream ends in the middle of JSON", do: func(f *faulty, w http.ResponseWriter, _ *http.Request, _ int) {
		f.stream(w, hello, there[:len(there)/2])
	}},
	{name: "cut-clean", what: "the stream ends before the answer does", do: func(f *faulty, w http.ResponseWriter, _ *http.Request, _ int) { f.stream(w, hello) }},
	{name: "refused", what: "nothing is sent, the connection is closed", do: func(f *faulty, w http.ResponseWriter, _ *http.Request, _ int) { panic(http.ErrAbortHandler) }},
	{name: "busy", what: "429 without a word of when, once", do: busyOnce(func(http.Header) {})},
	{name: "busy-seconds", what: "429, `Retry-After` in seconds", do: busyOnce(func(h http.Header) { h.Set("Retry-After", "1") })},
	{name: "busy-date", what: "429, `Retry-After` as a date", do: busyOnce(func(h http.Header) { h.Set("Retry-After", time.Now().Add(time.Second).UTC().Format(http.TimeFormat)) })},
	{name: "busy-ms", what: "429, `retry-after-ms`", do: busyOnce(func(h http.Header) { h.Set("Retry-After-Ms", "300") })},
	{name: "busy-reset", what: "429, `x-ratelimit-reset-requests: 300ms`", do: busyOnce(func(h http.Header) {
		h.Set("X-Ratelimit-Remaining-Requests", "0")
		h.Set("X-Ratelimit-Reset-Requests", "300ms")
	})},
	{name: "busy-epoch", what: "429, `x-ratelimit-reset` in seconds since 1970", do: busyOnce(func(h http.Header) { h.Set("X-Ratelimit-Reset", fmt.Sprint(time.Now().Add(time.Second).Unix())) })},
	{name: "error-200", what: "200, and a body that is an error", do: func(f *faulty, w http.ResponseWriter, _ *http.Request, _ int) {
		f.whole(w, 200, `{"error":{"message":"out of memory"}}`)
	}},
	{name: "error-first", what: "200, and a stream that is an error", do: func(f *faulty, w http.ResponseWriter, _ *http.Request, _ int) {
		f.stream(w, `data: {"error":{"message":"out of memory","code":500}}`+"\n\n")
	}},
	{name: "error-late", what: "an error in the middle of the stream", do: func(f *faulty, w http.ResponseWriter, _ *http.Request, _ int) {
		f.stream(w, hello, `data: {"error":{"message":"out of memory","code":500}}`+"\n\n")
	}},
	{name: "plain-type", what: "a stream that says it is `text/plain`", do: func(f *faulty, w http.ResponseWriter, _ *http.Request, _ int) {
		w.Header().Set("Content-Type", "text/plain")
		f.stream(w, hello, there, stop, usage, done)
	}},
	{name: "not-streamed", what: "the whole answer in place of a stream", do: func(f *faulty, w http.ResponseWriter, _ *http.Request, _ int) {
		f.whole(w, 200, `{"choices":[{"index":0,"message":{"role":"assistant","content":"Hello there"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}`)
	}},
	{name: "page", what: "200, and a page of HTML", do: func(f *faulty, w http.ResponseWriter, _ *http.Request, _ int) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html>Bad gateway</html>")
	}},
	{name: "twice", what: "the last chunks come twice", do: func(f *faulty, w http.ResponseWriter, _ *http.Request, _ int) {
		f.stream(w, hello, there, stop, stop, usage, usage, done, done)
	}},
	{name: "gzip", what: "a stream compressed unasked", do: func(f *faulty, w http.ResponseWriter, _ *http.Request, _ int) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, hello+there+stop+usage+done)
		_ = z.Close()
	}},
	{name: "gzip-cut", what: "a compressed stream that is cut", do: func(f *faulty, w http.ResponseWriter, _ *http.Request, _ int) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, hello)
		_ = z.Flush()
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}},
	{name: "key", what: "401", do: func(f *faulty, w http.ResponseWriter, _ *http.Request, _ int) {
		f.whole(w, 401, `{"error":{"message":"bad key"}}`)
	}},
	{name: "too-long", what: "400", do: func(f *faulty, w http.ResponseWriter, _ *http.Request, _ int) {
		f.whole(w, 400, `{"error":{"message":"too long"}}`)
	}},
	{name: "fails", what: "500", do: func(f *faulty, w http.ResponseWriter, _ *http.Request, _ int) {
		f.whole(w, 500, `Internal Server Error`)
	}},
	{name: "h2", what: "HTTP/2, nothing goes wrong", h2: true, do: func(f *faulty, w http.ResponseWriter, _ *http.Request, _ int) {
		f.stream(w, hello, there, stop, usage, done)
	}},
	{name: "h2-reset", what: "HTTP/2, the stream is reset at once", h2: true, do: func(f *faulty, w http.ResponseWriter, _ *http.Request, _ int) { panic(http.ErrAbortHandler) }},
	{name: "h2-reset-late", what: "HTTP/2, the stream is reset in the middle", h2: true, do: func(f *faulty, w http.ResponseWriter, _ *http.Request, _ int) {
		f.stream(w, hello)
		panic(http.ErrAbortHandler)
	}},
	{name: "dies", what: "it is cut in the middle, and another one has the model", pair: true, do: func(f *faulty, w http.ResponseWriter, r *http.Request, _ int) {
		f.stream(w, hello)
		panic(http.ErrAbortHandler)
	}},
	{name: "hangs", what: "it falls silent in the middle, and another one has the model", pair: true, do: func(f *faulty, w http.ResponseWriter, r *http.Request, _ int) {
		f.stream(w, hello)
		f.hang(r)
	}},
}

func chunkOf(s string) string { return "data: " + s + "\n\n" }

var (
	hello = chunkOf(`{"choices":[{"index":0,"delta":{"content":"Hello "}}]}`)
	there = chunkOf(`{"choices":[{"index":0,"delta":{"content":"there"}}]}`)
	stop  = chunkOf(`{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`)
	usage = chunkOf(`{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}`)
	done  = chunkOf(`[DONE]`)
)

// busyOnce refuses every other request.
func busyOnce(say func(http.Header)) func(*faulty, http.ResponseWriter, *http.Request, int) {
	return func(f *faulty, w http.ResponseWriter, _ *http.Request, times int) {
		if times%2 == 0 {
			f.stream(w, hello, there, stop, usage, done)
			return
		}
		say(w.Header())
		f.whole(w, 429, `{"error":{"message":"slow down"}}`)
	}
}

// faulty are the servers.
type faulty struct {
	plain, tls *httptest.Server
	mu         sync.Mutex
	times      map[string]int
	running    atomic.Int32
	continued  atomic.Int32 // answers that another one began
}

func newFaulty(t *testing.T) *faulty {
	f := &faulty{times: map[string]int{}}
	f.plain = httptest.NewUnstartedServer(http.HandlerFunc(f.serve))
	f.tls = httptest.NewUnstartedServer(http.HandlerFunc(f.serve))
	f.tls.EnableHTTP2 = true
	for _, s := range []*httptest.Server{f.plain, f.tls} {
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
	}
	f.plain.Start()
	f.tls.StartTLS()
	t.Cleanup(f.tls.Close)
	t.Cleanup(f.plain.Close)
	return f
}

func (f *faulty) serve(w http.ResponseWriter, r *http.Request) {
	f.running.Add(1)
	defer f.running.Add(-1)
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	body, _ := io.ReadAll(r.Body)
	switch {
	case rest == "v1/models":
		_, _ = fmt.Fprintf(w, `{"data":[{"id":%q}]}`, strings.TrimSuffix(name, "+"))
		return
	case strings.HasSuffix(name, "+"): // the other one, which goes on with what the first has said
		if strings.Contains(string(body), `"continue_final_message":true`) && strings.Contains(string(body), `"content":"Hello "`) {
			f.continued.Add(1)
			f.stream(w, there, stop, usage, done)
			return
		}
		f.stream(w, hello, there, stop, usage, done)
		return
	case strings.Contains(string(body), `"content":"hi"`) && strings.Contains(string(body), `"max_tokens":1,`): // a probe
		f.stream(w, hello, stop, done)
		return
	}
	f.mu.Lock()
	f.times[name]++
	times := f.times[name]
	f.mu.Unlock()
	name, _, _ = strings.Cut(name, ".")
	i := slices.IndexFunc(faults, func(x fault) bool { return x.name == name })
	faults[i].do(f, w, r, times)
}

func (f *faulty) stream(w http.ResponseWriter, parts ...string) {
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "text/event-stream")
	}
	for _, p := range parts {
		_, _ = io.WriteString(w, p)
		w.(http.Flusher).Flush()
	}
}

func (f *faulty) whole(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func (f *faulty) hang(r *http.Request) { <-r.Context().Done() }

// house is an appliance in this process, so that what it leaves behind can be counted.
type house struct {
	t      *testing.T
	url    string
	key    string
	client *http.Client
	end    func()
}

func newHouse(t *testing.T, settings string) *house {
	t.Helper()
	home := t.TempDir()
	data := filepath.Join(home, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(data, "hearth.yaml"), []byte(settings))
	c, err := appliance.Load(appliance.Source{Env: map[string]string{"HOME": home, "HEARTH_DATA": data}, Set: []string{"listen=127.0.0.1:0", "starter=false", "discover=", "stop_grace=0s"}})
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	a, err := appliance.New(t.Context(), "test", c, &logged)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	h := &house{t: t, url: a.URL, key: a.FirstKey, client: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 100}}}
	h.end = sync.OnceFunc(func() {
		h.client.CloseIdleConnections()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("it stopped with %v", err)
		}
		if t.Failed() {
			t.Log(tail(logged.String()))
		}
	})
	t.Cleanup(h.end)
	return h
}

// faultDialects are what clients speak: how a model is asked, whether the answer to be is
// whole, and how an end looks.
var faultDialects = []struct {
	name, path, body string
	end, broken      string // of a stream
}{
	{"OpenAI, stream", "/v1/chat/completions", `{"model":%q,"stream":true,"messages":[{"role":"user","content":"speak"}]}`, `"finish_reason":"stop"`, `{"error":`},
	{"OpenAI, whole", "/v1/chat/completions", `{"model":%q,"messages":[{"role":"user","content":"speak"}]}`, "", ""},
	{"Responses, stream", "/v1/responses", `{"model":%q,"stream":true,"store":false,"input":"speak"}`, "response.completed", "response.failed"},
	{"Responses, whole", "/v1/responses", `{"model":%q,"store":false,"input":"speak"}`, "", ""},
	{"Anthropic, stream", "/v1/messages", `{"model":%q,"stream":true,"max_tokens":50,"messages":[{"role":"user","content":"speak"}]}`, "message_stop", "event: error"},
	{"Anthropic, whole", "/v1/messages", `{"model":%q,"max_tokens":50,"messages":[{"role":"user","content":"speak"}]}`, "", ""},
	{"Ollama, stream", "/api/chat", `{"model":%q,"messages":[{"role":"user","content":"speak"}]}`, `"done":true`, `{"error":`},
	{"Ollama, whole", "/api/chat", `{"model":%q,"stream":false,"messages":[{"role":"user","content":"speak"}]}`, "", ""},
}

var spoken = regexp.MustCompile(`"(?:content|delta|text)":"((?:Hello|there)[ a-z]*)"`)

// outcome asks and says what came of it: an answer, an error with its status, or an error
// in the stream. Whatever else there may be is nothing a client can rely on.
func (h *house) outcome(ctx context.Context, dialect int, model string) string {
	d := faultDialects[dialect]
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url+d.path, strings.NewReader(fmt.Sprintf(d.body, model)))
	if err != nil {
		return err.Error()
	}
	req.Header.Set("Authorization", "Bearer "+h.key)
	resp, err := h.client.Do(req)
	if err != nil {
		return "no response: " + err.Error()
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	body := string(raw)
	switch {
	case err != nil:
		return "cut off: " + err.Error()
	case resp.StatusCode != http.StatusOK:
		if !json.Valid(raw) {
			return "an error that is no JSON"
		}
		return fmt.Sprintf("%d", resp.StatusCode)
	case d.end == "":
		if !strings.Contains(body, "Hello there") || !json.Valid(raw) {
			return "200 and " + body
		}
		return "answer"
	case strings.Contains(body, d.broken) && !strings.Contains(body, d.end):
		return "error in the stream"
	case strings.Contains(body, d.end) && !strings.Contains(body, d.broken):
		text := ""
		for _, m := range spoken.FindAllStringSubmatch(body, -1) {
			if text += m[1]; text == "Hello there" {
				return "answer"
			}
		}
		return fmt.Sprintf("an answer of %q", text)
	}
	return "neither an end nor an error: " + tail(body)
}

// model is the name of the model that shows the fault to a dialect.
func (x fault) model(dialect int) string {
	if x.pair {
		return fmt.Sprintf("%s.%d", x.name, dialect)
	}
	return x.name
}

// faultHouse is an appliance before all the faults.
func faultHouse(t *testing.T) (*house, *faulty) {
	t.Helper()
	f := newFaulty(t)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	put(t, ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.tls.Certificate().Raw}))
	var settings strings.Builder
	settings.WriteString("log: {level: error}\nupstreams:\n")
	add := func(name, url, more string) {
		fmt.Fprintf(&settings, "  - {name: %q, url: %q, silence: %s, concurrent: 32%s}\n", name, url, silence, more)
	}
	groups := "groups:\n"
	for _, x := range faults {
		for d := range faultDialects {
			if name := x.model(d); x.pair {
				add(name, f.plain.URL+"/"+name+"/v1", "")
				add(name+"+", f.plain.URL+"/"+name+"+/v1", "")
				groups += fmt.Sprintf("  - {name: %[1]s, members: [{model: %[1]s, upstream: %[1]s}, {model: %[1]s, upstream: %[1]s+, standby: true}]}\n", name)
			}
		}
		if x.pair {
			continue
		}
		if x.h2 {
			add(x.name, f.tls.URL+"/"+x.name+"/v1", fmt.Sprintf(", tls: {ca: %q}", ca))
			continue
		}
		add(x.name, f.plain.URL+"/"+x.name+"/v1", "")
	}
	return newHouse(t, settings.String()+groups), f
}

// TestFaults asks every faulty server in every dialect: docs/faults.md is what comes of
// it. Each fault has its servers to itself for the time, so that none hides another.
func TestFaults(t *testing.T) {
	h, f := faultHouse(t)
	table := make([][]string, len(faults))
	var all sync.WaitGroup
	for i, x := range faults {
		table[i] = make([]string, len(faultDialects))
		all.Go(func() {
			for d := range faultDialects {
				table[i][d] = h.outcome(t.Context(), d, x.model(d))
			}
		})
	}
	all.Wait()
	if n := f.continued.Load(); int(n) != 2*len(faultDialects) {
		t.Errorf("%d answers were gone on with, want %d", n, 2*len(faultDialects))
	}
	var b strings.Builder
	b.WriteString("# What goes wrong with upstreams, and what clients see of it\n\nMade by `go test ./scenarios -run TestFaults -update-faults`, with a scripted server in place of an engine. Each\ncell is what a client of that dialect got: an answer that is whole, an error with its\nstatus, or an error in the stream after the answer had begun. There is no third thing:\nno stream that ends as if it were whole, and no client that waits for ever.\n\n| What goes wrong |")
	for _, d := range faultDialects {
		b.WriteString(" " + d.name + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(faultDialects)) + "\n")
	for i, x := range faults {
		b.WriteString("| " + x.what + " |")
		for d, got := range table[i] {
			b.WriteString(" " + got + " |")
			if got != "answer" && got != "error in the stream" && (len(got) != 3 || got[0] != '4' && got[0] != '5') {
				t.Errorf("%s, %s: %s", x.name, faultDialects[d].name, got)
			}
		}
		b.WriteString("\n")
	}
	const path = "../docs/faults.md"
	if *updateFaults {
		put(t, path, []byte(b.String()))
	}
	if want, err := os.ReadFile(path); err != nil || string(want) != b.String() {
		t.Errorf("docs/faults.md is out of date (%v): what was found is\n%s", err, b.String())
	}
}

// ours is how many goroutines run code of hearth: connections that are kept for the next
// request do not.
func ours() (n int, what string) {
	var b bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&b, 1)
	_, text, _ := strings.Cut(b.String(), "\n") // the total
	for _, block := range strings.Split(text, "\n\n") {
		count := 0
		if strings.Contains(block, "hearthbox/hearth/internal/") {
			_, _ = fmt.Sscanf(block, "%d @", &count)
			n += count
			what += block + "\n\n"
		}
	}
	return n, what
}

// TestNothingLeaks makes many requests of every kind, a quarter of which their clients
// leave, and counts what is left: goroutines, requests at upstreams, requests in line.
func TestNothingLeaks(t *testing.T) {
	all := runtime.NumGoroutine()
	h, f := faultHouse(t)
	for d := range faultDialects { // so that what is made once is there
		h.outcome(t.Context(), d, "sound")
	}
	before, _ := ours()
	seeds := rand.New(rand.NewPCG(7, 7))
	work := make(chan [3]int)
	var workers sync.WaitGroup
	var odd sync.Map
	var answered, failed, left atomic.Int32
	for range 96 {
		workers.Go(func() {
			for w := range work {
				ctx, cancel := context.WithCancel(t.Context())
				if w[2] > 0 {
					time.AfterFunc(time.Duration(w[2])*time.Millisecond, cancel)
				}
				got := h.outcome(ctx, w[1], faults[w[0]].model(w[1]))
				switch {
				case got == "answer":
					answered.Add(1)
				case got == "error in the stream" || len(got) == 3 && (got[0] == '4' || got[0] == '5'):
					failed.Add(1)
				case ctx.Err() != nil:
					left.Add(1)
				default:
					odd.Store(faults[w[0]].name+", "+faultDialects[w[1]].name+": "+got, true)
				}
				cancel()
			}
		})
	}
	began := time.Now()
	for range *faultRequests {
		leaves := 0
		if seeds.IntN(4) == 0 {
			leaves = 1 + seeds.IntN(400)
		}
		work <- [3]int{seeds.IntN(len(faults)), seeds.IntN(len(faultDialects)), leaves}
	}
	close(work)
	workers.Wait()
	took := time.Since(began)
	odd.Range(func(what, _ any) bool { t.Error(what); return true })
	soon := func(ok func() bool) bool {
		for range 100 {
			if ok() {
				return true
			}
			time.Sleep(100 * time.Millisecond)
		}
		return false
	}
	left0 := func() bool { n, _ := ours(); return n <= before && f.running.Load() == 0 }
	if !soon(left0) {
		n, what := ours()
		t.Errorf("%d goroutines of hearth are left of %d; %d requests run upstream\n%s", n, before, f.running.Load(), what[:min(len(what), 6000)])
	}
	_, line := h.get("/v1/queue")
	if !strings.Contains(line, `"waiting":0`) || !strings.Contains(line, `"running":0`) {
		t.Errorf("in line: %s", line)
	}
	after, _ := ours()
	t.Logf("%d requests in %v: %d answered, %d errors, %d left by their clients; goroutines of hearth before %d, after %d; at upstreams %d",
		*faultRequests, took.Round(time.Second), answered.Load(), failed.Load(), left.Load(), before, after, f.running.Load())
	h.end()
	f.plain.Close()
	f.tls.Close()
	if !soon(func() bool { return runtime.NumGoroutine() <= all }) {
		t.Errorf("%d goroutines when all has stopped, %d before it began", runtime.NumGoroutine(), all)
	}
}

// get reads a path as the administrator.
func (h *house) get(path string) (int, string) {
	req, _ := http.NewRequest(http.MethodGet, h.url+path, nil)
	req.Header.Set("Authorization", "Bearer "+h.key)
	resp, err := h.client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text)
}
