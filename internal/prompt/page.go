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
