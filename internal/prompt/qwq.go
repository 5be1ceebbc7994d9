package prompt

import (
	"strings"

	"github.com/hearthbox/hearth"
)

// qwq mirrors the template of QwQ, which always opens the thinking.
func qwq(w *page, c *conversation) { writeQwQ(w, c, true) }

// qwqSwitch mirrors the variant that goes with llama.cpp: unless thinking is asked
// for, it closes it again.
func qwqSwitch(w *page, c *conversation) { writeQwQ(w, c, c.thinking == hearth.ThinkingOn) }

func writeQwQ(w *page, c *conversation, think bool) {
	first := c.first(w)
	switch {
	case len(c.tools) > 0:
		w.Own("<|im_start|>system\n")
		if first.Role == hearth.RoleSystem {
			w.shown(first)
		}
		w.Own("\n\n")
		qwenTools(w, c.tools)
	case first.Role == hearth.RoleSystem:
		qwenTurn(w, first)
	}
	for i, m := range c.messages {
		switch {
		case m.Role == hearth.RoleSystem && i == 0:
		case m.Role == hearth.RoleTool:
			qwenResult(w, c, i)
		case m.Role == hearth.RoleAssistant:
			qwqAnswer(w, m, i == len(c.messages)-1)
		default:
			qwenTurn(w, m)
		}
	}
	if c.closed {
		return
	}
	w.Own("<|im_start|>assistant\n<think>\n")
	if !think {
		w.Own("</think>")
	}
}

// qwqAnswer drops the thinking of every answer but the last message.
func qwqAnswer(w *page, m hearth.Message, last bool) {
	hadText := m.Text != ""
	if m.TextAbsent && !last {
		w.fail("an assistant message has no text")
	}
	if !last {
		m.Text = strings.TrimLeft(afterThinking(m.Text), "\n")
	}
	if len(m.ToolCalls) == 0 {
		qwenTurn(w, m)
		return
	}
	w.Own("<|im_start|>assistant")
	if hadText {
		w.Own("\n")
		w.Foreign(m.Text)
	}
	qwenCalls(w, m.ToolCalls)
}
