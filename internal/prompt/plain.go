package prompt

import (
	"github.com/hearthbox/hearth"
)

// plain is for models without a template: base models, and small ones that were
// never taught turns. The conversation is written as a script,
//
//	what the system message says
//
//	User: Hello!
//	Assistant: Hi.
//	User: How are you?
//	Assistant:
//
// and the answer ends where the model would write the user's next line. Tools
// are not offered; a tool's result is a line of Tool.
func plain() format {
	f := native(writePlain, syntax{lead: " "})
	f.stop = []string{"\nUser:", "\nTool:"}
	return f
}

func writePlain(w *page, c *conversation) {
	w.Own(c.model.BOS)
	for _, m := range c.messages {
		switch m.Role {
		case hearth.RoleSystem:
			w.Foreign(m.Text)
			w.Own("\n\n")
			continue
		case hearth.RoleAssistant:
			w.Own("Assistant: ")
		case hearth.RoleTool:
			w.Own("Tool: ")
		default:
			w.Own("User: ")
		}
		w.Foreign(m.Text)
		w.Own("\n")
	}
	if !c.closed {
		w.Own("Assistant:")
	}
}
