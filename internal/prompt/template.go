package prompt

import (
	"errors"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/prompt/jinja"
)

// foreign is the format of a template that no family mirrors, if it is fit to run.
func foreign(template string) (format, error) {
	t, err := jinja.Parse(template)
	if err != nil {
		return format{}, err
	}
	if found := t.Scan(); len(found) > 0 {
		return format{}, errors.New(found[0].String())
	}
	return format{render: byTemplate(t), syntax: syntaxOf(template)}, nil
}

// byTemplate renders with a template that no family mirrors. The arguments of
// tool calls are given as the object they describe, as vLLM and transformers do;
// a template that joins them to a string fails on that, and gets their text.
func byTemplate(t *jinja.Template) renderer {
	return func(c *conversation) (jinja.Text, error) {
		text, err := runTemplate(t, c, true)
		if err == nil || !callsTools(c) {
			return text, err
		}
		if text, again := runTemplate(t, c, false); again == nil {
			return text, nil
		}
		return jinja.Text{}, err
	}
}

func callsTools(c *conversation) bool {
	for _, m := range c.messages {
		if len(m.ToolCalls) > 0 {
			return true
		}
	}
	return false
}

func runTemplate(t *jinja.Template, c *conversation, objects bool) (jinja.Text, error) {
	names, err := templateNames(c, objects)
	if err != nil {
		return jinja.Text{}, err
	}
	return t.Render(names, c.model.now)
}

// templateNames are the variables that transformers gives a template, and the
// two names under which templates look for the thinking switch.
func templateNames(c *conversation, objects bool) (*jinja.Dict, error) {
	var messages []jinja.Value
	for _, m := range c.messages {
		messages = append(messages, messageValue(m, objects))
	}
	var tools jinja.Value
	if len(c.tools) > 0 {
		var list []jinja.Value
		for _, t := range c.tools {
			v, err := toolValue(t)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		tools = jinja.NewList(list...)
	}
	names := dict(
		"messages", jinja.NewList(messages...),
		"tools", tools,
		"documents", nil,
		"add_generation_prompt", !c.closed,
		"bos_token", jinja.Own(c.model.BOS),
		"eos_token", jinja.Own(c.model.EOS),
	)
	if c.thinking != hearth.ThinkingDefault {
		for _, name := range []string{"enable_thinking", "thinking"} {
			names.Set(jinja.Own(name), c.thinking == hearth.ThinkingOn)
		}
	}
	return names, nil
}

// dict is a mapping of name, value pairs.
func dict(pairs ...any) *jinja.Dict {
	d := &jinja.Dict{}
	for i := 0; i < len(pairs); i += 2 {
		d.Set(jinja.Own(pairs[i].(string)), pairs[i+1])
	}
	return d
}

// messageValue is a message in OpenAI's form.
func messageValue(m hearth.Message, objects bool) jinja.Value {
	d := dict("role", jinja.Own(string(m.Role)), "content", jinja.Value(jinja.Foreign(m.Text)))
	if m.TextAbsent {
		d.Set(jinja.Own("content"), nil)
	}
	set := func(key, text string) {
		if text != "" {
			d.Set(jinja.Own(key), jinja.Foreign(text))
		}
	}
	set("reasoning_content", m.Reasoning)
	if len(m.ToolCalls) > 0 {
		var calls []jinja.Value
		for _, call := range m.ToolCalls {
			calls = append(calls, callValue(call, objects))
		}
		d.Set(jinja.Own("tool_calls"), jinja.NewList(calls...))
	}
	set("tool_call_id", m.ToolCallID)
	set("name", m.Name)
	return d
}

func callValue(call hearth.ToolCall, objects bool) jinja.Value {
	arguments := jinja.Value(jinja.Foreign(call.Arguments))
	if objects {
		arguments = argumentsValue(call.Arguments)
	}
	return dict(
		"id", jinja.Foreign(call.ID),
		"type", jinja.Own("function"),
		"function", dict("name", jinja.Foreign(call.Name), "arguments", arguments),
	)
}
