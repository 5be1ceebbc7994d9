package prompt

import (
	"strings"

	"github.com/hearthbox/hearth"
)

// deepSeekV31 mirrors the template of DeepSeek V3.1, which thinks only when
// asked to and says so by opening or closing <think> itself. Tools are not shown
// to the model: who calls them describes them in the system message. After a
// tool's result the model's turn is not opened.
func deepSeekV31(w *page, c *conversation) {
	w.Own(c.model.BOS)
	systems := 0
	for _, m := range c.messages {
		if m.Role == hearth.RoleSystem {
			if systems > 0 {
				w.Own("\n\n")
			}
			w.said(m)
			systems++
		}
	}
	afterUser, inTool := false, false
	for _, m := range c.messages {
		switch m.Role {
		case hearth.RoleUser:
			afterUser, inTool = true, false
			w.Own("<｜User｜>")
			w.said(m)
		case hearth.RoleAssistant:
			if afterUser {
				w.Own("<｜Assistant｜><think></think>")
			}
			if len(m.ToolCalls) > 0 {
				deepSeekV31Calls(w, m)
			} else {
				deepSeekV31Answer(w, m, inTool)
			}
			afterUser, inTool = false, false
		case hearth.RoleTool:
			afterUser, inTool = false, true
			w.Own("<｜tool▁output▁begin｜>")
			w.said(m)
			w.Own("<｜tool▁output▁end｜>")
		}
	}
	if c.closed || !afterUser {
		return
	}
	w.Own("<｜Assistant｜><think>")
	if c.thinking != hearth.ThinkingOn {
		w.Own("</think>")
	}
}

func deepSeekV31Calls(w *page, m hearth.Message) {
	w.Foreign(m.Text)
	w.Own("<｜tool▁calls▁begin｜>")
	for _, call := range m.ToolCalls {
		w.Own("<｜tool▁call▁begin｜>")
		w.Foreign(call.Name)
		w.Own("<｜tool▁sep｜>")
		w.json(argumentsValue(call.Arguments), -1)
		w.Own("<｜tool▁call▁end｜>")
	}
	w.Own("<｜tool▁calls▁end｜><｜end▁of▁sentence｜>")
}

// deepSeekV31Answer drops the thinking of an answer, but not of one that follows
// a tool's result.
func deepSeekV31Answer(w *page, m hearth.Message, inTool bool) {
	if _, answer, found := strings.Cut(m.Text, endThink); found && !inTool {
		m.Text = answer
	}
	w.said(m)
	w.Own("<｜end▁of▁sentence｜>")
}
