package prompt

import "github.com/hearthbox/hearth"

// qwen25 mirrors the template of Qwen2.5: turns in ChatML, tools in the system
// message, calls and results in XML tags.
func qwen25(w *page, c *conversation) {
	const nobody = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
	first := c.first(w)
	switch {
	case len(c.tools) > 0:
		w.Own("<|im_start|>system\n")
		if first.Role == hearth.RoleSystem {
			w.shown(first)
		} else {
			w.Own(nobody)
		}
		w.Own("\n\n")
		qwenTools(w, c.tools)
	case first.Role == hearth.RoleSystem:
		qwenTurn(w, first)
	default:
		w.Own("<|im_start|>system\n", nobody, "<|im_end|>\n")
	}
	for i, m := range c.messages {
		switch {
		case m.Role == hearth.RoleSystem && i == 0:
		case m.Role == hearth.RoleTool:
			qwenResult(w, c, i)
		case m.Role == hearth.RoleAssistant && len(m.ToolCalls) > 0:
			w.Own("<|im_start|>assistant")
			if m.Text != "" {
				w.Own("\n")
				w.Foreign(m.Text)
			}
			qwenCalls(w, m.ToolCalls)
		default:
			qwenTurn(w, m)
		}
	}
	if !c.closed {
		w.Own("<|im_start|>assistant\n")
	}
}

// qwenTurn writes a turn that is all text.
func qwenTurn(w *page, m hearth.Message) {
	w.Own("<|im_start|>", string(m.Role), "\n")
	w.said(m)
	w.Own("<|im_end|>\n")
}

// qwenTools ends the system message with the tools.
func qwenTools(w *page, tools []hearth.Tool) {
	w.Own("# Tools\n\nYou may call one or more functions to assist with the user query.\n\n",
		"You are provided with function signatures within <tools></tools> XML tags:\n<tools>")
	for _, t := range tools {
		w.Own("\n")
		w.tool(t, -1)
	}
	w.Own("\n</tools>\n\n",
		"For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:\n",
		"<tool_call>\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n</tool_call><|im_end|>\n")
}

// qwenCalls ends the assistant's turn with its tool calls.
func qwenCalls(w *page, calls []hearth.ToolCall) {
	for _, call := range calls {
		w.Own("\n<tool_call>\n{\"name\": \"")
		w.Foreign(call.Name)
		w.Own("\", \"arguments\": ")
		w.json(argumentsValue(call.Arguments), -1)
		w.Own("}\n</tool_call>")
	}
	w.Own("<|im_end|>\n")
}

// qwenResult writes a tool's result. Results in a row share a turn of the user.
func qwenResult(w *page, c *conversation, i int) {
	if c.runStarts(i) {
		w.Own("<|im_start|>user")
	}
	w.Own("\n<tool_response>\n")
	w.shown(c.messages[i])
	w.Own("\n</tool_response>")
	if c.runEnds(i) {
		w.Own("<|im_end|>\n")
	}
}
