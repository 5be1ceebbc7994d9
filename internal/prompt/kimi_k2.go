package prompt

import (
	"cmp"
	"fmt"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/prompt/jinja"
)

// kimiK2 mirrors the template of Kimi-K2. Calls are numbered through the conversation,
// and results answer them in their order, whatever ids the client has.
func kimiK2(w *page, c *conversation) {
	if len(c.tools) > 0 {
		var tools []jinja.Value
		for _, t := range c.tools {
			v, err := toolValue(t)
			if err != nil {
				w.fail("%w", err)
			}
			tools = append(tools, v)
		}
		w.Own("<|im_system|>tool_declare<|im_middle|>")
		w.json(jinja.NewList(tools...), -1)
		w.Own("<|im_end|>")
	}
	calls := 0
	var waiting []string // the calls that have no result yet
	for i, m := range c.messages {
		if i == 0 && m.Role != hearth.RoleSystem {
			w.Own("<|im_system|>system<|im_middle|>You are Kimi, an AI assistant created by Moonshot AI.<|im_end|>\n")
		}
		kimiTurn(w, m)
		switch {
		case m.Role == hearth.RoleAssistant && len(m.ToolCalls) > 0:
			w.Foreign(m.Text)
			w.Own("<|tool_calls_section_begin|>")
			for _, call := range m.ToolCalls {
				id := fmt.Sprintf("functions.%s:%d", call.Name, calls)
				calls++
				waiting = append(waiting, id)
				kimiCall(w, id, call)
			}
			w.Own("<|tool_calls_section_end|>")
		case m.Role == hearth.RoleTool:
			id := fmt.Sprintf("functions.%s:%d", cmp.Or(m.Name, "unknown"), calls)
			if len(waiting) > 0 {
				id, waiting = waiting[0], waiting[1:]
			}
			w.Own("## Return of ")
			w.Foreign(id)
			w.Own("\n")
			w.Foreign(m.Text)
		default:
			w.Foreign(m.Text)
		}
		w.Own("<|im_end|>")
	}
	if !c.closed {
		w.Own("<|im_assistant|>assistant<|im_middle|>")
	}
}

// kimiTurn opens a turn, under a name of its own if it has one.
func kimiTurn(w *page, m hearth.Message) {
	switch m.Role {
	case hearth.RoleUser:
		w.Own("<|im_user|>")
	case hearth.RoleAssistant:
		w.Own("<|im_assistant|>")
	default:
		w.Own("<|im_system|>")
	}
	if m.Name != "" {
		w.Foreign(m.Name)
	} else {
		w.Own(string(m.Role))
	}
	w.Own("<|im_middle|>")
}

func kimiCall(w *page, id string, call hearth.ToolCall) {
	w.Own("<|tool_call_begin|>")
	w.Foreign(id)
	w.Own("<|tool_call_argument_begin|>")
	if object, ok := argumentsValue(call.Arguments).(*jinja.Dict); ok {
		w.json(object, -1)
	} else {
		w.Foreign(call.Arguments)
	}
	w.Own("<|tool_call_end|>")
}
