package prompt

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/prompt/jinja"
)

// conversation is what a template renders.
type conversation struct {
	messages []hearth.Message
	tools    []hearth.Tool
	thinking hearth.Thinking
	closed   bool // leave out the words that open the model's turn
	model    *Model
}

// page is a prompt being written: Own takes the template's words, Foreign what
// people said. The first failure sticks.
type page struct {
	jinja.Builder
	err error
}

func (w *page) fail(format string, a ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, a...)
	}
}

// said writes the text of a message, which must have one: here templates join it
// to a string.
func (w *page) said(m hearth.Message) {
	if m.TextAbsent {
		w.fail("a message of role %s has no text", m.Role)
	}
	w.Foreign(m.Text)
}

// shown writes the text of a message where templates print it: Python prints
// what is absent as None.
func (w *page) shown(m hearth.Message) { w.Foreign(shown(m)) }

func shown(m hearth.Message) string {
	if m.TextAbsent {
		return "None"
	}
	return m.Text
}

// json writes a value as Python's json.dumps does; an indent below zero keeps it
// on one line.
func (w *page) json(v jinja.Value, indent int) {
	t, err := jinja.ToJSON(v, indent)
	if err != nil {
		w.fail("%w", err)
	}
	w.Add(t)
}

// first is the first message; templates look at it without asking if it is there.
func (c *conversation) first(w *page) hearth.Message {
	if len(c.messages) == 0 {
		w.fail("there are no messages")
		return hearth.Message{}
	}
	return c.messages[0]
}

// filled is the conversation with empty texts where there are none.
func (c *conversation) filled() *conversation {
	filled := *c
	filled.messages = slices.Clone(c.messages)
	for i := range filled.messages {
		filled.messages[i].TextAbsent = false
	}
	return &filled
}

// runStarts and runEnds report whether message i is the first and the last of a
// row of tool results.
func (c *conversation) runStarts(i int) bool {
	return i == 0 || c.messages[i-1].Role != hearth.RoleTool
}

func (c *conversation) runEnds(i int) bool {
	return i == len(c.messages)-1 || c.messages[i+1].Role != hearth.RoleTool
}

// toolValue is a tool in OpenAI's form, in the order in which its clients send it.
func toolValue(t hearth.Tool) (jinja.Value, error) {
	function := &jinja.Dict{}
	function.Set(jinja.Own("name"), jinja.Foreign(t.Name))
	if t.Description != "" {
		function.Set(jinja.Own("description"), jinja.Foreign(t.Description))
	}
	if t.Parameters != nil {
		schema, err := jinja.FromJSON(string(t.Parameters))
		if err != nil {
			return nil, fmt.Errorf("the parameters of tool %s: %w", t.Name, err)
		}
		function.Set(jinja.Own("parameters"), schema)
	}
	if t.Strict {
		function.Set(jinja.Own("strict"), true)
	}
	tool := &jinja.Dict{}
	tool.Set(jinja.Own("type"), jinja.Own("function"))
	tool.Set(jinja.Own("function"), function)
	return tool, nil
}

// tool writes a tool as JSON.
func (w *page) tool(t hearth.Tool, indent int) {
	v, err := toolValue(t)
	if err != nil {
		w.fail("%w", err)
	}
	w.json(v, indent)
}

// functionValue is a tool without the wrapping that says it is a function.
func (w *page) functionValue(t hearth.Tool) *jinja.Dict {
	v, err := toolValue(t)
	if err != nil {
		w.fail("%w", err)
		return &jinja.Dict{}
	}
	return member(v.(*jinja.Dict), "function")
}

// function writes that as JSON.
func (w *page) function(t hearth.Tool) { w.json(w.functionValue(t), -1) }

// member is a member of a mapping that is a mapping itself; nil if there is none.
func member(of *jinja.Dict, key string) *jinja.Dict {
	if of == nil {
		return nil
	}
	v, _ := of.Get(key)
	d, _ := v.(*jinja.Dict)
	return d
}

// mapping is a value that should be a mapping; an empty one if it is not.
func mapping(v jinja.Value) *jinja.Dict {
	if d, ok := v.(*jinja.Dict); ok {
		return d
	}
	return &jinja.Dict{}
}

// str writes a value as Python prints it.
func (w *page) str(v jinja.Value) {
	t, err := jinja.Str(v)
	if err != nil {
		w.fail("%w", err)
	}
	w.Add(t)
}

// joined writes a value that templates join to a string, and which must be one.
func (w *page) joined(v jinja.Value) {
	t, ok := v.(jinja.Text)
	if !ok {
		w.fail("a text is expected, and something else is there")
	}
	w.Add(t)
}

// printed writes what has members as JSON, and anything else as Python prints it.
func (w *page) printed(v jinja.Value) {
	switch v.(type) {
	case *jinja.Dict, *jinja.List:
		w.json(v, -1)
	default:
		w.str(v)
	}
}

// arguments are those of a call that templates go through one by one, and which must
// be an object.
func (w *page) arguments(call hearth.ToolCall) *jinja.Dict {
	object, ok := argumentsValue(call.Arguments).(*jinja.Dict)
	if !ok {
		w.fail("the arguments of a call of %s are no object", call.Name)
		return &jinja.Dict{}
	}
	return object
}

// argumentsValue is the object that the arguments of a call describe, or their
// text where they describe none.
func argumentsValue(text string) jinja.Value {
	if v, err := jinja.FromJSON(text); err == nil {
		if object, ok := v.(*jinja.Dict); ok {
			return object
		}
	}
	return jinja.Foreign(text)
}

// afterThinking is what follows the last </think>, or all there is.
func afterThinking(text string) string {
	if i := strings.LastIndex(text, endThink); i >= 0 {
		return text[i+len(endThink):]
	}
	return text
}
