package prompt

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/prompt/jinja"
)

// gptOSS mirrors the template of gpt-oss, in the format harmony: every message is in a
// channel, tools are told as types of TypeScript, and an answer has one call. The
// template knows thinking by a name that no client sends; here it is what clients do
// send, and stands for the text beside a call, as llama.cpp has it. A tool without a
// description has an empty one. How much to think is "medium", the template's own.
func gptOSS(w *page, c *conversation) {
	first, messages := c.first(w), c.messages
	w.Own("<|start|>system<|message|>You are ChatGPT, a large language model trained by OpenAI.\nKnowledge cutoff: 2024-06\nCurrent date: ",
		c.model.now().Format("2006-01-02"), "\n\nReasoning: medium\n\n",
		"# Valid channels: analysis, commentary, final. Channel must be included for every message.")
	if len(c.tools) > 0 {
		w.Own("\nCalls to these tools must go to the commentary channel: 'functions'.")
	}
	w.Own("<|end|>")
	instructions := ""
	if first.Role == hearth.RoleSystem {
		instructions, messages = first.Text, messages[1:]
	}
	if instructions != "" || len(c.tools) > 0 {
		w.Own("<|start|>developer<|message|>")
		if instructions != "" {
			w.Own("# Instructions\n\n")
			w.Foreign(instructions)
			w.Own("\n\n")
		}
		if len(c.tools) > 0 {
			harmonyTools(w, c.tools)
		}
		w.Own("<|end|>")
	}
	called := "" // the tool whose results follow
	for i, m := range messages {
		switch {
		case m.Role == hearth.RoleAssistant && len(m.ToolCalls) > 0:
			harmonyCall(w, m, messages[i+1:])
			called = m.ToolCalls[0].Name
		case m.Role == hearth.RoleAssistant:
			last := c.closed && i == len(messages)-1
			harmonyAnswer(w, m, last)
			if !last {
				called = ""
			}
		case m.Role == hearth.RoleTool:
			if called == "" {
				w.fail("there is a tool's result, and no call before it")
			}
			w.Own("<|start|>functions.")
			w.Foreign(called)
			w.Own(" to=assistant<|channel|>commentary<|message|>")
			w.text(m)
			w.Own("<|end|>")
		case m.Role == hearth.RoleUser:
			w.Own("<|start|>user<|message|>")
			w.said(m)
			w.Own("<|end|>")
		}
	}
	if !c.closed {
		w.Own("<|start|>assistant")
	}
}

// text writes the text of a message as JSON.
func (w *page) text(m hearth.Message) {
	if m.TextAbsent {
		w.json(nil, -1)
		return
	}
	w.json(jinja.Foreign(m.Text), -1)
}

// harmonyAnswer writes an answer. That it was thought about is left out, but for the
// last one in a conversation that ends with it.
func harmonyAnswer(w *page, m hearth.Message, last bool) {
	harmonyClean(w, m)
	if last && m.Reasoning != "" {
		w.Own("<|start|>assistant<|channel|>analysis<|message|>")
		w.Foreign(m.Reasoning)
		w.Own("<|end|>")
	}
	w.Own("<|start|>assistant<|channel|>final<|message|>")
	w.said(m)
	if last {
		w.Own("<|return|>")
	} else {
		w.Own("<|end|>")
	}
}

// harmonyCall writes the first call of an answer, and what was thought or said before
// it unless an answer without calls comes later.
func harmonyCall(w *page, m hearth.Message, later []hearth.Message) {
	said := m.Text
	if m.Reasoning != "" {
		said = m.Reasoning
		m.TextAbsent, m.Text = false, ""
	}
	harmonyClean(w, m)
	answered := slices.ContainsFunc(later, func(m hearth.Message) bool {
		return m.Role == hearth.RoleAssistant && len(m.ToolCalls) == 0
	})
	if said != "" && !answered {
		w.Own("<|start|>assistant<|channel|>analysis<|message|>")
		w.Foreign(said)
		w.Own("<|end|>")
	}
	call := m.ToolCalls[0]
	w.Own("<|start|>assistant to=functions.")
	w.Foreign(call.Name)
	w.Own("<|channel|>commentary json<|message|>")
	w.json(argumentsValue(call.Arguments), -1)
	w.Own("<|call|>")
}

// harmonyClean refuses answers that bring channels of their own.
func harmonyClean(w *page, m hearth.Message) {
	if m.TextAbsent {
		w.fail("an assistant message has no text")
	}
	for _, text := range []string{m.Text, m.Reasoning} {
		if strings.Contains(text, "<|channel|>analysis<|message|>") || strings.Contains(text, "<|channel|>final<|message|>") {
			w.fail("an assistant message has <|channel|> tags in its text")
		}
	}
}

// harmonyTools writes tools as a namespace of TypeScript.
func harmonyTools(w *page, tools []hearth.Tool) {
	w.Own("# Tools\n\n## functions\n\nnamespace functions {\n\n")
	for _, t := range tools {
		w.Own("// ")
		w.Foreign(t.Description)
		w.Own("\ntype ")
		w.Foreign(t.Name)
		w.Own(" = ")
		parameters := member(w.functionValue(t), "parameters")
		properties := member(parameters, "properties")
		if properties == nil || !jinja.True(properties) {
			w.Own("() => any;\n\n")
			continue
		}
		w.Own("(_: {\n")
		for name, v := range properties.All() {
			spec := mapping(v)
			if d, _ := spec.Get("description"); jinja.True(d) {
				w.Own("// ")
				w.joined(d)
				w.Own("\n")
			}
			w.Add(name)
			if !required(parameters, name) {
				w.Own("?")
			}
			w.Own(": ")
			w.Add(harmonyType(w, spec))
			harmonyDefault(w, spec)
			w.Own(",\n")
		}
		w.Own("}) => any;\n\n")
	}
	w.Own("} // namespace functions")
}

func harmonyDefault(w *page, spec *jinja.Dict) {
	value, ok := spec.Get("default")
	enum, _ := spec.Get("enum")
	oneOf, _ := spec.Get("oneOf")
	switch {
	case !ok:
	case jinja.True(enum):
		w.Own(", // default: ")
		w.joined(value)
	case jinja.True(oneOf):
		w.Own("// default: ")
		w.joined(value)
	default:
		w.Own(", // default: ")
		w.json(value, -1)
	}
}

// harmonyType is the TypeScript of a schema, blanks of the template's layout included.
func harmonyType(w *page, spec *jinja.Dict) jinja.Text {
	kind, _ := spec.Get("type")
	kinds, several := kind.(*jinja.List)
	oneOf, _ := spec.Get("oneOf")
	variants, _ := oneOf.(*jinja.List)
	name := ""
	if t, ok := kind.(jinja.Text); ok {
		name = t.String()
	}
	b := &page{}
	switch {
	case name == "array":
		harmonyArray(b, spec)
	case several && len(kinds.Items()) > 0:
		for i, k := range kinds.Items() {
			if i > 0 {
				b.Own(" | ")
			}
			b.str(k)
		}
	case variants != nil && len(variants.Items()) > 0:
		harmonyVariants(b, variants.Items())
	case name == "string":
		harmonyString(b, spec)
	case name == "number", name == "integer":
		b.Own("number")
	case name == "boolean":
		b.Own("boolean")
	case name == "object":
		harmonyObject(b, spec)
	default:
		b.Own("any")
	}
	if b.err != nil {
		w.fail("%w", b.err)
	}
	return b.Text()
}

func harmonyString(w *page, spec *jinja.Dict) {
	enum, _ := spec.Get("enum")
	if list, ok := enum.(*jinja.List); ok && len(list.Items()) > 0 {
		w.Own(`"`)
		for i, v := range list.Items() {
			if i > 0 {
				w.Own(`" | "`)
			}
			w.str(v)
		}
		w.Own(`"`)
		return
	}
	w.Own("string")
	harmonyNull(w, spec)
}

func harmonyNull(w *page, spec *jinja.Dict) {
	if nullable, _ := spec.Get("nullable"); jinja.True(nullable) {
		w.Own(" | null")
	}
}

func harmonyArray(w *page, spec *jinja.Dict) {
	items, _ := spec.Get("items")
	if !jinja.True(items) {
		w.Own("any[]")
		harmonyNull(w, spec)
		return
	}
	inner := harmonyType(w, mapping(items))
	kind, _ := mapping(items).Get("type")
	switch t, _ := kind.(jinja.Text); {
	case t.String() == "string", t.String() == "boolean": // whatever else is said of them
		inner = t
	case t.String() == "number", t.String() == "integer":
		inner = jinja.Own("number")
	case inner.String() == "object | object" || utf8.RuneCountInString(inner.String()) > 50:
		inner = jinja.Own("any")
	}
	w.Add(inner)
	w.Own("[]")
	harmonyNull(w, spec)
}

func harmonyObject(w *page, spec *jinja.Dict) {
	properties := member(spec, "properties")
	if properties == nil || !jinja.True(properties) {
		w.Own("object")
		return
	}
	w.Own("{\n")
	first := true
	for name, v := range properties.All() {
		if !first {
			w.Own(", ")
		}
		first = false
		w.Add(name)
		if !required(spec, name) {
			w.Own("?")
		}
		w.Own(": \n                ")
		w.Add(harmonyType(w, mapping(v)))
	}
	w.Own("}")
}

func harmonyVariants(w *page, variants []jinja.Value) {
	objects := slices.ContainsFunc(variants, func(v jinja.Value) bool {
		kind, _ := mapping(v).Get("type")
		t, ok := kind.(jinja.Text)
		return ok && t.String() == "object"
	})
	if objects && len(variants) > 1 {
		w.Own("any")
		return
	}
	for i, v := range variants {
		spec := mapping(v)
		w.Add(harmonyType(w, spec))
		if d, _ := spec.Get("description"); jinja.True(d) {
			w.Own("// ")
			w.joined(d)
		}
		if value, ok := spec.Get("default"); ok {
			w.Own(strings.Repeat(" ", 20), "// default: ")
			w.json(value, -1)
		}
		if i < len(variants)-1 {
			w.Own(" | \n")
		}
	}
}

// required reports whether an object must have the property.
func required(spec *jinja.Dict, name jinja.Text) bool {
	list, _ := spec.Get("required")
	all, _ := list.(*jinja.List)
	if all == nil {
		return false
	}
	return slices.ContainsFunc(all.Items(), func(v jinja.Value) bool {
		t, ok := v.(jinja.Text)
		return ok && t.String() == name.String()
	})
}
