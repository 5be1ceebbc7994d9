package gateway_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
)

// spoken is a dialect with its request for an answer, whole or streamed, and what it can
// not tell.
type spoken struct {
	name, path, body string // %t is whether to stream
	whole, streamed  reader
	mute             func(*heard)
}

var dialects = []spoken{
	{"chat", "/v1/chat/completions", `{"model":"m","stream":%t,"messages":[{"role":"user","content":"hi"}]%s}`, readChat, readChatStream,
		func(h *heard) { h.Stop = "" }},
	{"messages", "/v1/messages", `{"model":"m","max_tokens":100,"stream":%t,"messages":[{"role":"user","content":"hi"}]}`, readMessages, readMessagesStream,
		func(h *heard) { h.Usage.ReasoningTokens = 0 }},
	{"ollama", "/api/chat", `{"model":"m","stream":%t,"messages":[{"role":"user","content":"hi"}]}`, readOllama, readOllamaStream,
		func(h *heard) { h.Stop, h.Usage.CachedTokens, h.Usage.ReasoningTokens = "", 0, 0 }},
	{"responses", "/v1/responses", `{"model":"m","stream":%t,"store":false,"input":"hi"}`, readResponses, readResponsesStream,
		func(h *heard) { h.Stop = "" }},
}

// ask asks for an answer in the dialect.
func (s *spoken) ask(d *door, stream bool) *httptest.ResponseRecorder {
	body := strings.Replace(s.body, "%t", fmt.Sprint(stream), 1)
	usage := ""
	if stream && s.name == "chat" {
		usage = `,"stream_options":{"include_usage":true}`
	}
	return d.do("POST", s.path, "", strings.Replace(body, "%s", usage, 1))
}

// script makes up a canonical stream: pieces of thinking, text and tool calls in any
// order the contract allows, cut anywhere.
func script(r *rand.Rand) []hearth.Chunk {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	var chunks []hearth.Chunk
	if r.IntN(2) == 0 {
		chunks = append(chunks, hearth.Chunk{Place: &hearth.Place{Position: 3}})
	}
	calls, finish := 0, hearth.FinishReason(pick("stop", "length", "content_filter"))
	for range r.IntN(12) {
		var c hearth.Chunk
		if r.IntN(3) == 0 {
			c.Reasoning = pick("hm", " 思考", "\n", `"quoted" \ `, "</think>")
		}
		if r.IntN(2) == 0 {
			c.Text = pick("word ", "字", "\u2028", "<b>&", "data: x\n\n", "😀", "\x00", "[DONE]")
		}
		if r.IntN(4) == 0 && calls < 5 {
			arguments := pick("", "{}", `{"a": [1, 2], "b": "\u00e9 \"x\""}`, `{"n":1e3}`)
			cut := r.IntN(len(arguments) + 1)
			c.ToolCalls = append(c.ToolCalls, hearth.ToolCallDelta{Index: calls, ID: fmt.Sprint("call_", calls), Name: pick("f", "weather"), Arguments: arguments[:cut]})
			chunks = append(chunks, c)
			c = hearth.Chunk{ToolCalls: []hearth.ToolCallDelta{{Index: calls, Arguments: arguments[cut:]}}}
			calls++
		}
		chunks = append(chunks, c)
	}
	if calls > 0 {
		finish = hearth.FinishToolCalls
	}
	last := hearth.Chunk{Finish: finish, Usage: &hearth.Usage{PromptTokens: 9 + r.IntN(9), CachedTokens: r.IntN(9), CompletionTokens: 100, ReasoningTokens: r.IntN(9)}}
	if finish == hearth.FinishStop && r.IntN(2) == 0 {
		last.StopString = "END"
	}
	return append(chunks, last)
}

// meant is what a canonical stream says.
func meant(chunks []hearth.Chunk) (h heard) {
	for _, c := range chunks {
		h.Text += c.Text
		h.Reasoning += c.Reasoning
		for _, d := range c.ToolCalls {
			for len(h.Calls) <= d.Index {
				h.Calls = append(h.Calls, call{})
			}
			h.Calls[d.Index].ID += d.ID
			h.Calls[d.Index].Name += d.Name
			h.Calls[d.Index].Arguments += d.Arguments
		}
		if c.Finish != "" {
			h.Finish, h.Stop, h.Usage = c.Finish, c.StopString, *c.Usage
		}
	}
	return h
}

// same compares, arguments as JSON.
func same(a, b heard) bool {
	for _, h := range []*heard{&a, &b} {
		h.Calls = slices.Clone(h.Calls)
		for i := range h.Calls {
			h.Calls[i].Arguments = plain(h.Calls[i].Arguments)
		}
	}
	return reflect.DeepEqual(a, b) || len(a.Calls)+len(b.Calls) == 0 && a.Text == b.Text && a.Reasoning == b.Reasoning &&
		a.Finish == b.Finish && a.Stop == b.Stop && a.Usage == b.Usage && a.Failed == b.Failed
}

// TestEveryDialectSaysTheSame: whatever an answer is, clients of every dialect understand
// the same of it, whole and streamed.
func TestEveryDialectSaysTheSame(t *testing.T) {
	for seed := range uint64(300) {
		chunks := script(rand.New(rand.NewPCG(seed, 7)))
		for _, s := range dialects {
			want := meant(chunks)
			s.mute(&want)
			for _, stream := range []bool{false, true} {
				read := s.whole
				if stream {
					read = s.streamed
				}
				w := s.ask(&door{chunks: chunks}, stream)
				got, err := read(w.Body.String())
				if err != nil || w.Code != 200 || !same(got, want) {
					t.Fatalf("seed %d, %s, stream %t (%v):\ngot  %+v\nwant %+v\n%s", seed, s.name, stream, err, got, want, w.Body)
				}
			}
		}
	}
}

// TestCutStreams: a stream that is cut at any byte says the beginning of what it would
// have said, and does not pass for whole.
func TestCutStreams(t *testing.T) {
	chunks := slices.Concat(answer[:4], []hearth.Chunk{{ToolCalls: []hearth.ToolCallDelta{{ID: "c", Name: "f", Arguments: "{}"}}},
		{Finish: hearth.FinishToolCalls, Usage: &hearth.Usage{PromptTokens: 1, CompletionTokens: 100}}})
	want := meant(chunks)
	for _, s := range dialects {
		body := s.ask(&door{chunks: chunks}, true).Body.String()
		for cut := range len(body) {
			got, err := s.streamed(body[:cut])
			if err != nil || !strings.HasPrefix(want.Text, got.Text) || !strings.HasPrefix(want.Reasoning, got.Reasoning) || len(got.Calls) > 1 {
				t.Fatalf("%s, cut at %d: %+v (%v)\n%s", s.name, cut, got, err, body[:cut])
			}
			if got.Finish != "" && (got.Text != want.Text || got.Reasoning != want.Reasoning || len(got.Calls) != 1) {
				t.Fatalf("%s, cut at %d, passes for whole: %+v", s.name, cut, got)
			}
		}
	}
}

// TestFailuresAreTold: an answer that fails after it has begun is an error in every
// dialect, with no cause in it, and one that fails before has a status.
func TestFailuresAreTold(t *testing.T) {
	for _, s := range dialects {
		d := &door{chunks: []hearth.Chunk{text("so far")}, err: fmt.Errorf("disk on fire in /secret/path")}
		w := s.ask(d, true)
		got, err := s.streamed(w.Body.String())
		if err != nil || !got.Failed || got.Text != "so far" || got.Finish != "" || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %+v (%v)\n%s", s.name, got, err, w.Body)
		}
		if w := s.ask(d, false); w.Code != 500 || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s, whole: %d %s", s.name, w.Code, w.Body)
		}
	}
}

// TestEveryDialectShowsSignsOfLife while a request waits, in line or for its first token,
// and clients make nothing of them but that.
func TestEveryDialectShowsSignsOfLife(t *testing.T) {
	signs := map[string][]string{
		"chat":      {": waiting\n", ": queued position=3 eta=12s\n"},
		"messages":  {`data: {"type":"ping"}`, `data: {"type":"ping","position":3,"wait_seconds":12}`},
		"ollama":    {`"content":""},"done":false}`, `"content":""},"done":false,"position":3,"wait_seconds":12}`},
		"responses": {": waiting\n", ": queued position=3 eta=12s\n"},
	}
	for _, s := range dialects {
		for i, place := range []*hearth.Place{nil, {Position: 3, Wait: 11500 * time.Millisecond}} {
			synctest.Test(t, func(t *testing.T) {
				d := &door{delay: 31 * time.Second, chunks: answer, place: place}
				body := s.ask(d, true).Body.String()
				// At 5, 15 and 25 seconds.
				if got := strings.Count(body, signs[s.name][i]); got != 3 {
					t.Errorf("%s: %d signs of life in\n%.600s", s.name, got, body)
				}
				want := meant(answer)
				s.mute(&want)
				if got, err := s.streamed(body); err != nil || !same(got, want) {
					t.Errorf("%s: got %+v (%v), want %+v", s.name, got, err, want)
				}
				if s.name == "responses" && strings.Count(body, "event: response.queued") != 1 {
					t.Errorf("it is not said to be queued:\n%.600s", body)
				}
			})
		}
	}
}

// TestArgumentsThatAreNoObject reach clients of dialects that send objects all the same,
// and come back as they were.
func TestArgumentsThatAreNoObject(t *testing.T) {
	const odd = `[1, "cut`
	chunks := []hearth.Chunk{{ToolCalls: []hearth.ToolCallDelta{{ID: "c", Name: "f", Arguments: odd}}}, {Finish: hearth.FinishToolCalls, Usage: &hearth.Usage{}}}
	d := &door{chunks: chunks}
	var m struct{ Content []json.RawMessage }
	w := d.do("POST", "/v1/messages", "", `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}`)
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil || len(m.Content) != 1 {
		t.Fatalf("%v %s", err, w.Body)
	}
	d.do("POST", "/v1/messages", "", `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[`+string(m.Content[0])+`]},
		{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":"no"}]}]}`)
	if got := d.request.Messages[1].ToolCalls[0].Arguments; got != odd {
		t.Errorf("came back as %s", got)
	}
}

// TestTurnsOfOneSpeaker that follow each other are one turn, as Anthropic has it.
func TestTurnsOfOneSpeaker(t *testing.T) {
	d := &door{chunks: answer}
	d.do("POST", "/v1/messages", "", `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"},{"role":"user","content":[{"type":"text","text":"b"},{"type":"text","text":"c"}]},
		{"role":"assistant","content":[{"type":"text","text":"d"},{"type":"tool_use","id":"t","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t"}]},{"role":"user","content":"e"},
		{"role":"assistant","content":"f"},{"role":"assistant","content":"g"}]}`)
	if got, want := said(d.request), "user:|a\n\nbc\nassistant:|d|t f{}\ntool:|t\nuser:|e\nassistant:|fg"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestResultsFindTheirCalls: Ollama's clients may know no ids, only names, or not even those.
func TestResultsFindTheirCalls(t *testing.T) {
	d := &door{chunks: answer}
	d.do("POST", "/api/chat", "", `{"model":"m","messages":[{"role":"user","content":"a"},{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"x":1}}},{"function":{"name":"g","arguments":{}}},{"function":{"name":"f","arguments":{}}}]},
		{"role":"tool","content":"of g","tool_name":"g"},{"role":"tool","content":"of f"},{"role":"tool","content":"of f again","tool_name":"f"}]}`)
	if got, want := said(d.request), "user:|a\nassistant:||call_1_0 f{\"x\":1}|call_1_1 g{}|call_1_2 f{}\ntool:|of gcall_1_1\ntool:|of fcall_1_0\ntool:|of f againcall_1_2"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// FuzzDialects: whatever comes in, it is answered or refused, and nobody is blamed for it
// but who sent it.
func FuzzDialects(f *testing.F) {
	paths := []string{"/v1/messages", "/v1/messages/count_tokens", "/api/chat", "/api/generate", "/api/embed", "/api/embeddings", "/api/show", "/api/pull",
		"/v1/responses", "/v1/chat/completions"}
	for i, body := range []string{
		`{"model":"m","max_tokens":9,"stream":true,"system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"x"}],"is_error":true},{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"thinking","thinking":"h","signature":"s"},{"type":"tool_use","id":"t","name":"f","input":{"a":1}}]}],"tools":[{"name":"f","input_schema":{}}],"tool_choice":{"type":"auto","disable_parallel_tool_use":true},"thinking":{"type":"enabled","budget_tokens":1}}`,
		`{"model":"m","messages":[{"role":"system","content":""}],"output_config":{"effort":"low","format":null}}`,
		`{"model":"m:latest","stream":false,"messages":[{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{}}}]},{"role":"tool","content":"x","tool_name":"f"}],"options":{"num_predict":-1,"stop":"x","num_ctx":1},"think":"low"}`,
		`{"model":"m","prompt":"x","system":"s","raw":true,"options":null,"format":""}`,
		`{"model":"m","input":["a","b"],"dimensions":2,"truncate":true}`,
		`{"model":"m","prompt":"x"}`,
		`{"name":"qwen3","verbose":true}`,
		`{"model":"small","stream":false}`,
		`{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"a"}]},{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"h"}]},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"x"},{"type":"item_reference","id":"msg_A_0"}],"background":true,"reasoning":{"effort":"low"},"include":["x"],"metadata":{"a":"b"}}`,
		`{"model":"m","messages":[{"role":"user","content":"a"}],"parallel_tool_calls":false}`,
	} {
		f.Add(uint8(i), []byte(body))
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		d := &door{chunks: answer}
		w := d.do("POST", paths[int(which)%len(paths)], "Authorization: Bearer admin", string(body))
		if w.Code >= 500 {
			t.Fatalf("%s %q: %d %s\n%s", paths[int(which)%len(paths)], body, w.Code, w.Body, &d.log)
		}
	})
}

// TestCutBodies: a request that is cut at any byte is refused.
func TestCutBodies(t *testing.T) {
	for path, body := range map[string]string{
		"/v1/messages":         `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"字"}]}]}`,
		"/api/chat":            `{"model":"m","stream":false,"options":{"stop":["a"]},"messages":[{"role":"user","content":"字"}]}`,
		"/api/generate":        `{"model":"m","stream":false,"prompt":"字"}`,
		"/v1/responses":        `{"model":"m","input":[{"role":"user","content":"字"}]}`,
		"/v1/chat/completions": `{"model":"m","messages":[{"role":"user","content":"字"}]}`,
	} {
		for cut := range len(body) {
			if w := (&door{chunks: answer}).do("POST", path, "", body[:cut]); w.Code != 400 {
				t.Errorf("%s, cut at %d: %d %s", path, cut, w.Code, w.Body)
			}
		}
		if w := (&door{chunks: answer}).do("POST", path, "", body); w.Code != 200 {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}
