package prompt

import "github.com/hearthbox/hearth"

// deepSeekR1 mirrors the template that DeepSeek published with the R1 distills,
// Llama's and Qwen's alike. Its quirks, kept:
//
//   - of several system messages the last one counts;
//   - tools are not shown to the model, and tool calls only of a turn without text;
//   - the second and every later call of a conversation closes the list of calls,
//     the first never does;
//   - after a tool's result the model's turn is not opened.
//
// The turn is opened with its thinking begun; in the first weeks, without.
func deepSeekR1(w *page, c *conversation) { writeR1(w, c, "<｜Assistant｜><think>\n") }

func deepSeekR1First(w *page, c *conversation) { writeR1(w, c, "<｜Assistant｜>") }

func writeR1(w *page, c *conversation, opening string) {
	w.Own(c.model.BOS)
	for i := len(c.messages) - 1; i >= 0; i-- {
		if c.messages[i].Role == hearth.RoleSystem {
			w.shown(c.messages[i])
			break
		}
	}
	calls, outputs, inTool := 0, 0, false
	for _, m := range c.messages {
		switch {
		case m.Role == hearth.RoleUser:
			inTool = false
			w.Own("<｜User｜>")
			w.said(m)
		case m.Role == hearth.RoleAssistant && m.TextAbsent:
			inTool = false
			for _, call := range m.ToolCalls {
				deepSeekR1Call(w, call, calls)
				calls++
			}
		case m.Role == hearth.RoleAssistant && inTool:
			inTool = false
			w.Own("<｜tool▁outputs▁end｜>")
			w.said(m)
			w.Own("<｜end▁of▁sentence｜>")
		case m.Role == hearth.RoleAssistant:
			w.Own("<｜Assistant｜>")
			w.Foreign(afterThinking(m.Text))
			w.Own("<｜end▁of▁sentence｜>")
		case m.Role == hearth.RoleTool:
			inTool = true
			if outputs == 0 {
				w.Own("<｜tool▁outputs▁begin｜>")
			} else {
				w.Own("\n")
			}
			outputs++
			w.Own("<｜tool▁output▁begin｜>")
			w.said(m)
			w.Own("<｜tool▁output▁end｜>")
		}
	}
	switch {
	case inTool:
		w.Own("<｜tool▁outputs▁end｜>")
	case !c.closed:
		w.Own(opening)
	}
}

// deepSeekR1Call writes a tool call, the nth of the conversation.
func deepSeekR1Call(w *page, call hearth.ToolCall, n int) {
	if n == 0 {
		w.Own("<｜Assistant｜><｜tool▁calls▁begin｜>")
	} else {
		w.Own("\n")
	}
	w.Own("<｜tool▁call▁begin｜>function<｜tool▁sep｜>")
	w.Foreign(call.Name)
	w.Own("\n```json\n")
	w.Foreign(call.Arguments)
	w.Own("\n```<｜tool▁call▁end｜>")
	if n > 0 {
		w.Own("<｜tool▁calls▁end｜><｜end▁of▁sentence｜>")
	}
}
