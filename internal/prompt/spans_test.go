package prompt

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/prompt/jinja"
)

// controlTexts are the control tokens of all the families' models.
var controlTexts = []string{
	"<BOS>", "<EOS>", "<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<|im_start|>", "<|im_end|>",
	"<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|python_tag|>", "</s>", "<|end|>",
	"<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>", "<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>",
	"<｜tool▁sep｜>", "<｜tool▁call▁end｜>", "<｜tool▁calls▁end｜>", "<｜tool▁outputs▁begin｜>", "<｜tool▁output▁begin｜>",
	"<｜tool▁output▁end｜>", "<｜tool▁outputs▁end｜>",
}

func TestSpans(t *testing.T) {
	c := newControls([]string{"<a>", "<aa>", ">>", "<|x|>"})
	text := func(parts ...string) jinja.Text { // own and foreign in turn
		var b jinja.Builder
		for i, p := range parts {
			if i%2 == 0 {
				b.Own(p)
			} else {
				b.Foreign(p)
			}
		}
		return b.Text()
	}
	plain := func(s string) hearth.Span { return hearth.Span{Text: s} }
	literal := func(s string) hearth.Span { return hearth.Span{Text: s, Literal: true} }
	for _, c2 := range []struct {
		text jinja.Text
		want []hearth.Span
	}{
		{text(""), nil},
		{text("<a>hello<aa>"), []hearth.Span{plain("<a>hello<aa>")}},
		{text("<a>", "say <a>, please", "<a>"), []hearth.Span{plain("<a>say "), literal("<a>"), plain(", please<a>")}},
		{text("", "<", "a>"), []hearth.Span{literal("<a>")}},                     // put together of both
		{text("<a", ">"), []hearth.Span{literal("<a>")}},                         // the same, the other way round
		{text("", "<a>>"), []hearth.Span{literal("<a>>")}},                       // overlapping
		{text("<a>", ">"), []hearth.Span{plain("<a>"), literal(">")}},            // the template's stays
		{text("<|x|>", "<|x|", "<|x|>"), []hearth.Span{plain("<|x|><|x|<|x|>")}}, // almost
		{text("", "<a><aa>"), []hearth.Span{literal("<a><aa>")}},
	} {
		if got := spans(c2.text, c); !reflect.DeepEqual(got, c2.want) {
			t.Errorf("%q: got %+v", c2.text, got)
		}
	}
}

// TestRenderersKnowWhoseTextItIs spells all that comes with a conversation in
// characters no template uses: where they are in the prompt, it is foreign.
// Together with TestSpansAreTheText this says that nobody's text becomes a
// control token.
func TestRenderersKnowWhoseTextItIs(t *testing.T) {
	formats := map[string]format{}
	for _, f := range families() {
		formats[f.names[0]] = f.format
	}
	for name, template := range map[string]string{
		"run":  "{% for m in messages %}{{ m.role ~ m.content }}{{ m.tool_calls | tojson }}{% endfor %}{{ tools | tojson(indent=2) }}",
		"made": "{% set ns = namespace(s='') %}{% for m in messages[::-1] %}{% set ns.s = ns.s + (m.content or '')[1:] | upper | replace('<', m.role) %}{% endfor %}{{ ns.s }}{{ messages }}",
	} {
		f, err := foreign(template)
		if err != nil {
			t.Fatal(err)
		}
		formats[name] = f
	}
	for _, c := range readConversations(t) {
		r := c.Input.request()
		conversation := &conversation{model: &Model{BOS: "<BOS>"}, messages: r.Messages, tools: r.Tools, thinking: r.Thinking, closed: r.Ending == hearth.AfterLast}
		disguiseAll(t, conversation)
		for name, f := range formats {
			text, err := f.complete(conversation)
			if err != nil {
				continue // as the template does; see TestFamilies
			}
			for i, r := range text.String() {
				if r >= 0xe000 && r < 0xf900 && !text.IsForeign(i, i+1) {
					t.Fatalf("%s takes somebody's words for the template's: %.80q", name, text.String()[i:])
				}
			}
		}
	}
}

func disguiseAll(t *testing.T, c *conversation) {
	for i := range c.messages {
		m := &c.messages[i]
		m.Text, m.Reasoning, m.Name, m.ToolCallID = disguise(m.Text), disguise(m.Reasoning), disguise(m.Name), disguise(m.ToolCallID)
		for j := range m.ToolCalls {
			call := &m.ToolCalls[j]
			call.ID, call.Name, call.Arguments = disguise(call.ID), disguise(call.Name), disguiseJSON(t, call.Arguments)
		}
	}
	for i := range c.tools {
		tool := &c.tools[i]
		tool.Name, tool.Description = disguise(tool.Name), disguise(tool.Description)
		if tool.Parameters != nil {
			tool.Parameters = []byte(disguiseJSON(t, string(tool.Parameters)))
		}
	}
}

// disguise keeps what templates look for.
func disguise(s string) string {
	for _, marker := range []string{beginThink, endThink, "<tool_response>", "</tool_response>"} {
		if before, after, found := strings.Cut(s, marker); found {
			return disguise(before) + marker + disguise(after)
		}
	}
	return strings.Map(func(r rune) rune {
		if jinja.IsSpace(r) {
			return r
		}
		return 0xe000 + r%0x1000
	}, s)
}

func disguiseJSON(t *testing.T, s string) string {
	var v any
	if json.Unmarshal([]byte(s), &v) != nil {
		return disguise(s)
	}
	out, err := json.Marshal(disguiseValue(v))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func disguiseValue(v any) any {
	switch v := v.(type) {
	case string:
		return disguise(v)
	case []any:
		for i := range v {
			v[i] = disguiseValue(v[i])
		}
	case map[string]any:
		other := map[string]any{}
		for k, x := range v {
			other[disguise(k)] = disguiseValue(x)
		}
		return other
	}
	return v
}

// TestSpansAreTheText: whatever is whose, the spans add up to the text, and no
// control token in a span that may hold one has a foreign byte in it.
func TestSpansAreTheText(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	c := newControls([]string{"<a>", "<aa>", ">>", "aa", "<|x|>", "|><"})
	for range 20000 {
		var b jinja.Builder
		for range r.IntN(12) {
			piece := []string{"<", "a", ">", "|", "x", "<a>", ">>", "<|x|>", "é"}[r.IntN(9)]
			if r.IntN(2) == 0 {
				b.Own(piece)
			} else {
				b.Foreign(piece)
			}
		}
		checkSpans(t, b.Text(), c)
	}
}

func checkSpans(t *testing.T, text jinja.Text, c *controls) {
	t.Helper()
	cut := spans(text, c)
	if joined(cut) != text.String() {
		t.Fatalf("%q is cut as %+v", text, cut)
	}
	at := 0
	for _, s := range cut {
		for i := range s.Text {
			if s.Literal {
				break
			}
			c.at(s.Text, i, func(to int) {
				if text.IsForeign(at+i, at+to) {
					t.Fatalf("%q is cut as %+v: %q is somebody's", text, cut, s.Text[i:to])
				}
			})
		}
		at += len(s.Text)
	}
}

// FuzzRender: any template, any text in a conversation; what comes out is the
// prompt in sound spans, or an error.
func FuzzRender(f *testing.F) {
	f.Add("{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content | trim }}<|im_end|>{% endfor %}", "hi <|im_end|>", `{"a": 1}`)
	f.Add("{{ messages | tojson(indent=2) }}{{ tools }}", "</think>", "x")
	f.Add("", "<｜User｜>", "{}")
	controls := newControls(controlTexts)
	f.Fuzz(func(t *testing.T, template, text, arguments string) {
		m := Model{Template: template, BOS: "<BOS>", Control: controlTexts, Now: goldenTime}
		formats := []format{}
		if own, problem := choose(&m); problem == nil {
			formats = append(formats, own)
		}
		for _, family := range families() {
			formats = append(formats, family.format)
		}
		c := &conversation{model: &m, messages: []hearth.Message{
			{Role: hearth.RoleSystem, Text: text}, {Role: hearth.RoleUser, Text: text},
			{Role: hearth.RoleAssistant, TextAbsent: len(text)%2 == 0, Reasoning: text, ToolCalls: []hearth.ToolCall{{ID: text, Name: text, Arguments: arguments}}},
			{Role: hearth.RoleTool, Text: arguments, Name: text}, {Role: hearth.RoleAssistant, Text: text},
		}}
		for _, form := range formats {
			if text, err := form.complete(c); err == nil {
				checkSpans(t, text, controls)
			}
			if text, err := form.unfinished(c); err == nil {
				checkSpans(t, text, controls)
			}
		}
	})
}
