package scenarios

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hearthbox/hearth/internal/nn/nntest"
)

var update = flag.Bool("update", false, "write docs/conformance-command.md anew")

// checked is what `hearth conformance` says of a server.
type checked struct {
	Scores  map[string]map[string]int
	Results []struct{ Dialect, Endpoint, Feature, Outcome, Detail string }
}

// conformance has a server asked; key is that of the administrator if none is given.
func (s *server) conformance(t *testing.T, url string, more ...string) (c checked, code int) {
	t.Helper()
	cmd := hearth(s.home, append([]string{"conformance", "--json", "--target", url, "--model", "obedient", "--key", s.key}, more...)...)
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &c); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return c, code
}

// obedient is an engine that does as the request says, which models of random weights do
// not: it calls the tool it must call, keeps to the form of the only schema there is here,
// and ends where it shall.
func obedient(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, `{"object":"list","data":[{"id":"obedient","object":"model"}]}`)
			return
		}
		var asked struct {
			MaxTokens int             `json:"max_tokens"`
			Limit     int             `json:"max_completion_tokens"`
			Choice    any             `json:"tool_choice"`
			Form      json.RawMessage `json:"response_format"`
			LogProbs  any             `json:"logprobs"`
			N         int             `json:"n"`
		}
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &asked); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		words, most := strings.SplitAfter(strings.Repeat("and one more ", 10), " ")[:30], max(asked.MaxTokens, asked.Limit)
		finish, plain := "stop", strings.HasSuffix(r.URL.Path, "/completions") && !strings.Contains(r.URL.Path, "chat")
		_, named := asked.Choice.(map[string]any)
		switch {
		case named || asked.Choice == "required":
			words = nil
			finish = "tool_calls"
		case strings.Contains(string(asked.Form), "json"):
			words = []string{`{"days":`, `1}`}
		}
		if most > 0 && most < len(words) {
			words, finish = words[:most], "length"
		}
		for i := range max(1, asked.N) {
			if words == nil {
				_, _ = io.WriteString(w, chunkOf(fmt.Sprintf(`{"choices":[{"index":%d,"delta":{"tool_calls":[{"index":0,"id":"call_%d","type":"function","function":{"name":"weather","arguments":"{\"days\""}}]}}]}`, i, i)))
				_, _ = io.WriteString(w, chunkOf(fmt.Sprintf(`{"choices":[{"index":%d,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}}]}`, i)))
			}
			for _, word := range words {
				text, _ := json.Marshal(word)
				piece := fmt.Sprintf(`"delta":{"content":%s}`, text)
				if plain {
					piece = fmt.Sprintf(`"text":%s`, text)
				}
				if asked.LogProbs != nil && asked.LogProbs != false {
					piece += fmt.Sprintf(`,"logprobs":{"content":[{"token":%s,"logprob":-0.5,"bytes":null,"top_logprobs":[{"token":%s,"logprob":-0.5,"bytes":null},{"token":"x","logprob":-2,"bytes":null}]}]}`, text, text)
				}
				_, _ = io.WriteString(w, chunkOf(fmt.Sprintf(`{"choices":[{"index":%d,%s}]}`, i, piece)))
			}
			_, _ = io.WriteString(w, chunkOf(fmt.Sprintf(`{"choices":[{"index":%d,"delta":{},"text":"","finish_reason":%q}]}`, i, finish)))
		}
		_, _ = io.WriteString(w, chunkOf(fmt.Sprintf(`{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":%d}}`, max(1, len(words))))+done)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/v1"
}

func withConformance(t *testing.T) *server {
	home := newHome(t)
	if err := os.Mkdir(filepath.Join(home, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(home, "data", "hearth.yaml"), []byte("upstreams: [{name: engine, url: '"+obedient(t)+"', models: {obedient: obedient}}]\n"))
	put(t, filepath.Join(home, "embedder.gguf"), nntest.Make(nntest.Shape{Architecture: "bert", Vocabulary: true, Pooling: 1,
		Embedding: 64, FeedForward: 96, Heads: 4, Seed: 1}))
	return start(t, home)
}

// TestConformance holds hearth against what official libraries take for granted, and
// writes docs/conformance-command.md from it.
func TestConformance(t *testing.T) {
	s := withConformance(t)
	c, code := s.conformance(t, s.url, "--embedding-model", "embedder", "--batches")
	var doc strings.Builder
	doc.WriteString(`# What ` + "`hearth conformance`" + ` asks

` + "`hearth conformance --target URL`" + ` asks any server, feature by feature, and holds what comes
back against what the official libraries take for granted: fields that are there and of the
right type, events in their order, errors from which a library makes the right exception. It
says nothing of how good answers are. Here hearth itself is asked, by a test, before an
engine that does as it is told.

| Dialect | Pass | Fail | Refused | Absent | Skipped |
|---|---|---|---|---|---|
`)
	for _, d := range []string{"openai", "anthropic", "ollama"} {
		n := c.Scores[d]
		fmt.Fprintf(&doc, "| %s | %d | %d | %d | %d | %d |\n", d, n["pass"], n["fail"], n["refused"], n["absent"], n["skipped"])
	}
	doc.WriteString("\n| Dialect | Endpoint | Feature | hearth |\n|---|---|---|---|\n")
	for _, r := range c.Results {
		fmt.Fprintf(&doc, "| %s | `%s` | %s | %s |\n", r.Dialect, r.Endpoint, r.Feature, r.Outcome)
		if r.Outcome != "pass" {
			t.Logf("%s %s, %s: %s: %s", r.Dialect, r.Endpoint, r.Feature, r.Outcome, r.Detail)
		}
	}
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	const path = "../docs/conformance-command.md"
	if *update {
		put(t, path, []byte(doc.String()))
	}
	if want, err := os.ReadFile(path); err != nil || string(want) != doc.String() {
		t.Errorf("%s is out of date (%v): go test ./scenarios -run TestConformance -update", path, err)
	}
}

// TestConformanceFindsFaults: a server that is wrong in one thing fails what is about it,
// and nothing passes that was not answered.
func TestConformanceFindsFaults(t *testing.T) {
	s := withConformance(t)
	for _, c := range []struct{ dialect, from, to, feature string }{
		{"openai", `"object":"chat.completion",`, ``, "answer"},
		{"openai", "data: [DONE]", ": end", "stream"},
		{"openai", `"role":"assistant"`, `"rule":"assistant"`, "stream"},
		{"openai", `"finish_reason":"length"`, `"finish_reason":"stop"`, "max_tokens: finish_reason length"},
		{"openai", `"total_tokens":`, `"total_tokens":1`, "usage"},
		{"openai", `"arguments":"{\`, `"arguments":"{{\`, "tools, tool_choice required"},
		{"openai", `"code":"model_not_found"`, `"code":[]`, "error: unknown model"},
		{"openai", `"sequence_number":2,`, `"sequence_number":3,`, "stream: names, order, numbers"},
		{"openai", "event: response.output_text.done", "event: response.done", "stream: names, order, numbers"},
		{"openai", `"annotations":[]`, `"notes":[]`, "input as text"},
		{"anthropic", "event: content_block_stop", "event: block_stop", "stream: names and order"},
		{"anthropic", `"stop_reason":"max_tokens"`, `"stop_reason":"length"`, "max_tokens: stop_reason max_tokens"},
		{"anthropic", `"type":"not_found_error"`, `"type":"missing"`, "error: unknown model"},
		{"anthropic", `"input_tokens":`, `"input":`, "answer"},
		{"ollama", `"done":true`, `"done":false`, "stream"},
		{"ollama", `"digest":"`, `"digest":["`, "list"},
		{"ollama", `"done_reason":`, `"reason":`, "answer"},
	} {
		proxy := altering(t, s.url, c.from, c.to)
		got, code := s.conformance(t, proxy, c.dialect)
		found := c.feature == ""
		for _, r := range got.Results {
			if r.Feature == c.feature && r.Outcome == "fail" && r.Detail != "" {
				found = true
			}
		}
		if want := 6; !found || c.feature != "" && code != want {
			t.Errorf("%s in place of %s: %q is not found, exit code %d", c.to, c.from, c.feature, code)
		}
	}
	empty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
	}))
	defer empty.Close()
	got, _ := s.conformance(t, empty.URL, "--embedding-model", "x")
	for _, r := range got.Results {
		if r.Outcome == "pass" {
			t.Errorf("%s %s passes a server that answers {}", r.Endpoint, r.Feature)
		}
	}
}

// altering is a server with something else in the place of some words of its answers.
func altering(t *testing.T, of, from, to string) string {
	t.Helper()
	where, err := url.Parse(of)
	if err != nil {
		t.Fatal(err)
	}
	p := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(where) },
		ModifyResponse: func(r *http.Response) error {
			text, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			r.Body = io.NopCloser(strings.NewReader(strings.ReplaceAll(string(text), from, to)))
			r.Header.Del("Content-Length")
			r.ContentLength = -1
			return nil
		}}
	proxy := httptest.NewServer(p)
	t.Cleanup(proxy.Close)
	return proxy.URL
}
