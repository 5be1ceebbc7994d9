package prompt

import (
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/prompt/jinja"
)

// qwen3Coder mirrors the template of Qwen3-Coder: turns in ChatML, tools and calls in
// tags, arguments one by one as Python prints them.
func qwen3Coder(w *page, c *conversation) {
	messages := c.messages
	system := c.first(w).Role == hearth.RoleSystem
	switch {
	case system:
		w.Own("<|im_start|>system\n")
		w.said(messages[0])
		messages = messages[1:]
	case len(c.tools) > 0:
		w.Own("<|im_start|>system\nYou are Qwen, a helpful AI assistant that can interact with a computer to solve tasks.")
	}
	if len(c.tools) > 0 {
		w.Own("\n\n# Tools\n\nYou have access to the following tools:\n\n<tools>")
		for _, t := range c.tools {
			coderTool(w, t)
		}
		w.Own("\n</tools>", coderCalling)
	}
	if system || len(c.tools) > 0 {
		w.Own("<|im_end|>\n")
	}
	turns := &conversation{messages: messages}
	for i, m := range messages {
		switch {
		case m.Role == hearth.RoleTool:
			coderResult(w, turns, i)
		case m.Role == hearth.RoleAssistant && len(m.ToolCalls) > 0:
			w.Own("<|im_start|>assistant")
			if text := strings.TrimFunc(m.Text, jinja.IsSpace); text != "" {
				w.Own("\n")
				w.Foreign(text)
				w.Own("\n")
			}
			for _, call := range m.ToolCalls {
				w.Own("\n")
				coderCall(w, call)
			}
			w.Own("<|im_end|>\n")
		default:
			qwenTurn(w, m)
		}
	}
	if !c.closed {
		w.Own("<|im_start|>assistant\n")
	}
}

// coderTool describes a tool: what is not known by name is told in tags of its own.
func coderTool(w *page, t hearth.Tool) {
	tool := w.functionValue(t)
	w.Own("\n<function>\n<name>")
	w.Foreign(t.Name)
	w.Own("</name>")
	coderDescription(w, tool)
	w.Own("\n<parameters>")
	if parameters := member(tool, "parameters"); parameters != nil {
		if properties := member(parameters, "properties"); properties != nil {
			for name, v := range properties.All() {
				w.Own("\n<parameter>\n<name>")
				w.Add(name)
				w.Own("</name>")
				if fields, ok := v.(*jinja.Dict); ok {
					if kind, ok := fields.Get("type"); ok {
						w.Own("\n<type>")
						w.str(kind)
						w.Own("</type>")
					}
					coderDescription(w, fields)
					coderOthers(w, fields, "name", "type", "description")
				}
				w.Own("\n</parameter>")
			}
		}
		coderOthers(w, parameters, "type", "properties")
	}
	w.Own("\n</parameters>")
	coderOthers(w, tool, "type", "name", "description", "parameters")
	w.Own("\n</function>")
}

func coderDescription(w *page, of *jinja.Dict) {
	if v, ok := of.Get("description"); ok {
		w.Own("\n<description>")
		t, err := jinja.Str(v)
		if err != nil {
			w.fail("%w", err)
		}
		w.Add(t.TrimSpace())
		w.Own("</description>")
	}
}

// coderOthers writes all members but those of these names.
func coderOthers(w *page, of *jinja.Dict, but ...string) {
	for key, v := range of.All() {
		if slices.Contains(but, key.String()) {
			continue
		}
		w.Own("\n<")
		w.Add(key)
		w.Own(">")
		w.printed(v)
		w.Own("</")
		w.Add(key)
		w.Own(">")
	}
}

// coderCall writes a tool call.
func coderCall(w *page, call hearth.ToolCall) {
	w.Own("<tool_call>\n<function=")
	w.Foreign(call.Name)
	w.Own(">\n")
	for key, v := range w.arguments(call).All() {
		w.Own("<parameter=")
		w.Add(key)
		w.Own(">\n")
		w.printed(v)
		w.Own("\n</parameter>\n")
	}
	w.Own("</function>\n</tool_call>")
}

// coderResult writes a tool's result. The first message of all opens no turn.
func coderResult(w *page, c *conversation, i int) {
	if i > 0 && c.runStarts(i) {
		w.Own("<|im_start|>user\n")
	}
	w.Own("<tool_response>\n")
	w.shown(c.messages[i])
	w.Own("\n</tool_response>\n")
	if c.runEnds(i) {
		w.Own("<|im_end|>\n")
	}
}

// coderCalling is how tools are called.
const coderCalling = `

If you choose to call a tool ONLY reply in the following format with NO suffix:

<tool_call>
<function=example_function_name>
<parameter=example_parameter_1>
value_1
</parameter>
<parameter=example_parameter_2>
value_2
</parameter>
</function>
</tool_call>

<IMPORTANT>
Reminder:
- Function calls MUST follow the specified format: the tool calling block MUST begin with an opening <tool_call> tag and end with a closing </tool_call> tag.
- Required parameters MUST be specified
- You may provide optional reasoning for your function call in natural language BEFORE the function call, but NOT after
- If there is no function call available, answer the question like normal with your current knowledge and do not tell the user about function calls
</IMPORTANT>`
