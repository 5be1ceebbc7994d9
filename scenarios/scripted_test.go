package scenarios

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// scripted is an engine that does as it is told by the last message of a conversation,
// in OpenAI's dialect, for what no model does on demand:
//
//	echo     says what it was sent
//	think    thinks, then answers
//	call     calls two tools; their results are repeated in the next answer
//	run X    calls a shell with X
//	use N X  calls the tool N with X
//	long     is cut off
//	slow     takes six seconds to begin, longer than clients are left without a sign
//	break    breaks off
func scripted(t *testing.T) (url string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"object":"list","data":[{"id":"script","object":"model"}]}`)
	})
	mux.HandleFunc("POST /v1/chat/completions", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		for _, c := range script(body) {
			_, _ = fmt.Fprintf(w, "data: %s\n\n", c)
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL + "/v1"
}

// script is the events that answer a request.
func script(body []byte) []string {
	var asked struct {
		Messages []struct{ Role, Content string }
	}
	if err := json.Unmarshal(body, &asked); err != nil || len(asked.Messages) == 0 {
		return []string{`{"error":{"message":"not a conversation"}}`}
	}
	last := asked.Messages[len(asked.Messages)-1]
	what, finish := last.Content, "stop"
	command, run := strings.CutPrefix(what, "run ")
	switch {
	case last.Role == "tool":
		what = "tool"
	case run:
		what = "run"
	case strings.HasPrefix(what, "use "):
		what = "use"
	}
	var deltas []string
	switch what {
	case "echo":
		deltas = text(string(body))
	case "think":
		deltas = append([]string{`{"reasoning_content":"Let me "}`, `{"reasoning_content":"think."}`}, text("Two and two are four.")...)
	case "call":
		finish = "tool_calls"
		deltas = []string{`{"content":"I look."}`,
			`{"tool_calls":[{"index":0,"id":"call_w","type":"function","function":{"name":"weather","arguments":""}}]}`,
			`{"tool_calls":[{"index":0,"function":{"arguments":"{\"city\":"}}]}`,
			`{"tool_calls":[{"index":0,"function":{"arguments":"\"Xi'an\"}"}}]}`,
			`{"tool_calls":[{"index":1,"id":"call_t","type":"function","function":{"name":"time","arguments":"{}"}}]}`}
	case "run":
		finish = "tool_calls"
		arguments, _ := json.Marshal(map[string]string{"cmd": command})
		quoted, _ := json.Marshal(string(arguments))
		deltas = []string{`{"reasoning_content":"I use the shell."}`,
			`{"tool_calls":[{"index":0,"id":"call_r","type":"function","function":{"name":"exec_command","arguments":` + string(quoted) + `}}]}`}
	case "use":
		finish = "tool_calls"
		name, arguments, _ := strings.Cut(strings.TrimPrefix(last.Content, "use "), " ")
		quoted, _ := json.Marshal(arguments)
		deltas = []string{`{"tool_calls":[{"index":0,"id":"call_u","type":"function","function":{"name":"` + name + `","arguments":` + string(quoted) + `}}]}`}
	case "tool":
		deltas = text("I see: " + last.Content)
	case "long":
		finish, deltas = "length", text("and so on and on")
	case "slow":
		time.Sleep(6 * time.Second)
		deltas = text("At last.")
	case "break":
		return []string{`{"choices":[{"index":0,"delta":{"content":"so far"}}]}`}
	default:
		deltas = text("You said: " + last.Content)
	}
	var events []string
	for _, d := range deltas {
		events = append(events, `{"choices":[{"index":0,"delta":`+d+`}]}`)
	}
	return append(events, `{"choices":[{"index":0,"delta":{},"finish_reason":"`+finish+`"}]}`,
		`{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}}`,
		"[DONE]")
}

// text is a text in two deltas.
func text(s string) []string {
	var deltas []string
	half := len(s) / 2
	for half > 0 && s[half]&0xc0 == 0x80 {
		half--
	}
	for _, piece := range []string{s[:half], s[half:]} {
		b, _ := json.Marshal(map[string]string{"content": piece})
		deltas = append(deltas, string(b))
	}
	return deltas
}

// suite is a program of cases for one SDK and one dialect.
type suite struct {
	name, needs string
	command     []string
}

// TestDialects runs official SDKs of other dialects than OpenAI's older endpoints, which
// [TestSDKs] is about. A dialect's suites have the same cases.
func TestDialects(t *testing.T) {
	if _, err := os.Stat(stories); err != nil {
		t.Skip("../shared/data/engine is not here")
	}
	s := withScript(t)
	for dialect, suites := range map[string][]suite{
		"messages": {
			{"node", "sdk/node/node_modules/@anthropic-ai/sdk", []string{"node", "sdk/node/messages.mjs"}},
			{"python", python, []string{python, "sdk/python/messages.py"}},
		},
		"responses": {
			{"node", "sdk/node/node_modules/openai", []string{"node", "sdk/node/responses.mjs"}},
			{"python", python, []string{python, "sdk/python/responses.py"}},
			{"go", "sdk/go/go.mod", []string{"go", "-C", "sdk/go", "run", ".", "responses"}},
		},
		"batches": {
			{"node", "sdk/node/node_modules/openai", []string{"node", "sdk/node/batches.mjs"}},
			{"python", python, []string{python, "sdk/python/batches.py"}},
		},
		"ollama": {
			{"node", "sdk/node/node_modules/ollama", []string{"node", "sdk/node/ollamas.mjs"}},
			{"python", python, []string{python, "sdk/python/ollamas.py"}},
		},
	} {
		t.Run(dialect, func(t *testing.T) { s.run(t, suites) })
	}
}

// run runs suites beside each other and compares what they have tested.
func (s *server) run(t *testing.T, suites []suite) {
	cases := make([][]string, len(suites))
	t.Run("sdk", func(t *testing.T) {
		for i, sdk := range suites {
			t.Run(sdk.name, func(t *testing.T) {
				t.Parallel()
				if _, err := os.Stat(sdk.needs); err != nil {
					t.Skip("the SDK is not installed: make deps")
				}
				out, err := s.client(t, sdk.command).CombinedOutput()
				cases[i] = report(t, string(out))
				if err != nil && !t.Failed() {
					t.Errorf("%v\n%s", err, out)
				}
			})
		}
	})
	var first []string
	for _, c := range cases {
		if first == nil {
			first = c
		}
		if c != nil && strings.Join(c, " ") != strings.Join(first, " ") {
			t.Errorf("the suites differ: %v and %v", c, first)
		}
	}
}

// withScript starts hearth with a trained model, one of random weights and the script.
func withScript(t *testing.T) *server {
	t.Helper()
	home := newHome(t)
	link(t, stories, home+"/stories260K.gguf")
	put(t, home+"/data/hearth.yaml", fmt.Appendf(nil, "upstreams:\n  - {name: script, url: %q}\n", scripted(t)))
	return start(t, home)
}
