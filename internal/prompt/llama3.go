package prompt

import (
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/prompt/jinja"
)

// llama31 mirrors the template of Llama 3.1 and 3.3. Tools go before the first
// message after the system's, whoever says it; the date is the one the template
// falls back to.
func llama31(w *page, c *conversation) {
	messages, system := c.messages, ""
	if c.first(w).Role == hearth.RoleSystem {
		system, messages = llamaText(messages[0]), messages[1:]
	}
	w.Own(c.model.BOS, "<|start_header_id|>system<|end_header_id|>\n\n")
	if len(c.tools) > 0 {
		w.Own("Environment: ipython\n")
	}
	w.Own("Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n")
	w.Foreign(system)
	w.Own("<|eot_id|>")
	if len(c.tools) > 0 {
		if len(messages) == 0 {
			w.fail("there is no first user message to put the tools in")
			return
		}
		llamaTools(w, c.tools, messages[0])
		messages = messages[1:]
	}
	for _, m := range messages {
		llamaMessage(w, m)
	}
	if !c.closed {
		llamaHeader(w, "assistant")
	}
}

func llamaHeader(w *page, role string) {
	w.Own("<|start_header_id|>", role, "<|end_header_id|>\n\n")
}

// llamaText is a message's text as the filter trim leaves it.
func llamaText(m hearth.Message) string { return strings.TrimFunc(shown(m), jinja.IsSpace) }

func llamaTools(w *page, tools []hearth.Tool, m hearth.Message) {
	llamaHeader(w, "user")
	w.Own("Given the following functions, please respond with a JSON for a function call ",
		"with its proper arguments that best answers the given prompt.\n\n",
		`Respond in the format {"name": function name, "parameters": dictionary of argument name and its value}.`,
		"Do not use variables.\n\n")
	for _, t := range tools {
		w.tool(t, 4)
		w.Own("\n\n")
	}
	w.Foreign(llamaText(m))
	w.Own("<|eot_id|>")
}

func llamaMessage(w *page, m hearth.Message) {
	switch {
	case len(m.ToolCalls) > 1:
		w.fail("this model makes one tool call at a time")
	case len(m.ToolCalls) == 1:
		llamaHeader(w, "assistant")
		w.Own(`{"name": "`)
		w.Foreign(m.ToolCalls[0].Name)
		w.Own(`", "parameters": `)
		w.json(argumentsValue(m.ToolCalls[0].Arguments), -1)
		w.Own("}")
	case m.Role == hearth.RoleTool:
		llamaHeader(w, "ipython")
		llamaResult(w, m)
	default:
		llamaHeader(w, string(m.Role))
		w.Foreign(llamaText(m))
	}
	w.Own("<|eot_id|>")
}

// llamaResult writes a tool's result as JSON: to the template, text is iterable,
// and what is iterable is written so.
func llamaResult(w *page, m hearth.Message) {
	if m.TextAbsent {
		w.shown(m)
		return
	}
	w.json(jinja.Foreign(m.Text), -1)
}
