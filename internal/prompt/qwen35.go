package prompt

import (
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/prompt/jinja"
)

// qwen35 mirrors the template of Qwen3.5, which thinks unless told not to and calls
// tools as Qwen3-Coder does.
func qwen35(w *page, c *conversation) {
	first := c.first(w)
	system := strings.TrimFunc(first.Text, jinja.IsSpace)
	switch {
	case len(c.tools) > 0:
		w.Own("<|im_start|>system\n# Tools\n\nYou have access to the following functions:\n\n<tools>")
		for _, t := range c.tools {
			w.Own("\n")
			w.tool(t, -1)
		}
		w.Own("\n</tools>", qwen35Calling)
		if first.Role == hearth.RoleSystem && system != "" {
			w.Own("\n\n")
			w.Foreign(system)
		}
		w.Own("<|im_end|>\n")
	case first.Role == hearth.RoleSystem:
		w.Own("<|im_start|>system\n")
		w.Foreign(system)
		w.Own("<|im_end|>\n")
	}
	question := qwen35Question(w, c.messages)
	for i, m := range c.messages {
		text := strings.TrimFunc(m.Text, jinja.IsSpace)
		switch m.Role {
		case hearth.RoleSystem:
			if i > 0 {
				w.fail("a system message must be the first")
			}
		case hearth.RoleUser:
			w.Own("<|im_start|>user\n")
			w.Foreign(text)
			w.Own("<|im_end|>\n")
		case hearth.RoleAssistant:
			qwen35Answer(w, m, text, i > question)
		case hearth.RoleTool:
			qwen35Result(w, c, i, text)
		default:
			w.fail("nobody speaks as %s", m.Role)
		}
	}
	if c.closed {
		return
	}
	w.Own("<|im_start|>assistant\n<think>\n")
	if c.thinking == hearth.ThinkingOff {
		w.Own("\n</think>\n\n")
	}
}

// qwen35Question is the last message of the user that is not a tool's result in disguise.
func qwen35Question(w *page, messages []hearth.Message) int {
	for i := len(messages) - 1; i >= 0; i-- {
		text := strings.TrimFunc(messages[i].Text, jinja.IsSpace)
		result := strings.HasPrefix(text, "<tool_response>") && strings.HasSuffix(text, "</tool_response>")
		if messages[i].Role == hearth.RoleUser && !result {
			return i
		}
	}
	w.fail("the user asks nothing")
	return 0
}

func qwen35Answer(w *page, m hearth.Message, text string, keepThinking bool) {
	thinking := m.Reasoning
	if thinking == "" && strings.Contains(text, endThink) {
		thinking, text = qwen3Thinking(text), strings.TrimLeft(afterThinking(text), "\n")
	}
	w.Own("<|im_start|>assistant\n")
	if keepThinking {
		w.Own("<think>\n")
		w.Foreign(strings.TrimFunc(thinking, jinja.IsSpace))
		w.Own("\n</think>\n\n")
	}
	w.Foreign(text)
	for i, call := range m.ToolCalls {
		switch {
		case i > 0:
			w.Own("\n")
		case strings.TrimFunc(text, jinja.IsSpace) != "":
			w.Own("\n\n")
		}
		coderCall(w, call)
	}
	w.Own("<|im_end|>\n")
}

// qwen35Result writes a tool's result. The first message of all opens no turn.
func qwen35Result(w *page, c *conversation, i int, text string) {
	if i > 0 && c.runStarts(i) {
		w.Own("<|im_start|>user")
	}
	w.Own("\n<tool_response>\n")
	w.Foreign(text)
	w.Own("\n</tool_response>")
	if c.runEnds(i) {
		w.Own("<|im_end|>\n")
	}
}

// qwen35Calling is how tools are called.
const qwen35Calling = `

If you choose to call a function ONLY reply in the following format with NO suffix:

<tool_call>
<function=example_function_name>
<parameter=example_parameter_1>
value_1
</parameter>
<parameter=example_parameter_2>
This is the value for the second parameter
that can span
multiple lines
</parameter>
</function>
</tool_call>

<IMPORTANT>
Reminder:
- Function calls MUST follow the specified format: an inner <function=...></function> block must be nested within <tool_call></tool_call> XML tags
- Required parameters MUST be specified
- You may provide optional reasoning for your function call in natural language BEFORE the function call, but NOT after
- If there is no function call available, answer the question like normal with your current knowledge and do not tell the user about function calls
</IMPORTANT>`
