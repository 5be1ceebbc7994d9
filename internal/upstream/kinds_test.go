package upstream_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/pipenet"
	"github.com/hearthbox/hearth/internal/upstream"
)

var update = flag.Bool("update", false, "write what the exchanges of testdata/kinds become anew")

// standard are the questions that every kind is asked. What is sent and what is made of
// the answer is in testdata/kinds, beside the answer, which is as servers of the kind send
// it.
var standard = []struct {
	name string
	ask  func(t *testing.T, u *upstream.Server) string
}{
	{"models", func(t *testing.T, u *upstream.Server) string {
		models, err := u.Models(t.Context())
		out := outcome("", err)
		for _, m := range models {
			out += fmt.Sprintf("%s task=%q context=%d\n", m.ID, m.Task, m.ContextTokens)
		}
		return out
	}},
	{"chat", chat(&hearth.Request{Messages: []hearth.Message{{Role: hearth.RoleSystem, Text: "Be brief."}, {Role: hearth.RoleUser, Text: "Hi"}},
		Decoding: hearth.Decoding{MaxTokens: 64, Stop: []string{"END"}, Sampling: hearth.Sampling{Temperature: number(0.5), TopP: number(0.9)}}})},
	{"thinking", chat(&hearth.Request{Thinking: hearth.ThinkingOn, Messages: []hearth.Message{{Role: hearth.RoleUser, Text: "Why?"}},
		Decoding: hearth.Decoding{MaxTokens: 4096}})},
	{"no thinking", chat(&hearth.Request{Thinking: hearth.ThinkingOff, Messages: []hearth.Message{{Role: hearth.RoleUser, Text: "Hi"}},
		Decoding: hearth.Decoding{MaxTokens: 64}})},
	{"tools", chat(&hearth.Request{Messages: []hearth.Message{{Role: hearth.RoleUser, Text: "Weather in Bern?"},
		{Role: hearth.RoleAssistant, TextAbsent: true, Reasoning: "I look.", ToolCalls: []hearth.ToolCall{{ID: "c1", Name: "weather", Arguments: `{"city":"Bern"}`}}},
		{Role: hearth.RoleTool, ToolCallID: "c1", Name: "weather", Text: "sun"}},
		Tools:    []hearth.Tool{{Name: "weather", Description: "the weather", Parameters: json.RawMessage(`{"type":"object"}`)}},
		Decoding: hearth.Decoding{MaxTokens: 64}})},
	{"tool forced", chat(&hearth.Request{Messages: []hearth.Message{{Role: hearth.RoleUser, Text: "Weather?"}}, Calls: hearth.Calls{Name: "weather"},
		Tools:    []hearth.Tool{{Name: "weather", Parameters: json.RawMessage(`{"type":"object"}`)}},
		Decoding: hearth.Decoding{MaxTokens: 64}})},
	{"going on", chat(&hearth.Request{Ending: hearth.InsideLast, Messages: []hearth.Message{{Role: hearth.RoleUser, Text: "Count."}, {Role: hearth.RoleAssistant, Text: "one two"}},
		Decoding: hearth.Decoding{MaxTokens: 64}})},
	{"plain", chat(&hearth.Request{Prompt: text("Once"), Decoding: hearth.Decoding{MaxTokens: 8}})},
	{"schema", chat(&hearth.Request{Messages: []hearth.Message{{Role: hearth.RoleUser, Text: "JSON"}},
		Decoding: hearth.Decoding{MaxTokens: 64, Constraint: &hearth.Constraint{Kind: hearth.ConstrainSchema, Source: `{"type":"object"}`, Field: "response_format"}}})},
	{"choice", chat(&hearth.Request{Messages: []hearth.Message{{Role: hearth.RoleUser, Text: "yes or no"}},
		Decoding: hearth.Decoding{MaxTokens: 64, Constraint: &hearth.Constraint{Kind: hearth.ConstrainChoice, Field: "structured_outputs.choice",
			Parts: []hearth.Constraint{{Kind: hearth.ConstrainText, Source: "yes"}, {Kind: hearth.ConstrainText, Source: "no"}}}}})},
	{"sampling", chat(&hearth.Request{Messages: []hearth.Message{{Role: hearth.RoleUser, Text: "Hi"}},
		Decoding: hearth.Decoding{MaxTokens: 64, Sampling: hearth.Sampling{TopK: 20, Repetition: 1.1}}})},
	{"busy", func(t *testing.T, u *upstream.Server) string {
		out := chat(&hearth.Request{Messages: []hearth.Message{{Role: hearth.RoleUser, Text: "Hi"}}, Decoding: hearth.Decoding{MaxTokens: 64}})(t, u)
		return out + "left alone for " + u.Resting().String() + "\n"
	}},
	{"no money", chat(&hearth.Request{Messages: []hearth.Message{{Role: hearth.RoleUser, Text: "Hi"}}, Decoding: hearth.Decoding{MaxTokens: 64}})},
	{"too long", chat(&hearth.Request{Messages: []hearth.Message{{Role: hearth.RoleUser, Text: "Hi"}}, Decoding: hearth.Decoding{MaxTokens: 64}})},
	{"embedding", func(t *testing.T, u *upstream.Server) string {
		e, err := u.Embed(t.Context(), &hearth.EmbeddingRequest{Model: "m", Texts: []string{"a", "b"}})
		if err != nil {
			return outcome("", err)
		}
		return fmt.Sprintf("%v, %d tokens\n", e.Vectors, e.Usage.PromptTokens)
	}},
	{"ranking", func(t *testing.T, u *upstream.Server) string {
		e, err := u.Rerank(t.Context(), &hearth.RerankRequest{Model: "m", Query: "q", Texts: []string{"a", "b"}})
		if err != nil {
			return outcome("", err)
		}
		return fmt.Sprintf("%v\n", e.Scores)
	}},
}

func number(x float64) *float64 { return &x }
func text(s string) *string     { return &s }

func outcome(so string, err error) string {
	if err == nil {
		return so
	}
	e := hearth.AsError(err)
	so += fmt.Sprintf("%s: %s", e.Code, e.Message(hearth.English))
	if d := e.Retry; d > 0 {
		so += fmt.Sprintf(" (again in %v)", d)
	}
	return so + "\n"
}

func chat(r *hearth.Request) func(t *testing.T, u *upstream.Server) string {
	return func(t *testing.T, u *upstream.Server) string {
		asked := *r
		asked.Model = "m"
		got, _, err := collect(u, &asked)
		if err != nil && got.Text == "" && got.Reasoning == "" {
			return outcome("", err)
		}
		var b strings.Builder
		for _, x := range []struct{ name, text string }{{"thinking", got.Reasoning}, {"text", got.Text}} {
			if x.text != "" {
				fmt.Fprintf(&b, "%s %q\n", x.name, x.text)
			}
		}
		var calls []hearth.ToolCallDelta
		for _, d := range got.ToolCalls {
			if d.Index == len(calls) {
				calls = append(calls, hearth.ToolCallDelta{ID: d.ID, Name: d.Name})
			}
			calls[d.Index].Arguments += d.Arguments
		}
		for _, c := range calls {
			if strings.HasPrefix(c.ID, "call_") && len(c.ID) == 29 {
				c.ID = "made here"
			}
			fmt.Fprintf(&b, "call %s %s %s\n", c.ID, c.Name, c.Arguments)
		}
		if got.Usage != nil {
			fmt.Fprintf(&b, "%s %q %+v\n", got.Finish, got.StopString, *got.Usage)
		}
		return outcome(b.String(), err)
	}
}

// exchange is one question to a server: what was sent, what it answered, what became of
// it.
type exchange struct{ name, answer, sent, got string }

// TestKinds asks a server of every kind the standard questions. An exchange in testdata
// without an answer is one that must not reach the server.
func TestKinds(t *testing.T) {
	for _, k := range upstream.Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			path := filepath.Join("testdata", "kinds", k.Name+".txt")
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%s is not held to anything: %v", k.Mark, err)
			}
			have := parseExchanges(t, string(raw))
			var out strings.Builder
			for i, q := range standard {
				if i >= len(have) || have[i].name != q.name {
					t.Fatalf("exchange %d of %s is not %q", i, path, q.name)
				}
				x := have[i]
				x.sent, x.got = "", ""
				t.Run(q.name, func(t *testing.T) {
					x.run(t, k, q.ask)
					if !*update && (x.sent != have[i].sent || x.got != have[i].got) {
						t.Errorf("sent\n%s\nwant\n%s\ngot\n%s\nwant\n%s", x.sent, have[i].sent, x.got, have[i].got)
					}
				})
				x.write(&out)
			}
			if *update {
				if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func parseExchanges(t *testing.T, raw string) (list []exchange) {
	t.Helper()
	for _, part := range strings.Split("\n"+raw, "\n== ")[1:] {
		name, rest, _ := strings.Cut(part, "\n")
		x := exchange{name: name}
		for _, section := range strings.Split("\n"+rest, "\n-- ")[1:] {
			title, body, _ := strings.Cut(section, "\n")
			switch title {
			case "answer":
				x.answer = strings.TrimRight(body, "\n") + "\n"
			case "sent":
				x.sent = strings.TrimRight(body, "\n") + "\n"
			case "got":
				x.got = strings.TrimRight(body, "\n") + "\n"
			}
		}
		list = append(list, x)
	}
	return list
}

func (x *exchange) write(b *strings.Builder) {
	fmt.Fprintf(b, "== %s\n", x.name)
	for _, s := range []struct{ title, body string }{{"sent", x.sent}, {"answer", x.answer}, {"got", x.got}} {
		if s.body != "" {
			fmt.Fprintf(b, "-- %s\n%s", s.title, s.body)
		}
	}
	b.WriteString("\n")
}

// run asks in virtual time. The first line of an answer is its status, then come headers,
// a blank line and the body.
func (x *exchange) run(t *testing.T, k *upstream.Kind, ask func(*testing.T, *upstream.Server) string) {
	synctest.Test(t, func(t *testing.T) {
		host := pipenet.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			x.sent += describe(r, body)
			if x.answer == "" {
				t.Error("it was asked something that it has no words for")
			}
			x.reply(w)
		}))
		c := upstream.Config{Name: "up", Kind: k.Name, URL: "http://up.test/base", Key: "sk-secret", IdleMax: idle}
		if k.URL != "" {
			c.URL = strings.Replace(k.URL, "https://", "http://", 1)
		}
		if x.name != "models" || k.Named {
			c.Models = map[string]string{"m": "their/m"}
		}
		u, err := upstream.New(c)
		if err != nil {
			t.Fatal(err)
		}
		u.DialWith(host.Dial)
		x.got = ask(t, u)
		u.Close()
		_ = host.Close()
	})
}

func (x *exchange) reply(w http.ResponseWriter) {
	head, body, _ := strings.Cut(x.answer, "\n\n")
	status, headers, _ := strings.Cut(head, "\n")
	for line := range strings.Lines(headers) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		w.Header().Set(name, value)
	}
	code, _ := strconv.Atoi(status)
	w.WriteHeader(code)
	_, _ = io.WriteString(w, body)
}

// describe is a request as it is kept: where it went, who it said it was from, and its
// body in a fixed order.
func describe(r *http.Request, body []byte) string {
	out := fmt.Sprintf("%s http://%s%s\n", r.Method, r.Host, r.URL.RequestURI())
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		switch name {
		case "Authorization", "Api-Key", "X-Api-Key", "Anthropic-Version":
			out += fmt.Sprintf("%s: %s\n", name, r.Header.Get(name))
		}
	}
	var v any
	if len(body) > 0 && json.Unmarshal(body, &v) == nil {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		_ = e.Encode(v)
		out += b.String()
	}
	return out
}

// TestKindsAreChecked: what can't work is said before anything is asked.
func TestKindsAreChecked(t *testing.T) {
	for _, c := range []upstream.Config{{Name: "x", Kind: "nonesuch", URL: "http://x"}, {Name: "x", Kind: "vllm"}, {Name: "x", Kind: "ark"},
		{Name: "x", Kind: "azure", URL: "https://r.openai.azure.com"}} {
		if _, err := upstream.New(c); !errors.Is(err, hearth.NewError(hearth.ConfigInvalid)) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
