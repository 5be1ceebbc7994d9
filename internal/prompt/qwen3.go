package prompt

import (
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/prompt/jinja"
)

// qwen3First mirrors the template that Qwen3 came with. Thinking is kept only in
// the turns that follow the last question, so that a model that is calling tools
// remembers why.
func qwen3First(w *page, c *conversation) { writeQwen3(w, c, c) }

// qwen3 mirrors the one that replaced it within a month: a turn without text
// counts as one that says nothing.
func qwen3(w *page, c *conversation) { writeQwen3(w, c, c.filled()) }

// writeQwen3 takes the turns from a conversation that may have been filled.
func writeQwen3(w *page, c, turns *conversation) {
	first := c.first(w)
	switch {
	case len(c.tools) > 0:
		w.Own("<|im_start|>system\n")
		if first.Role == hearth.RoleSystem {
			w.said(first)
			w.Own("\n\n")
		}
		qwenTools(w, c.tools)
	case first.Role == hearth.RoleSystem:
		qwenTurn(w, first)
	}
	question := lastQuestion(c.messages)
	for i, m := range turns.messages {
		switch {
		case m.Role == hearth.RoleSystem && i == 0:
		case m.Role == hearth.RoleTool:
			qwenResult(w, turns, i)
		case m.Role == hearth.RoleAssistant:
			qwen3Answer(w, m, i > question, i == len(c.messages)-1)
		default:
			qwenTurn(w, m)
		}
	}
	if c.closed {
		return
	}
	w.Own("<|im_start|>assistant\n")
	if c.thinking == hearth.ThinkingOff {
		w.Own("<think>\n\n</think>\n\n")
	}
}

// lastQuestion is the last message of the user that is not a tool's result in
// disguise, or the last message at all if there is none.
func lastQuestion(messages []hearth.Message) int {
	for i := len(messages) - 1; i >= 0; i-- {
		m := messages[i]
		result := strings.HasPrefix(m.Text, "<tool_response>") && strings.HasSuffix(m.Text, "</tool_response>")
		if m.Role == hearth.RoleUser && !m.TextAbsent && !result {
			return i
		}
	}
	return len(messages) - 1
}

func qwen3Answer(w *page, m hearth.Message, keepThinking, last bool) {
	if m.TextAbsent {
		w.fail("an assistant message has no text")
	}
	thinking, text := m.Reasoning, m.Text
	if thinking == "" && strings.Contains(text, endThink) {
		thinking, text = qwen3Thinking(text), strings.TrimLeft(afterThinking(text), "\n")
	}
	w.Own("<|im_start|>assistant\n")
	if keepThinking && (last || thinking != "") {
		w.Own("<think>\n")
		w.Foreign(strings.Trim(thinking, "\n"))
		w.Own("\n</think>\n\n")
		w.Foreign(strings.TrimLeft(text, "\n"))
	} else {
		w.Foreign(text)
	}
	for i, call := range m.ToolCalls {
		if i > 0 || text != "" {
			w.Own("\n")
		}
		qwen3Call(w, call)
	}
	w.Own("<|im_end|>\n")
}

// qwen3Thinking is the thinking that a text begins with.
func qwen3Thinking(text string) string {
	before, _, _ := strings.Cut(text, endThink)
	before = strings.TrimRight(before, "\n")
	if i := strings.LastIndex(before, beginThink); i >= 0 {
		before = before[i+len(beginThink):]
	}
	return strings.TrimLeft(before, "\n")
}

func qwen3Call(w *page, call hearth.ToolCall) {
	w.Own("<tool_call>\n{\"name\": \"")
	w.Foreign(call.Name)
	w.Own("\", \"arguments\": ")
	if object, ok := argumentsValue(call.Arguments).(*jinja.Dict); ok {
		w.json(object, -1)
	} else {
		w.Foreign(call.Arguments)
	}
	w.Own("}\n</tool_call>")
}
