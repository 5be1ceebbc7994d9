package prompt

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/prompt/jinja"
)

// Model is what a model file says about how its model is spoken to.
type Model struct {
	ID       string   // for error messages
	Template string   // the chat template; empty if the file has none
	BOS, EOS string   // texts of the tokens that begin and end a text; empty if there are none
	Control  []string // texts of all tokens that mean something else than their text

	// Now is the clock for templates that mention the date. Nil is time.Now.
	Now func() time.Time

	// CallID makes the ids of tool calls. Nil makes random ones.
	CallID func() string
}

func (m *Model) now() time.Time {
	if m.Now == nil {
		return time.Now()
	}
	return m.Now()
}

// renderer writes the prompt of a conversation.
type renderer func(c *conversation) (jinja.Text, error)

// format is how conversations with a model are written: prompts one way, answers
// the other.
type format struct {
	render renderer
	syntax syntax
	stop   []string // ends an answer where the model would go on for the user
}

// family is a format written in Go, for the template of that SHA-256.
type family struct {
	names    []string // the first is the usual one
	template string
	bos      string // for a caller who has no model file at hand
	format
}

// families are all there are. The last one serves models without a template.
func families() []family {
	r1 := syntax{thinks: true, calls: r1Calls()}
	v31 := syntax{thinks: true, calls: v31Calls()}
	hermes := syntax{calls: hermesCalls()}
	thinkingHermes := syntax{thinks: true, calls: hermesCalls()}
	bare := syntax{calls: bareCalls()}
	const deepSeek, llama = "<｜begin▁of▁sentence｜>", "<|begin_of_text|>"
	return []family{
		{[]string{"deepseek-r1-distill-qwen", "deepseek-r1-distill-llama"},
			"56a1447ad31926fdc21fb07e56e5642bd9c850c4f52d8c8af7bbe5f079a84f5f", deepSeek, native(deepSeekR1, r1)},
		{[]string{"deepseek-r1-distill-first"},
			"b6835114b7303ddd78919a82e4d9f7d8c26ed0d7dfc36beeb12d524f6144eab1", deepSeek, native(deepSeekR1First, r1)},
		{[]string{"deepseek-v3.1"},
			"d9f5f351b276cf9e81d009db08830db7d38e94927aecd09a7beb43e2aafee94e", deepSeek, native(deepSeekV31, v31)},
		{[]string{"qwen2.5"},
			"cd8e9439f0570856fd70470bf8889ebd8b5d1107207f67a5efb46e342330527f", "", native(qwen25, hermes)},
		{[]string{"qwq"},
			"5ed15374ce53e19a7798710736a2c9fe41c79f7385e8421a2080d6575a80ef1b", "", native(qwqSwitch, thinkingHermes)},
		{[]string{"qwq-open"},
			"16488ad69d85833e5f66c50174f39834b688343337e9337f018deaa21b354117", "", native(qwq, thinkingHermes)},
		{[]string{"qwen3"},
			"87a2728cb8dc9fe424d624542f6060ec05a1d285ebbec578bb078900e33396b5", "", native(qwen3First, thinkingHermes)},
		{[]string{"qwen3-revised"},
			"a55ee1b1660128b7098723e0abcd92caa0788061051c62d51cbe87d9cf1974d8", "", native(qwen3, thinkingHermes)},
		{[]string{"llama-3.1", "llama-3.3"},
			"e10ca381b1ccc5cf9db52e371f3b6651576caee0a630b452e2816b2d404d4b65", llama, native(llama31, bare)},
		{[]string{"deepseek-v3.2"},
			"8e5a13fcc4bdd4d943311fc59064b805770fdeddfccbd7f1c252cc16e8acaf3d", deepSeek, native(deepSeekV32, syntax{thinks: true, calls: dsmlCalls("function_calls")})},
		{[]string{"deepseek-v4"},
			"c69cd3cf0bd77bcfe962214042af8db1ae6b8b01f4db81f082c83dff925775d7", deepSeek, native(deepSeekV4, syntax{thinks: true, calls: dsmlCalls("tool_calls")})},
		{[]string{"qwen3-coder"},
			"d287fb2edf144207f868ae1b282755dc19db2a3f1c5b3a3d57e9e5abffa98392", "", native(qwen3Coder, syntax{calls: coderCalls()})},
		{[]string{"qwen3.5"},
			"a4aee8afcf2e0711942cf848899be66016f8d14a889ff9ede07bca099c28f715", "", native(qwen35, syntax{thinks: true, calls: coderCalls()})},
		{[]string{"glm-4.6"},
			"f777778f775abe19c0f4bd576078d20a51ba8472139bde6852ea4490ec07398b", "", glm()},
		{[]string{"kimi-k2"},
			"1d396d5b128cdb9b2a4ef73434fa08d31c75604a11daa77bcb4b622d32dddd41", "", native(kimiK2, syntax{calls: kimiCalls()})},
		{[]string{"gpt-oss"},
			"a4c9919cbbd4acdd51ccffe22da049264b1b73e59055fa58811a99efbd7c8146", "", native(gptOSS, syntax{channels: true})},
		{[]string{"plain"}, "", "", plain()},
	}
}

// Families lists the names that [Render] takes.
func Families() []string {
	var names []string
	for _, f := range families() {
		names = append(names, f.names...)
	}
	return names
}

// native makes a format of a renderer written in Go.
func native(write func(w *page, c *conversation), s syntax) format {
	render := func(c *conversation) (jinja.Text, error) {
		var w page
		write(&w, c)
		return w.Text(), w.err
	}
	return format{render: render, syntax: s}
}

// choose finds the format of a model.
func choose(m *Model) (format, *hearth.Error) {
	if m.Template == "" {
		return plain(), nil
	}
	if f, ok := familyOf(sum(m.Template)); ok {
		return f.format, nil
	}
	f, err := foreign(m.Template)
	if err != nil {
		return format{}, hearth.NewError(hearth.TemplateRefused, "model", m.ID, "detail", err)
	}
	return f, nil
}

// Recognise says whose a chat template is: the family that published it, by its
// SHA-256; "" for one that nobody here knows, which runs in the sandbox; or why it is
// refused.
func Recognise(template string) (family string, err error) {
	if f, ok := familyOf(sum(template)); ok {
		return f.names[0], nil
	}
	_, problem := choose(&Model{Template: template})
	if problem != nil {
		return "", problem
	}
	return "", nil
}

func sum(template string) string {
	s := sha256.Sum256([]byte(template))
	return hex.EncodeToString(s[:])
}

// familyOf finds the family that mirrors the template of that SHA-256.
func familyOf(sum string) (family, bool) {
	for _, f := range families() {
		if f.template == sum {
			return f, true
		}
	}
	return family{}, false
}

// Render writes the prompt of a request as the family of that name does. Without a
// text for BOS, that of the family's models stands.
func Render(name string, m Model, r *hearth.Request) ([]hearth.Span, error) {
	for _, f := range families() {
		if slices.Contains(f.names, name) {
			m.BOS = cmp.Or(m.BOS, f.bos)
			text, _, err := f.prompt(&m, r)
			return spans(text, newControls(m.Control)), err
		}
	}
	return nil, hearth.NewError(hearth.NotOneOf, "field", "family", "choices", strings.Join(Families(), ", "))
}

// prompt renders a request, and tells how the parser of the answer begins.
func (f format) prompt(m *Model, r *hearth.Request) (jinja.Text, beginning, error) {
	c := &conversation{messages: r.Messages, tools: r.Tools, thinking: r.Thinking, model: m, closed: r.Ending == hearth.AfterLast}
	write := f.complete
	if r.Ending == hearth.InsideLast {
		write = f.unfinished
	}
	text, err := write(c)
	if err != nil {
		return jinja.Text{}, beginning{}, hearth.NewError(hearth.TemplateFailed, "model", m.ID, "detail", err)
	}
	return text, begin(text, c, r.Ending), nil
}

// complete renders a whole conversation. Templates disagree on a turn without
// text: some know it as none, others fail on that and get an empty text.
func (f format) complete(c *conversation) (jinja.Text, error) {
	text, err := f.render(c)
	if err == nil {
		return text, nil
	}
	if text, again := f.render(c.filled()); again == nil {
		return text, nil
	}
	return jinja.Text{}, err
}
