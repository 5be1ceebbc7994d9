package prompt

import (
	"strings"

	"github.com/hearthbox/hearth"
)

// deepSeekV4 mirrors the template of DeepSeek V4. What the user and the tools say is
// one turn; thinking is kept wherever tools are about.
func deepSeekV4(w *page, c *conversation) {
	w.Own(c.model.BOS)
	dsmlSystem(w, c, dsmlToolsV4, "\nYou MUST strictly follow the above defined tool name and parameter schemas to invoke tool calls.\n")
	said, tools := -1, len(c.tools) > 0
	for i, m := range c.messages {
		if m.Role == hearth.RoleUser || m.Role == hearth.RoleTool {
			said = i
		}
		tools = tools || m.Role == hearth.RoleTool
	}
	inTurn := false
	turn := func() {
		if inTurn {
			w.Own("\n\n")
		} else {
			w.Own("<｜User｜>")
		}
		inTurn = true
	}
	for i, m := range c.messages {
		switch m.Role {
		case hearth.RoleUser:
			turn()
			w.Foreign(m.Text)
		case hearth.RoleTool:
			turn()
			w.Own("<tool_result>")
			w.Foreign(m.Text)
			w.Own("</tool_result>")
		case hearth.RoleAssistant:
			inTurn = false
			w.Own("<｜Assistant｜>")
			dsmlThinking(w, m, c.thinking == hearth.ThinkingOn && (tools || i > said))
			w.Foreign(m.Text)
			dsmlMessageCalls(w, m, "tool_calls")
			w.Own("<｜end▁of▁sentence｜>")
		}
	}
	if c.closed {
		return
	}
	w.Own("<｜Assistant｜>")
	if c.thinking == hearth.ThinkingOn {
		w.Own(beginThink)
	} else {
		w.Own(endThink)
	}
}

// dsmlToolsV4 is what the template says about tools before it lists them.
var dsmlToolsV4 = strings.NewReplacer("DSML", "｜DSML｜", "{", "`", "}", "`").Replace(`## Tools

You have access to a set of tools to help answer the user's question. You can invoke tools by writing a "<DSMLtool_calls>" block like the following:

<DSMLtool_calls>
<DSMLinvoke name="$TOOL_NAME">
<DSMLparameter name="$PARAMETER_NAME" string="true|false">$PARAMETER_VALUE</DSMLparameter>
...
</DSMLinvoke>
<DSMLinvoke name="$TOOL_NAME2">
...
</DSMLinvoke>
</DSMLtool_calls>

String parameters should be specified as is and set {string="true"}. For all other types (numbers, booleans, arrays, objects), pass the value in JSON format and set {string="false"}.

If thinking_mode is enabled (triggered by <think>), you MUST output your complete reasoning inside <think>...</think> BEFORE any tool calls or final response.

Otherwise, output directly after </think> with tool calls or final response.

### Available Tool Schemas

`)
