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
	var offered []hearth.Tool
	for _, name := range tools {
		offered = append(offered, hearth.Tool{Name: name, Parameters: []byte(`{"properties": {"city": {"type": "string"}, "on": {"type": "string", "format": "date"}, "days": {"type": "integer"}, "any": {}, "maybe": {"type": ["string", "null"]}, "ok": {"type": "boolean"}, "list": {"type": "array"}}}`)})
	}
	p := newParser(s, beginning{state: first}, offered, counter())
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

		{"V3.2", "deepseek-v3.2", startAnswer, "Let me.\n\n<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"weather\">\n<｜DSML｜parameter name=\"city\" string=\"true\">北京 \"a\"\n</｜DSML｜parameter>\n<｜DSML｜parameter name=\"days\" string=\"false\">[1, 2]</｜DSML｜parameter>\n</｜DSML｜invoke>\n<｜DSML｜invoke name=\"b\">\n</｜DSML｜invoke>\n</｜DSML｜function_calls>",
			parsed{Text: "Let me.", Calls: append(one("weather", `{"city": "北京 \"a\"\n", "days": [1, 2]}`), hearth.ToolCallDelta{Index: 1, ID: "call_2", Name: "b", Arguments: "{}"})}},
		{"V3.2 thinks first", "deepseek-v3.2", startThinking, "hm</think>\n\n<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"b\">\n</｜DSML｜invoke>\n</｜DSML｜function_calls>Done", parsed{Reasoning: "hm", Text: "Done", Calls: one("b", "{}")}},
		{"V3.2, cut in a value", "deepseek-v3.2", startAnswer, "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"b\">\n<｜DSML｜parameter name=\"city\" string=\"true\">Ber", parsed{Calls: one("b", `{"city": "Ber`)}},
		{"V3.2, no JSON", "deepseek-v3.2", startAnswer, "<｜DSML｜invoke name=\"b\">\n<｜DSML｜parameter name=\"n\" string=\"false\">x y</｜DSML｜parameter>\n</｜DSML｜invoke>",
			parsed{Text: "<｜DSML｜invoke name=\"b\">\n<｜DSML｜parameter name=\"n\" string=\"false\">x y</｜DSML｜parameter>\n</｜DSML｜invoke>"}}, // nothing has opened the calls
		{"V3.2, neither true nor false", "deepseek-v3.2", startAnswer, "<｜DSML｜function_calls><｜DSML｜invoke name=\"b\"><｜DSML｜parameter name=\"n\" string=\"maybe\">x</｜DSML｜parameter>",
			parsed{Text: "<｜DSML｜parameter name=\"n\" string=\"maybe\">x</｜DSML｜parameter>", Calls: one("b", "{}")}},
		{"V4", "deepseek-v4", startThinking, "hm</think>Sure.\n\n<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"weather\">\n<｜DSML｜parameter name=\"city\" string=\"true\"></｜DSML｜parameter>\n<｜DSML｜parameter name=\"o\" string=\"false\">nope</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜tool_calls>",
			parsed{Reasoning: "hm", Text: "Sure.", Calls: one("weather", `{"city": "", "o": "nope"}`)}},

		{"Coder", "qwen3-coder", start, "I look.\n<tool_call>\n<function=weather>\n<parameter=city>\nSão\n\"Paulo\"\n</parameter>\n<parameter=days>\n3\n</parameter>\n<parameter=ok>\nTrue\n</parameter>\n<parameter=list>\n[1,\n 2]\n</parameter>\n</function>\n</tool_call>",
			parsed{Text: "I look.", Calls: one("weather", "{\"city\": \"São\\n\\\"Paulo\\\"\", \"days\": 3, \"ok\": true, \"list\": [1,\n 2]}")}},
		{"Coder, a text that looks like another thing", "qwen3-coder", start, "<tool_call>\n<function=weather>\n<parameter=city>\n12\n</parameter>\n<parameter=any>\n12\n</parameter>\n<parameter=maybe>\nnull\n</parameter>\n<parameter=on>\n\"2024-01-01\"\n</parameter>\n</function>\n</tool_call>",
			parsed{Calls: one("weather", `{"city": "12", "any": 12, "maybe": null, "on": "2024-01-01"}`)}},
		{"Coder, forms as models write them", "qwen3-coder", start, "<tool_call>\n<function=weather>\n<parameter=on>\n2024-01-01\n</parameter>\n<parameter=maybe>\n12\n</parameter>\n<parameter=any>\n\n</parameter>\n</function>\n</tool_call>",
			parsed{Calls: one("weather", `{"on": "2024-01-01", "maybe": "12", "any": ""}`)}},
		{"Coder, another tool", "qwen3-coder", start, "<tool_call>\n<function=f>\n<parameter=x>\nhello world\n</parameter>\n<parameter=y>\n{\"a\": 1}\n</parameter>\n</function>\n</tool_call>\n<tool_call>\n<function=g>\n</function>\n</tool_call>",
			parsed{Calls: append(one("f", `{"x": "hello world", "y": {"a": 1}}`), hearth.ToolCallDelta{Index: 1, ID: "call_2", Name: "g", Arguments: "{}"})}},
		{"Coder, the end of the function is missing", "qwen3-coder", start, "<tool_call>\n<function=f>\n<parameter=x>\n1\n</parameter>\n</tool_call>Done", parsed{Text: "Done", Calls: one("f", `{"x": 1}`)}},
		{"Coder, words within a call", "qwen3-coder", start, "<tool_call>\n<function=f>\nhello</function>\n</tool_call>", parsed{Text: "hello</function>\n</tool_call>", Calls: one("f", "{}")}},
		{"Coder, JSON", "qwen3-coder", start, "<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>", parsed{Text: "<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>"}},
		{"Qwen3.5", "qwen3.5", startThinking, "\nhm\n</think>\n\n<tool_call>\n<function=weather>\n<parameter=city>\nOslo\n</parameter>\n</function>\n</tool_call>", parsed{Reasoning: "hm", Calls: one("weather", `{"city": "Oslo"}`)}},

		{"GLM", "glm-4.6", start, "\n<think>hm</think>\nLet me.\n<tool_call>weather\n<arg_key>city</arg_key>\n<arg_value>北京</arg_value>\n<arg_key>days</arg_key>\n<arg_value>3</arg_value>\n</tool_call>",
			parsed{Reasoning: "hm", Text: "Let me.", Calls: one("weather", `{"city": "北京", "days": 3}`)}},
		{"GLM, on one line", "glm-4.6", startAnswer, "<tool_call>weather<arg_key>city</arg_key><arg_value>a\nb</arg_value></tool_call><tool_call>now</tool_call>",
			parsed{Calls: append(one("weather", `{"city": "a\nb"}`), hearth.ToolCallDelta{Index: 1, ID: "call_2", Name: "now", Arguments: "{}"})}},
		{"GLM, no name", "glm-4.6", startAnswer, "<tool_call></tool_call>!", parsed{Text: "<tool_call></tool_call>!"}},

		{"Kimi", "kimi-k2", start, "Let me.<|tool_calls_section_begin|><|tool_call_begin|>functions.weather:0<|tool_call_argument_begin|>" + weather + "<|tool_call_end|><|tool_call_begin|>functions.b:c:1<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>",
			parsed{Text: "Let me.", Calls: append(one("weather", weather), hearth.ToolCallDelta{Index: 1, ID: "call_2", Name: "b:c", Arguments: "{}"})}},
		{"Kimi, a bare name", "kimi-k2", start, "<|tool_call_begin|>weather<|tool_call_argument_begin|>{}<|tool_call_end|>", parsed{Calls: one("weather", "{}")}},

		{"harmony", "gpt-oss", start, "<|channel|>analysis<|message|>hm\n<|end|><|start|>assistant<|channel|>final<|message|>Yes.<|return|>", parsed{Reasoning: "hm\n", Text: "Yes."}},
		{"harmony, a call", "gpt-oss", start, "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>commentary to=functions.weather <|constrain|>json<|message|>" + weather + "<|call|>", parsed{Reasoning: "hm", Calls: one("weather", weather)}},
		{"harmony, as the template has it", "gpt-oss", start, " to=functions.weather<|channel|>commentary json<|message|>{}<|call|>", parsed{Calls: one("weather", "{}")}},
		{"harmony, preamble", "gpt-oss", start, "<|channel|>commentary<|message|>First this.<|end|><|start|>assistant<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>analysis<|message|>b<|end|><|start|>assistant<|channel|>final<|message|>Then that.", parsed{Reasoning: "a\n\nb", Text: "First this.\n\nThen that."}},
		{"harmony, no channel", "gpt-oss", start, "Hello <|x|>", parsed{Text: "Hello <|x|>"}},
		{"harmony, no such channel", "gpt-oss", start, "<|channel|>secret<|message|>hello<|end|>", parsed{Text: "<|channel|>secret<|message|>hello"}},
		{"harmony, cut in the head", "gpt-oss", start, "<|channel|>ana", parsed{Text: "<|channel|>ana"}},
		{"harmony, another's tool", "gpt-oss", start, "<|channel|>commentary to=python code<|message|>1+1<|call|>", parsed{Calls: one("python", "1+1")}},

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
	"<｜DSML｜function_calls>", "<｜DSML｜invoke name=\"f\">\n", "<｜DSML｜parameter name=\"city\" string=\"true\">", "<｜DSML｜parameter name=\"x\" string=\"false\">", "</｜DSML｜parameter>", "</｜DSML｜invoke>", "</｜DSML｜function_calls>",
	"<function=", "<function=weather>\n", "<parameter=city>\n", "<parameter=any>", "\n</parameter>", "</parameter>", "</function>",
	"f\n", "<arg_key>days</arg_key>", "<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>",
	"<|tool_calls_section_begin|>", "<|tool_call_begin|>functions.", ":1<|tool_call_argument_begin|>", "<|tool_call_end|>", "<|tool_calls_section_end|>",
	"<|channel|>", "analysis", "final", "commentary", " to=functions.f", "<|message|>", "<|end|>", "<|start|>assistant", "<|call|>", "json",
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
	f.Add(5, 2, "\n\n<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"f\">\n<｜DSML｜parameter name=\"a\" string=\"false\">[1]</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>", []byte{5})
	f.Add(6, 2, "<tool_call>\n<function=weather>\n<parameter=city>\na\"\n</parameter>\n<parameter=days>\n1\n</parameter>\n</function>\n</tool_call>", []byte{4})
	f.Add(7, 2, "<tool_call>f\n<arg_key>a</arg_key>\n<arg_value>1</arg_value>\n</tool_call>", []byte{2, 9})
	f.Add(8, 2, "<|tool_calls_section_begin|><|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>", []byte{6})
	f.Add(9, 0, "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>commentary to=functions.f <|constrain|>json<|message|>{}<|call|>", []byte{3, 1})
	all := []syntax{{thinks: true, calls: hermesCalls()}, {thinks: true, calls: r1Calls()}, {thinks: true, calls: v31Calls()}, {calls: bareCalls()}, {lead: " "},
		{thinks: true, calls: dsmlCalls("function_calls")}, {thinks: true, calls: coderCalls()}, {thinks: true, calls: glmCalls()}, {calls: kimiCalls()}, {channels: true}}
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
		"<｜tool▁call▁begin｜> ```json </think>":     {thinks: true, calls: r1Calls()},
		"<｜tool▁call▁begin｜>":                      {calls: v31Calls()},
		`"parameters": `:                           {calls: bareCalls()},
		"<｜DSML｜function_calls>":                   {calls: dsmlCalls("function_calls")},
		"set d = '｜DSML｜' '<' + d + 'tool_calls>'": {calls: dsmlCalls("tool_calls")},
		"<tool_call>\n<function=":                  {calls: coderCalls()},
		"<tool_call><arg_key>":                     {calls: glmCalls()},
		"<|tool_call_argument_begin|>":             {calls: kimiCalls()},
		"<|channel|>analysis<|message|>":           {channels: true},
	} {
		if got := syntaxOf(template); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v", template, got)
		}
	}
}
