package prompt

import (
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/prompt/jinja"
)

// glm46 mirrors the template of GLM-4.5 and 4.6. Whether to think is told at the end
// of what the user says.
func glm46(w *page, c *conversation) {
	w.Own("[gMASK]<sop>")
	if len(c.tools) > 0 {
		w.Own("<|system|>\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\n",
			"You are provided with function signatures within <tools></tools> XML tags:\n<tools>\n")
		for _, t := range c.tools {
			w.tool(t, -1)
			w.Own("\n")
		}
		w.Own("</tools>\n\nFor each function call, output the function name and arguments within the following XML format:\n",
			"<tool_call>{function-name}\n<arg_key>{arg-key-1}</arg_key>\n<arg_value>{arg-value-1}</arg_value>\n",
			"<arg_key>{arg-key-2}</arg_key>\n<arg_value>{arg-value-2}</arg_value>\n...\n</tool_call>")
	}
	question := -1
	for i, m := range c.messages {
		if m.Role == hearth.RoleUser {
			question = i
		}
	}
	off := c.thinking == hearth.ThinkingOff
	for i, m := range c.messages {
		switch m.Role {
		case hearth.RoleSystem:
			w.Own("<|system|>\n")
			w.shown(m)
		case hearth.RoleUser:
			w.Own("<|user|>\n")
			w.shown(m)
			if off && !strings.HasSuffix(m.Text, "/nothink") {
				w.Own("/nothink")
			}
		case hearth.RoleAssistant:
			glmAnswer(w, m, i > question)
		case hearth.RoleTool:
			if c.runStarts(i) {
				w.Own("<|observation|>")
			}
			w.Own("\n<tool_response>\n")
			w.said(m)
			w.Own("\n</tool_response>")
		}
	}
	if c.closed {
		return
	}
	w.Own("<|assistant|>")
	if off {
		w.Own("\n<think></think>")
	}
}

// glm is the format of GLM-4.5 and 4.6. The model opens the next turn itself.
func glm() format {
	f := native(glm46, syntax{thinks: true, calls: glmCalls()})
	f.stop = []string{"<|user|>", "<|observation|>"}
	return f
}

func glmAnswer(w *page, m hearth.Message, keepThinking bool) {
	thinking, text := m.Reasoning, shown(m)
	if thinking == "" && strings.Contains(text, endThink) {
		thinking, text = qwen3Thinking(text), strings.TrimLeft(afterThinking(text), "\n")
	}
	w.Own("<|assistant|>\n<think>")
	if keepThinking {
		w.Foreign(strings.TrimFunc(thinking, jinja.IsSpace))
	}
	w.Own("</think>")
	if text = strings.TrimFunc(text, jinja.IsSpace); text != "" {
		w.Own("\n")
		w.Foreign(text)
	}
	for _, call := range m.ToolCalls {
		w.Own("\n<tool_call>")
		w.Foreign(call.Name)
		w.Own("\n")
		arguments, _ := argumentsValue(call.Arguments).(*jinja.Dict)
		if arguments == nil {
			arguments = &jinja.Dict{} // what is no object, the template leaves out
		}
		for key, v := range arguments.All() {
			w.Own("<arg_key>")
			w.Add(key)
			w.Own("</arg_key>\n<arg_value>")
			if text, ok := v.(jinja.Text); ok {
				w.Add(text)
			} else {
				w.json(v, -1)
			}
			w.Own("</arg_value>\n")
		}
		w.Own("</tool_call>")
	}
}
