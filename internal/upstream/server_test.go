package upstream_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/pipenet"
	"github.com/hearthbox/hearth/internal/upstream"
)

const idle = time.Minute

// serve runs a test in virtual time, with a server that answers with f and an
// upstream that asks it over a pipe.
func serve(t *testing.T, f http.HandlerFunc, test func(t *testing.T, u *upstream.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		host := pipenet.Serve(f)
		u, err := upstream.New(upstream.Config{Name: "gpu", URL: "http://gpu/v1/", Key: "sk-secret", IdleMax: idle})
		if err != nil {
			t.Fatal(err)
		}
		u.DialWith(host.Dial)
		test(t, u)
		u.Close()
		_ = host.Close()
	})
}

// lines answers with the given event stream.
func lines(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, text)
	}
}

// collect asks and gathers everything.
func collect(u *upstream.Server, r *hearth.Request) (all hearth.Chunk, n int, err error) {
	if r == nil {
		r = &hearth.Request{Model: "m", Messages: []hearth.Message{{Role: hearth.RoleUser, Text: "hi"}}}
	}
	for c, err := range u.Generate(context.Background(), r) {
		if err != nil {
			return all, n, err
		}
		n++
		all.Text += c.Text
		all.Reasoning += c.Reasoning
		all.ToolCalls = append(all.ToolCalls, c.ToolCalls...)
		all.LogProbs = append(all.LogProbs, c.LogProbs...)
		all.ServedBy += c.ServedBy
		if c.Finish != "" {
			all.Finish, all.StopString = c.Finish, c.StopString
		}
		if c.Usage != nil {
			all.Usage = c.Usage
		}
	}
	return all, n, nil
}

func TestAnswer(t *testing.T) {
	serve(t, lines(`: queued
data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}

event: message
id: 1
data: {"choices":[{"index":0,"delta":{"reasoning_content":"hm"}}]}

data:{"choices":[{"index":0,
data: "delta":{"content":"你好"},"logprobs":{"content":[{"token":"你好","logprob":-0.1,"bytes":[228],"top_logprobs":[{"token":"x","logprob":-2}]}]}}]}

data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{}"}}]}}]}

data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":2},"completion_tokens_details":{"reasoning_tokens":1}}}

data: [DONE]

data: {"choices":[{"index":0,"delta":{"content":"after the end"}}]}

`), func(t *testing.T, u *upstream.Server) {
		got, n, err := collect(u, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := hearth.Chunk{Text: "你好", Reasoning: "hm", ServedBy: "upstream/gpu", Finish: hearth.FinishToolCalls,
			ToolCalls: []hearth.ToolCallDelta{{ID: "c", Name: "f", Arguments: "{}"}},
			LogProbs: []hearth.TokenLogProb{{Token: "你好", LogProb: -0.1, Bytes: []byte{228},
				Top: []hearth.TokenLogProb{{Token: "x", LogProb: -2}}}},
			Usage: &hearth.Usage{PromptTokens: 3, CachedTokens: 2, CompletionTokens: 4, ReasoningTokens: 1}}
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		if string(a) != string(b) || n != 4 {
			t.Errorf("in %d chunks got\n%s\nwant\n%s", n, a, b)
		}
	})
}

func TestPlainCompletion(t *testing.T) {
	serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/completions" {
			http.NotFound(w, r)
			return
		}
		lines(`data: {"choices":[{"index":0,"text":" upon","logprobs":{"tokens":[" upon"],"token_logprobs":[-0.5],"top_logprobs":[{"a":-3," upon":-0.5}]}}]}

data: {"choices":[{"index":0,"text":" a","finish_reason":"length"}]}

data: [DONE]`)(w, r)
	}, func(t *testing.T, u *upstream.Server) {
		prompt := "Once"
		got, _, err := collect(u, &hearth.Request{Model: "m", Prompt: &prompt})
		if err != nil || got.Text != " upon a" || got.Finish != hearth.FinishLength || len(got.LogProbs) != 1 || got.LogProbs[0].Top[0].Token != " upon" {
			t.Errorf("got %+v (%v)", got, err)
		}
	})
}

// TestFaults is what goes wrong with servers, and what becomes of it.
func TestFaults(t *testing.T) {
	const begin = `data: {"choices":[{"index":0,"delta":{"content":"so far"}}]}` + "\n\n"
	status := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(code)
			_, _ = io.WriteString(w, body)
		}
	}
	for name, c := range map[string]struct {
		server http.HandlerFunc
		code   hearth.Code
		text   string // in the error
		begun  bool
	}{
		"refuses the key":              {status(401, `{"error":{"message":"bad key"}}`), hearth.UpstreamRefused, "bad key", false},
		"does not take the request":    {status(400, `{"error":{"message":"too long"}}`), hearth.UpstreamRejected, "too long", false},
		"says so the FastAPI way":      {status(422, `{"detail":"no such field"}`), hearth.UpstreamRejected, "no such field", false},
		"is at its limit":              {status(429, `{"message":"slow down"}`), hearth.UpstreamBusy, "slow down", false},
		"fails without words":          {status(502, `<html>`), hearth.UpstreamFailed, "502", false},
		"is a hearth":                  {status(404, `{"error":{"code":"model_not_found","message":"there is no model m","remedy":"look around"}}`), hearth.NoSuchModel, "there is no model m", false},
		"gives up":                     {lines(begin + `data: {"choices":[{"index":0,"delta":{},"finish_reason":"abort"}]}` + "\n\n"), hearth.UpstreamProtocol, "gave up", true},
		"does not know our key":        {status(401, `{"error":{"code":"invalid_api_key","message":"no such key","remedy":"x"}}`), hearth.UpstreamRefused, "no such key", false},
		"redirects":                    {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "http://evil.test", 307) }, hearth.UpstreamRefused, "307", false},
		"says 200 and sends an error":  {lines(`data: {"error":{"message":"out of memory"}}` + "\n\n"), hearth.UpstreamRefused, "out of memory", false},
		"fails in the middle":          {lines(begin + `data: {"error":"gone"}` + "\n\n"), hearth.UpstreamRefused, "gone", true},
		"breaks off":                   {lines(begin), hearth.UpstreamProtocol, "broke off", true},
		"breaks off in JSON":           {lines(begin + `data: {"choi`), hearth.UpstreamProtocol, "not readable", true},
		"sends nothing":                {lines(""), hearth.UpstreamProtocol, "broke off", false},
		"sends a page":                 {lines("<html>hello</html>"), hearth.UpstreamProtocol, "sent a page", false},
		"sends a line without end":     {lines("data: " + strings.Repeat("x", 5<<20)), hearth.UpstreamProtocol, "connection broke", false},
		"sends a choice out of range":  {lines(`data: {"choices":[{"index":7,"delta":{"content":"x"}}]}` + "\n\n"), hearth.UpstreamProtocol, "nobody asked", false},
		"sends a tool call far off":    {lines(`data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":999999999}]}}]}` + "\n\n"), hearth.UpstreamProtocol, "out of range", false},
		"is silent from the start":     {silent(""), hearth.UpstreamProtocol, "silent for", false},
		"falls silent":                 {silent(begin), hearth.UpstreamProtocol, "silent for", true},
		"closes the connection on us":  {func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }, hearth.UpstreamUnreachable, "can't be reached", false},
		"cuts the connection later on": {func(w http.ResponseWriter, r *http.Request) { flush(w, begin); panic(http.ErrAbortHandler) }, hearth.UpstreamProtocol, "connection broke", true},
	} {
		t.Run(name, func(t *testing.T) {
			serve(t, c.server, func(t *testing.T, u *upstream.Server) {
				got, _, err := collect(u, nil)
				e := hearth.AsError(err)
				if err == nil || e.Code != c.code || !strings.Contains(e.Message(hearth.English), c.text) {
					t.Errorf("got %v, want %s with %q", err, c.code, c.text)
				}
				if c.begun != (got.Text == "so far") {
					t.Errorf("got text %q", got.Text)
				}
				if err != nil && strings.Contains(err.Error(), "sk-secret") {
					t.Errorf("the key is in the error: %v", err)
				}
			})
		})
	}
}

func flush(w http.ResponseWriter, text string) {
	lines(text)(w, nil)
	w.(http.Flusher).Flush()
}

// silent sends a text and then nothing more, for as long as it is listened to.
func silent(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if text != "" {
			flush(w, text)
		}
		_, _ = io.ReadAll(r.Body)
		<-r.Context().Done()
	}
}

// TestHeartbeatsKeepAWaitAlive waits longer than the limit for silence, with signs
// of life in between.
func TestHeartbeatsKeepAWaitAlive(t *testing.T) {
	serve(t, func(w http.ResponseWriter, r *http.Request) {
		for range 8 {
			flush(w, ": waiting\n")
			time.Sleep(idle - time.Second)
		}
		lines(`data: {"choices":[{"index":0,"delta":{"content":"done"},"finish_reason":"stop"}]}`+"\n\n")(w, r)
	}, func(t *testing.T, u *upstream.Server) {
		if got, _, err := collect(u, nil); err != nil || got.Text != "done" {
			t.Errorf("got %+v (%v)", got, err)
		}
	})
}

func TestStoppingEarlyFreesTheUpstream(t *testing.T) {
	freed := false
	serve(t, func(w http.ResponseWriter, r *http.Request) {
		defer func() { freed = true }()
		for r.Context().Err() == nil {
			flush(w, `data: {"choices":[{"index":0,"delta":{"content":"x"}}]}`+"\n\n")
			time.Sleep(time.Second)
		}
	}, func(t *testing.T, u *upstream.Server) {
		for c, err := range u.Generate(t.Context(), &hearth.Request{Model: "m"}) {
			if err != nil || c.Text != "x" {
				t.Errorf("got %+v (%v)", c, err)
			}
			break
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if !freed {
			t.Error("the upstream still generates")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, err := range u.Generate(ctx, &hearth.Request{Model: "m"}) {
			if !errors.Is(err, hearth.NewError(hearth.Canceled)) {
				t.Errorf("got %v", err)
			}
		}
	})
}

func TestRequestOnTheWire(t *testing.T) {
	var body map[string]any
	serve(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer sk-secret" {
			t.Errorf("authorization %q", got)
		}
		_ = json.NewDecoder(r.Body).Decode(&body)
		lines(`data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]}`)(w, r)
	}, func(t *testing.T, u *upstream.Server) {
		u.Config.Models = map[string]string{"house-name": "their/name"}
		half := 0.5
		_, _, err := collect(u, &hearth.Request{Model: "house-name", Thinking: hearth.ThinkingOff,
			Messages: []hearth.Message{{Role: hearth.RoleAssistant, TextAbsent: true, ToolCalls: []hearth.ToolCall{{ID: "c", Name: "f", Arguments: "{}"}}},
				{Role: hearth.RoleTool, Text: "", ToolCallID: "c"}},
			Tools:    []hearth.Tool{{Name: "f", Parameters: json.RawMessage(`{"a":1}`)}},
			Decoding: hearth.Decoding{MaxTokens: 5, Stop: []string{"s"}, IgnoreEnd: true, Sampling: hearth.Sampling{Temperature: &half, Bias: map[int]float64{7: -1}}}})
		if err != nil {
			t.Fatal(err)
		}
		got, _ := json.Marshal(body)
		const want = `{"chat_template_kwargs":{"enable_thinking":false,"thinking":false},"ignore_eos":true,"logit_bias":{"7":-1},"max_tokens":5,` +
			`"messages":[{"content":null,"role":"assistant","tool_calls":[{"function":{"arguments":"{}","name":"f"},"id":"c","index":0,"type":"function"}]},` +
			`{"content":"","role":"tool","tool_call_id":"c"}],"model":"their/name","stop":["s"],"stream":true,"stream_options":{"include_usage":true},` +
			`"temperature":0.5,"tools":[{"function":{"name":"f","parameters":{"a":1}},"type":"function"}]}`
		if string(got) != want {
			t.Errorf("sent\n%s\nwant\n%s", got, want)
		}
	})
}

// TestLimitsBeyondTheContext: a limit that may fall short is left out where a server
// refuses it, and only then.
func TestLimitsBeyondTheContext(t *testing.T) {
	var asked []string
	const context = 100
	server := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var b struct {
			MaxTokens int `json:"max_tokens"`
			Messages  []struct{ Content string }
		}
		_ = json.Unmarshal(body, &b)
		asked = append(asked, fmt.Sprint(b.MaxTokens))
		if b.MaxTokens > context || len(b.Messages[0].Content) > context {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":{"message":"maximum context length is 100"}}`)
			return
		}
		lines("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"yes\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")(w, r)
	}
	for _, c := range []struct {
		text  string
		limit int
		short bool
		asked string
		ok    bool
	}{
		{"hi", 50, true, "50", true},
		{"hi", 500, true, "500 0", true},
		{"hi", 500, false, "500", false},
		{strings.Repeat("long ", 100), 500, true, "500 0", false},
	} {
		asked = nil
		serve(t, server, func(t *testing.T, u *upstream.Server) {
			r := &hearth.Request{Model: "m", Messages: []hearth.Message{{Role: hearth.RoleUser, Text: c.text}}}
			r.MaxTokens, r.MayFallShort = c.limit, c.short
			_, _, err := collect(u, r)
			if got := strings.Join(asked, " "); got != c.asked || (err == nil) != c.ok {
				t.Errorf("%d tokens, may fall short %t: asked %s, %v", c.limit, c.short, got, err)
			}
		})
	}
}

// TestStopStringsAndCalls: the string that ended an answer is told where the server tells
// it, and a server that goes back to an earlier tool call is not believed.
func TestStopStringsAndCalls(t *testing.T) {
	for text, want := range map[string]string{
		`{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop","stop_reason":"END"}]}`:  "END",
		`{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop","stop_reason":128009}]}`: "",
		`{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop","stop_reason":null}]}`:   "",
	} {
		serve(t, lines("data: "+text+"\n\ndata: [DONE]\n\n"), func(t *testing.T, u *upstream.Server) {
			stop := "none"
			for c, err := range u.Generate(t.Context(), &hearth.Request{Model: "m", Messages: []hearth.Message{{Role: hearth.RoleUser, Text: "hi"}}}) {
				if err != nil {
					t.Error(err)
				}
				if c.Finish != "" {
					stop = c.StopString
				}
			}
			if stop != want {
				t.Errorf("%s: stopped by %q, want %q", text, stop, want)
			}
		})
	}
	back := `data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f"}},{"index":1,"id":"b","function":{"name":"g"}}]}}]}

data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}}]}

`
	serve(t, lines(back), func(t *testing.T, u *upstream.Server) {
		if _, _, err := collect(u, nil); !errors.Is(err, hearth.NewError(hearth.UpstreamProtocol)) {
			t.Errorf("got %v", err)
		}
	})
}

func TestModels(t *testing.T) {
	up, asked := true, 0
	serve(t, func(w http.ResponseWriter, r *http.Request) {
		if asked++; !up {
			w.WriteHeader(503)
			return
		}
		fmt.Fprint(w, `{"data":[{"id":"a","created":1800000000,"max_model_len":4096},{"id":"b","meta":{"n_ctx_train":512}}]}`)
	}, func(t *testing.T, u *upstream.Server) {
		for range 3 {
			models, err := u.Models(t.Context())
			if err != nil || len(models) != 2 || models[0].ContextTokens != 4096 || models[1].ContextTokens != 512 || models[0].Source != "upstream/gpu" {
				t.Fatalf("got %+v (%v)", models, err)
			}
		}
		if asked != 1 {
			t.Errorf("asked %d times for a list that was fresh", asked)
		}
		up = false
		time.Sleep(time.Hour)
		if models, err := u.Models(t.Context()); err != nil || len(models) != 2 {
			t.Errorf("while it is asked again: %d models (%v), want those known last", len(models), err)
		}
		synctest.Wait()
		if models, err := u.Models(t.Context()); err == nil || len(models) != 2 {
			t.Errorf("when it is down: %d models (%v), want those known last and an error", len(models), err)
		}
	})
}

// TestASilentServerIsAskedOnce: many wait for it together, no longer than they want,
// and then not again for a while.
func TestASilentServerIsAskedOnce(t *testing.T) {
	var asked atomic.Int32
	serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		<-r.Context().Done()
	}, func(t *testing.T, u *upstream.Server) {
		began := time.Now()
		var callers sync.WaitGroup
		for range 20 {
			callers.Go(func() {
				if _, err := u.Models(t.Context()); !errors.Is(err, hearth.NewError(hearth.UpstreamUnreachable)) {
					t.Errorf("got %v", err)
				}
			})
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := u.Models(short); err == nil || time.Since(began) != time.Second {
			t.Errorf("who waits a second got %v after %v", err, time.Since(began))
		}
		callers.Wait()
		if took := time.Since(began); took != 5*time.Second || asked.Load() != 1 {
			t.Errorf("twenty callers took %v and %d questions", took, asked.Load())
		}
		if _, err := u.Models(t.Context()); err == nil || asked.Load() != 1 {
			t.Errorf("right after: %v, %d questions", err, asked.Load())
		}
	})
}

func TestBadAddress(t *testing.T) {
	for _, url := range []string{"", "localhost:8000", "ftp://x/v1", "http://", "http://[::1"} {
		if _, err := upstream.New(upstream.Config{Name: "x", URL: url}); !errors.Is(err, hearth.NewError(hearth.ConfigInvalid)) {
			t.Errorf("%q: %v", url, err)
		}
	}
	u, err := upstream.New(upstream.Config{Name: "x", URL: "http://127.0.0.1:1/v1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := collect(u, nil); !errors.Is(err, hearth.NewError(hearth.UpstreamUnreachable)) {
		t.Errorf("got %v", err)
	}
}

// FuzzAnswer sends anything as an answer, in any format.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"))
	f.Add([]byte("data: {\"choices\":[{\"logprobs\":{\"tokens\":[\"a\"],\"top_logprobs\":[{}]}}],\"usage\":{}}\n\n"))
	f.Add([]byte("data:\ndata: \ndata: null\n\n"))
	f.Add([]byte("{\"message\":{\"content\":\"x\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{}}}]}}\n{\"done\":true}\n"))
	f.Add([]byte("data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"f\"}}\n\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, name := range []string{"compatible", "anthropic", "ollama"} {
			k, _ := upstream.KindNamed(name)
			got, err := upstream.ReadAnswer(k, text)
			if err == nil && (got.Usage == nil || got.Finish == "") {
				t.Errorf("%s: an answer without an end: %+v", name, got)
			}
			for i, d := range got.ToolCalls {
				if d.Index > i {
					t.Errorf("%s: call %d before the ones in front of it", name, d.Index)
				}
			}
		}
	})
}

// TestPlacesOfAnotherHearth: where the request stands further on is told to whoever
// waits here.
func TestPlacesOfAnotherHearth(t *testing.T) {
	serve(t, lines(": queued position=3 eta=12s\n: queued position=2\n: waiting\n: queued position=-1 eta=9s\n"+
		`data: {"choices":[{"index":0,"delta":{"content":"a"}}]}`+"\n\n: queued position=1 eta=1s\n"+
		`data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`+"\n\ndata: [DONE]\n\n"), func(t *testing.T, u *upstream.Server) {
		var places []hearth.Place
		r := &hearth.Request{Model: "m", Messages: []hearth.Message{{Role: hearth.RoleUser, Text: "hi"}}}
		for c, err := range u.Generate(t.Context(), r) {
			if err != nil {
				t.Fatal(err)
			}
			if c.Place != nil {
				places = append(places, *c.Place)
			}
		}
		if want := []hearth.Place{{Position: 3, Wait: 12 * time.Second}, {Position: 2}}; !slices.Equal(places, want) {
			t.Errorf("places %+v", places)
		}
	})
}
