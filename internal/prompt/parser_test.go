package prompt

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
)

// parsed is an answer put together again.
type parsed struct {
	Reasoning, Text string
	Calls           []hearth.ToolCallDelta
}

func (a *parsed) add(c hearth.Chunk) {
	a.Reasoning += c.Reasoning
	a.Text += c.Text
	for _, d := range c.ToolCalls {
		for len(a.Calls) <= d.Index {
			a.Calls = append(a.Calls, hearth.ToolCallDelta{Index: len(a.Calls)})
		}
		call := &a.Calls[d.Index]
		call.ID += d.ID
		call.Name += d.Name
		call.Arguments += d.Arguments
	}
}

func counter() func() string {
	n := 0
	return func() string { n++; return fmt.Sprint("call_", n) }
}

// parse feeds the pieces to a parser.
func parse(s syntax, first state, tools []string, pieces ...string) parsed {
	p := newParser(s, beginning{state: first}, tools, counter())
	var a parsed
	for i, piece := range pieces {
		a.add(p.feed(piece, i == len(pieces)-1))
	}
	return a
}

// syntaxes are the ways of writing answers, by the family that a test names.
func syntaxes() map[string]syntax {
	all := map[string]syntax{}
	for _, f := range families() {
		all[f.names[0]] = f.syntax
	}
	return all
}

func TestParser(t *testing.T) {
	one := func(name, arguments string) []hearth.ToolCallDelta {
		return []hearth.ToolCallDelta{{ID: "call_1", Name: name, Arguments: arguments}}
	}
	weather := `{"city": "北京", "days": [1, 2]}`
	for _, c := range []struct {
		name, family string
		first        state
		text         string
		want         parsed
	}{
		{"plain text", "qwen2.5", start, "Hello\n\nworld ", parsed{Text: "Hello\n\nworld "}},
		{"nothing", "qwen2.5", start, "", parsed{}},
		{"thinking", "qwen3-revised", start, "<think>\nwell\n\nso\n</think>\n\nYes.\n", parsed{Reasoning: "well\n\nso", Text: "Yes.\n"}},
		{"thinking begun by the prompt", "deepseek-r1-distill-qwen", startThinking, "\nwell\n</think>\n\nYes", parsed{Reasoning: "well", Text: "Yes"}},
		{"thinking begun twice", "deepseek-r1-distill-qwen", startThinking, "<think>\nwell</think>Yes", parsed{Reasoning: "well", Text: "Yes"}},
		{"thinking closed by the prompt", "qwq-open", startAnswer, "\n\nYes </think> no", parsed{Text: "Yes </think> no"}},
		{"thinking without end", "qwen3-revised", start, "<think>\nwell\n\n", parsed{Reasoning: "well\n\n"}},
		{"no thinking", "qwen3-revised", start, "\n Yes <think> no", parsed{Text: "\n Yes <think> no"}},
		{"empty thinking", "qwen3-revised", start, "<think>\n\n</think>\n\nYes", parsed{Text: "Yes"}},
		{"a model that does not think", "qwen2.5", start, "<think>a</think>b", parsed{Text: "<think>a</think>b"}},
		{"almost a marker", "qwen3-revised", start, "<thin", parsed{Text: "<thin"}},
		{"thinking of markers", "qwen3-revised", start, "<think>a < b, <tool_call>\n</thin</think>c", parsed{Reasoning: "a < b, <tool_call>\n</thin", Text: "c"}},

		{"hermes", "qwen2.5", start, "Let me see.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": " + weather + "}\n</tool_call>",
			parsed{Text: "Let me see.", Calls: one("weather", weather)}},
		{"hermes twice", "qwen3-revised", start, "<tool_call>\n{\"name\": \"a\", \"arguments\": {}}\n</tool_call>\n<tool_call>\n{\"name\": \"b\", \"arguments\": {\"x\": \"}</tool_call>\\\"\"}}\n</tool_call>\n",
			parsed{Calls: []hearth.ToolCallDelta{{Index: 0, ID: "call_1", Name: "a", Arguments: "{}"}, {Index: 1, ID: "call_2", Name: "b", Arguments: `{"x": "}</tool_call>\""}`}}}},
		{"hermes, other order", "qwen2.5", start, `<tool_call>{"arguments": {"a": 1}, "name": "f"}</tool_call>`, parsed{Calls: one("f", `{"a": 1}`)}},
		{"hermes, more members", "qwen2.5", start, `<tool_call>{"id": "1", "type": "function", "name": "f", "arguments": {"a": 1}}</tool_call>`, parsed{Calls: one("f", `{"a": 1}`)}},
		{"hermes, unknown member", "qwen2.5", start, `<tool_call>{"name": "f", "strict": true, "parameters": {"a": 1}}</tool_call>`, parsed{Calls: one("f", `{"a": 1}`)}},
		{"hermes, no arguments", "qwen2.5", start, `<tool_call>{"name": "f"}</tool_call>`, parsed{Calls: one("f", "{}")}},
		{"hermes, null arguments", "qwen2.5", start, `<tool_call>{"name": "f", "arguments": null}</tool_call>`, parsed{Calls: one("f", "{}")}},
		{"hermes, arguments as a string", "qwen2.5", start, `<tool_call>{"name": "f", "arguments": "{\"a\": 1}"}</tool_call>`, parsed{Calls: one("f", `{"a": 1}`)}},
		{"hermes, a bracket too many", "qwen2.5", start, "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": 1}}}\n</tool_call>", parsed{Calls: one("f", `{"a": 1}`)}},
		{"hermes, a bracket too few", "qwen2.5", start, "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": 1</tool_call>x", parsed{Text: "x", Calls: one("f", `{"a": 1`)}},
		{"hermes, cut in the arguments", "qwen2.5", start, `<tool_call>{"name": "f", "arguments": {"a": "b`, parsed{Calls: one("f", `{"a": "b`)}},
		{"hermes, cut in the name", "qwen2.5", start, "a\n<tool_call>\n{\"name\": \"f", parsed{Text: "a\n<tool_call>\n{\"name\": \"f"}},
		{"hermes, no JSON", "qwen2.5", start, "<tool_call>\n<function=f>\n</function>\n</tool_call>", parsed{Text: "<tool_call>\n<function=f>\n</function>\n</tool_call>"}},
		{"hermes, broken JSON", "qwen2.5", start, `<tool_call>{"name": f}</tool_call>!`, parsed{Text: `<tool_call>{"name": f}</tool_call>!`}},
		{"hermes, then text", "qwen2.5", start, "<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>\n\nDone.", parsed{Text: "Done.", Calls: one("f", "{}")}},
		{"thinking, then a call", "qwen3-revised", start, "<think>\nhm\n</think>\n\n<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>", parsed{Reasoning: "hm", Calls: one("f", "{}")}},
		{"an escaped name", "qwen2.5", start, `<tool_call>{"name": "\u67e5", "arguments": {}}</tool_call>`, parsed{Calls: one("查", "{}")}},

		{"V3.1", "deepseek-v3.1", startAnswer, "Let me.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>weather<｜tool▁sep｜>" + weather + "<｜tool▁call▁end｜><｜tool▁call▁begin｜>b<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
			parsed{Text: "Let me.", Calls: append(one("weather", weather), hearth.ToolCallDelta{Index: 1, ID: "call_2", Name: "b", Arguments: "{}"})}},
		{"V3.1, no name", "deepseek-v3.1", startAnswer, "<｜tool▁call▁begin｜> <｜tool▁sep｜>{}", parsed{Text: "<｜tool▁call▁begin｜> <｜tool▁sep｜>{}"}},
		{"V3.1, cut", "deepseek-v3.1", startAnswer, "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>wea", parsed{Text: "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>wea"}},
		{"V3.1, list of nothing", "deepseek-v3.1", startAnswer, "a<｜tool▁calls▁begin｜>b", parsed{Text: "a<｜tool▁calls▁begin｜>b"}},

		{"R1", "deepseek-r1-distill-qwen", startThinking, "hm</think>\n\n<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>weather\n```json\n" + weather + "\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>b\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
			parsed{Reasoning: "hm", Calls: append(one("weather", weather), hearth.ToolCallDelta{Index: 1, ID: "call_2", Name: "b", Arguments: "{}"})}},
		{"R1, cut in the fence", "deepseek-r1-distill-qwen", startThinking, "</think><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{}\n``", parsed{Calls: one("f", "{}\n``")}},

		{"Llama", "llama-3.1", start, `{"name": "weather", "parameters": ` + weather + `}`, parsed{Calls: one("weather", weather)}},
		{"Llama, tagged", "llama-3.1", start, `<|python_tag|>{"type": "function", "name": "weather", "parameters": {}}`, parsed{Calls: one("weather", "{}")}},
		{"Llama, two", "llama-3.1", start, `{"name": "weather", "parameters": {}}; {"name": "weather", "parameters": {}}`,
			parsed{Calls: append(one("weather", "{}"), hearth.ToolCallDelta{Index: 1, ID: "call_2", Name: "weather", Arguments: "{}"})}},
		{"Llama, another object", "llama-3.1", start, `{"name": "Bob", "age": 3}`, parsed{Text: `{"name": "Bob", "age": 3}`}},
		{"Llama, no such tool", "llama-3.1", start, `{"name": "Bob", "parameters": {}}`, parsed{Text: `{"name": "Bob", "parameters": {}}`}},
		{"Llama, Python", "llama-3.1", start, `<|python_tag|>weather.call(city="x")`, parsed{Text: `<|python_tag|>weather.call(city="x")`}},
		{"Llama, later", "llama-3.1", start, `Use {"name": "weather", "parameters": {}}`, parsed{Text: `Use {"name": "weather", "parameters": {}}`}},
		{"Llama, white space", "llama-3.1", start, " {\"a\": 1}", parsed{Text: " {\"a\": 1}"}},

		{"plain", "plain", start, " Hi there.\n", parsed{Text: "Hi there.\n"}},
	} {
		s := syntaxes()[c.family]
		got := parse(s, c.first, []string{"weather"}, c.text)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s\n got %+v\nwant %+v", c.name, got, c.want)
		}
		for at := range c.text { // every cut in two, markers included
			if cut := parse(s, c.first, []string{"weather"}, c.text[:at], c.text[at:]); !reflect.DeepEqual(cut, c.want) {
				t.Errorf("%s, cut after %q\n got %+v\nwant %+v", c.name, c.text[:at], cut, c.want)
			}
		}
		if cut := parse(s, c.first, []string{"weather"}, strings.Split(c.text, "")...); c.text != "" && !reflect.DeepEqual(cut, c.want) {
			t.Errorf("%s, letter by letter\n got %+v\nwant %+v", c.name, cut, c.want)
		}
	}
}

func TestBareCallsNeedTools(t *testing.T) {
	text := `{"name": "weather", "parameters": {}}`
	if got := parse(syntaxes()["llama-3.1"], start, nil, text); got.Text != text {
		t.Errorf("without tools %q became %+v", text, got)
	}
}

// TestHoldsBackLittle: what can't be the beginning of a marker is given at once.
func TestHoldsBackLittle(t *testing.T) {
	p := newParser(syntaxes()["qwen3-revised"], beginning{state: start}, nil, counter())
	for _, step := range []struct{ in, text, reasoning, call string }{
		{in: "<think>"},
		{in: "\nLet", reasoning: "Let"},
		{in: " me\n", reasoning: " me"},
		{in: "see</", reasoning: "\nsee"},
		{in: "think>\n\n"},
		{in: "Well <", text: "Well "},
		{in: "b>\n", text: "<b>"},
		{in: "<tool_", text: ""},
		{in: `call>{"name": "f", "argu`},
		{in: `ments": {"a`, call: `{"a`},
		{in: `": 1`, call: `": 1`},
		{in: `}}`, call: `}`},
	} {
		c := p.feed(step.in, false)
		arguments := ""
		for _, d := range c.ToolCalls {
			arguments += d.Arguments
		}
		if c.Text != step.text || c.Reasoning != step.reasoning || arguments != step.call {
			t.Errorf("after %q: text %q, reasoning %q, arguments %q", step.in, c.Text, c.Reasoning, arguments)
		}
	}
}

// pieces are what random answers are made of.
var pieces = []string{
	"<think>", "</think>", "\n", "\n\n", " ", "<tool_call>", "</tool_call>", "<", "{", "}", "[", "]", `"`, `\`, ",", ":",
	`{"name": "f", "arguments": `, `{"name": "weather", "parameters": `, `{"arguments": {}, "name": "g"}`, `{"a": "}"}`, "null",
	"<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>", "function", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>", "<｜tool▁calls▁end｜>",
	"\n```json\n", "\n```", "<|python_tag|>", ";", "hello", "你好", "🙂", "</thin", "<tool",
}

// TestCutsDoNotMatter: however an answer is cut, the same comes out, and nothing
// is lost but markers and white space beside them.
func TestCutsDoNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	firsts := []state{start, startThinking, startAnswer, answer, thinking}
	for name, s := range syntaxes() {
		for range 3000 {
			var b strings.Builder
			for range r.IntN(14) {
				b.WriteString(pieces[r.IntN(len(pieces))])
			}
			text, first := b.String(), firsts[r.IntN(len(firsts))]
			checkCuts(t, name, s, first, text, func() int { return r.IntN(12) })
		}
	}
}

func checkCuts(t *testing.T, name string, s syntax, first state, text string, length func() int) {
	t.Helper()
	tools := []string{"weather"}
	whole := parse(s, first, tools, text)
	var cut []string
	for rest := text; rest != ""; {
		n := min(len(rest), length())
		cut, rest = append(cut, rest[:n]), rest[n:]
		if len(cut) > 4*len(text)+4 {
			cut, rest = append(cut, rest), ""
		}
	}
	if got := parse(s, first, tools, append(cut, "")...); !reflect.DeepEqual(got, whole) {
		t.Fatalf("%s: %q cut as %q\n got %+v\nwant %+v", name, text, cut, got, whole)
	}
	for _, word := range []string{"hello", "你好", "🙂"} {
		if n := strings.Count(text, word); n != count(whole, word) {
			t.Fatalf("%s: %q has %q %d times, but %+v", name, text, word, n, whole)
		}
	}
}

func count(a parsed, word string) int {
	n := strings.Count(a.Reasoning, word) + strings.Count(a.Text, word)
	for _, c := range a.Calls {
		n += strings.Count(c.Name, word) + strings.Count(c.Arguments, word)
	}
	return n
}

func FuzzParser(f *testing.F) {
	f.Add(0, 0, "<think>\na\n</think>\n\nb\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": \"}\"}}\n</tool_call>", []byte{3})
	f.Add(1, 1, "a</think><｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{}\n```<｜tool▁call▁end｜>", []byte{1, 2})
	f.Add(2, 2, "<｜tool▁call▁begin｜>f<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>", []byte{7})
	f.Add(3, 0, `<|python_tag|>{"name": "weather", "parameters": {}}; {"name": "weather", "parameters": [`, []byte{1})
	all := []syntax{{thinks: true, calls: hermesCalls()}, {thinks: true, calls: r1Calls()}, {thinks: true, calls: v31Calls()}, {calls: bareCalls()}, {lead: " "}}
	firsts := []state{start, startThinking, startAnswer, answer, thinking}
	f.Fuzz(func(t *testing.T, which, first int, text string, cuts []byte) {
		s := all[uint(which)%uint(len(all))]
		i := 0
		length := func() int {
			if len(cuts) == 0 {
				return 1
			}
			i++
			return int(cuts[i%len(cuts)])
		}
		tools := []string{"weather"}
		whole := parse(s, firsts[uint(first)%uint(len(firsts))], tools, text)
		var cut []string
		for rest := text; rest != "" && len(cut) < 1000; {
			n := min(len(rest), length())
			cut, rest = append(cut, rest[:n]), rest[n:]
		}
		used := 0
		for _, c := range cut {
			used += len(c)
		}
		cut = append(cut, text[used:])
		if got := parse(s, firsts[uint(first)%uint(len(firsts))], tools, cut...); !reflect.DeepEqual(got, whole) {
			t.Fatalf("%q cut as %q\n got %+v\nwant %+v", text, cut, got, whole)
		}
		for _, c := range whole.Calls {
			if c.ID == "" || c.Name == "" {
				t.Fatalf("%q gives a call without a name: %+v", text, whole)
			}
		}
	})
}

// TestUnknownTemplates: the parser of a foreign template goes by its markers.
func TestUnknownTemplates(t *testing.T) {
	for template, want := range map[string]syntax{
		"{{ messages }}":      {},
		"<think> <tool_call>": {thinks: true, calls: hermesCalls()},
		"<｜tool▁call▁begin｜> ```json </think>": {thinks: true, calls: r1Calls()},
		"<｜tool▁call▁begin｜>":                  {calls: v31Calls()},
		`"parameters": `:                       {calls: bareCalls()},
	} {
		if got := syntaxOf(template); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v", template, got)
		}
	}
}
