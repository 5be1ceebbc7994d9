package prompt

import (
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/prompt/jinja"
)

// deepSeekV32 mirrors the template of DeepSeek V3.2. Tools follow the system message,
// and are called in a markup of the model's own, DSML. Only what follows the last
// question keeps its thinking; every answer before says that it was thought about.
func deepSeekV32(w *page, c *conversation) {
	w.Own(c.model.BOS)
	dsmlSystem(w, c, dsmlToolsV32, "</functions>\n")
	question := -1
	for i, m := range c.messages {
		if m.Role == hearth.RoleUser {
			question = i
		}
	}
	asked, answered := false, false // whether the model's turn is to be opened, or goes on after results
	for i, m := range c.messages {
		switch m.Role {
		case hearth.RoleUser:
			w.Own("<｜User｜>")
			w.Foreign(m.Text)
			asked, answered = true, false
		case hearth.RoleAssistant:
			switch {
			case asked:
				w.Own("<｜Assistant｜>")
			case answered:
				w.Own("\n\n")
			}
			if asked || answered {
				dsmlThinking(w, m, i > question && c.thinking == hearth.ThinkingOn)
			}
			asked, answered = false, false
			w.Foreign(m.Text)
			dsmlMessageCalls(w, m, "function_calls")
			w.Own("<｜end▁of▁sentence｜>")
		case hearth.RoleTool:
			if dsmlResult(w, c, i) {
				asked, answered = false, true
			}
		}
	}
	if c.closed || !asked && !answered {
		return
	}
	if asked {
		w.Own("<｜Assistant｜>")
	} else {
		w.Own("\n\n")
	}
	w.Own(beginThink)
	if c.thinking != hearth.ThinkingOn {
		w.Own(endThink)
	}
}

// dsmlSystem writes what the system messages say, and the tools.
func dsmlSystem(w *page, c *conversation, header, footer string) {
	systems, said := 0, false
	for _, m := range c.messages {
		if m.Role != hearth.RoleSystem {
			continue
		}
		if systems > 0 {
			w.Own("\n\n")
			said = true
		}
		w.Foreign(m.Text)
		said = said || m.Text != ""
		systems++
	}
	if len(c.tools) == 0 {
		return
	}
	if said {
		w.Own("\n\n")
	}
	w.Own(header)
	for _, t := range c.tools {
		w.function(t)
		w.Own("\n")
	}
	w.Own(footer)
}

// dsmlThinking writes what an answer was thought about, or that it was.
func dsmlThinking(w *page, m hearth.Message, keep bool) {
	if keep {
		w.Own(beginThink)
		w.Foreign(m.Reasoning)
	}
	w.Own(endThink)
}

// dsmlMessageCalls writes the tool calls of an answer, around which stands the tag of that name.
func dsmlMessageCalls(w *page, m hearth.Message, list string) {
	if len(m.ToolCalls) == 0 {
		return
	}
	w.Own("\n\n<｜DSML｜", list, ">\n")
	for _, call := range m.ToolCalls {
		w.Own(`<｜DSML｜invoke name="`)
		w.Foreign(call.Name)
		w.Own("\">\n")
		for key, v := range w.arguments(call).All() {
			w.Own(`<｜DSML｜parameter name="`)
			w.Add(key)
			if text, ok := v.(jinja.Text); ok {
				w.Own(`" string="true">`)
				w.Add(text)
			} else {
				w.Own(`" string="false">`)
				w.json(v, -1)
			}
			w.Own("</｜DSML｜parameter>\n")
		}
		w.Own("</｜DSML｜invoke>\n")
	}
	w.Own("</｜DSML｜", list, ">")
}

// dsmlResult writes a tool's result, the results of one answer in a common tag, and
// reports whether this was the last of them.
func dsmlResult(w *page, c *conversation, i int) (last bool) {
	caller := -1
	for j, m := range c.messages[:i] {
		if m.Role == hearth.RoleAssistant && len(m.ToolCalls) > 0 {
			caller = j
		}
	}
	// With nobody who has called, the template looks at the last message.
	calls := len(c.messages[len(c.messages)-1].ToolCalls)
	if caller >= 0 {
		calls = len(c.messages[caller].ToolCalls)
	}
	if i-caller == 1 {
		w.Own("\n\n<function_results>")
	}
	w.Own("\n<result>")
	w.Foreign(c.messages[i].Text)
	w.Own("</result>")
	if i-caller != calls {
		return false
	}
	w.Own("\n</function_results>")
	return true
}

// dsmlToolsV32 is what the template says about tools before it lists them.
var dsmlToolsV32 = strings.ReplaceAll(`## Tools

You have access to a set of tools you can use to answer the user's question.
You can invoke functions by writing a "<DSMLfunction_calls>" block like the following as part of your reply to the user:
<DSMLfunction_calls>
<DSMLinvoke name="$FUNCTION_NAME">
<DSMLparameter name="$PARAMETER_NAME" string="true|false">$PARAMETER_VALUE</DSMLparameter>
...
</DSMLinvoke>
<DSMLinvoke name="$FUNCTION_NAME2">
...
</DSMLinvoke>
</DSMLfunction_calls>

String and scalar parameters should be specified as is without any escaping or quotes, while lists and objects should use JSON format. The "string" attribute should be set to "true" for string type parameters and "false" for other types (numbers, booleans, arrays, objects).

If the thinking_mode is enabled, then after function results you should strongly consider outputting a thinking block. Here is an example:

<DSMLfunction_calls>
...
</DSMLfunction_calls>

<function_results>
...
</function_results>

<think>...thinking about results</think>

Here are the functions available in JSONSchema format:
<functions>
`, "DSML", "｜DSML｜")
