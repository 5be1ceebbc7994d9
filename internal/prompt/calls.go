package prompt

import (
	"strings"

	"github.com/hearthbox/hearth"
)

// callSyntax is how a model writes tool calls. The zero value is: not at all.
type callSyntax struct {
	opens  []string // the markers that end the answer; a line break before one is the template's
	list   string   // around all calls
	open   string   // before each call
	closes []string // after it
	end    string   // after all calls

	// A call is a JSON object of name and arguments, or, where there is a
	// separator, a name and arguments apart.
	separator string
	fenced    bool // the arguments stand in ```json, the name after "function" and the separator
	numbered  bool // the name is "functions.NAME:NUMBER"
	bare      bool // nothing stands around the object

	tags *tags // the arguments stand one by one, each in tags
}

// hermesCalls is Qwen's way, and that of most models since Hermes 2.
func hermesCalls() callSyntax {
	const open = "<tool_call>"
	return callSyntax{opens: []string{"\n" + open, open}, open: open, closes: []string{"</tool_call>"}}
}

// v31Calls is the way of DeepSeek V3.1.
func v31Calls() callSyntax {
	const list, open = "<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>"
	return callSyntax{
		opens: []string{list, open}, list: list, open: open, separator: "<｜tool▁sep｜>",
		closes: []string{"<｜tool▁call▁end｜>"}, end: "<｜tool▁calls▁end｜>",
	}
}

// r1Calls is the way of DeepSeek R1 and V3.
func r1Calls() callSyntax {
	s := v31Calls()
	s.fenced = true
	s.closes = []string{"\n```<｜tool▁call▁end｜>", "\n```\n<｜tool▁call▁end｜>", "<｜tool▁call▁end｜>"}
	return s
}

// kimiCalls is the way of Kimi-K2.
func kimiCalls() callSyntax {
	const list, open = "<|tool_calls_section_begin|>", "<|tool_call_begin|>"
	return callSyntax{
		opens: []string{list, open}, list: list, open: open, separator: "<|tool_call_argument_begin|>", numbered: true,
		closes: []string{"<|tool_call_end|>"}, end: "<|tool_calls_section_end|>",
	}
}

// bareCalls is the way of Llama 3: an answer that is a call and nothing else.
func bareCalls() callSyntax { return callSyntax{open: "<|python_tag|>", bare: true} }

// syntaxOf tells the syntax of a template that no family mirrors by the markers
// in its text. What it does not know stays in the answer as it came.
func syntaxOf(template string) syntax {
	has := func(s string) bool { return strings.Contains(template, s) }
	s := syntax{thinks: has(beginThink) || has(endThink)}
	switch {
	case has("<|channel|>") && has("<|message|>"):
		return syntax{channels: true}
	case has(dsml + "function_calls"), has("'function_calls>"):
		s.calls = dsmlCalls("function_calls")
	case has(dsml) && has("tool_calls>"):
		s.calls = dsmlCalls("tool_calls")
	case has("<arg_key>"):
		s.calls = glmCalls()
	case has("<|tool_call_argument_begin|>"):
		s.calls = kimiCalls()
	case has("<tool_call>") && has("<function="):
		s.calls = coderCalls()
	case has("<｜tool▁call▁begin｜>") && has("```json"):
		s.calls = r1Calls()
	case has("<｜tool▁call▁begin｜>"):
		s.calls = v31Calls()
	case has("<tool_call>"):
		s.calls = hermesCalls()
	case has("<|python_tag|>"), has(`"parameters": `):
		s.calls = bareCalls()
	}
	return s
}

// begin opens a tool call, argue appends to the arguments of the open one.
func (p *parser) begin(name string) {
	p.out.ToolCalls = append(p.out.ToolCalls, hearth.ToolCallDelta{Index: p.begun, ID: p.newID(), Name: name})
	p.begun++
}

func (p *parser) argue(text string) {
	if text == "" {
		return
	}
	if len(p.out.ToolCalls) == 0 {
		p.out.ToolCalls = []hearth.ToolCallDelta{{Index: p.begun - 1}}
	}
	p.out.ToolCalls[len(p.out.ToolCalls)-1].Arguments += text
}

// callHead reads a call up to its arguments; until it is sure, all of it stays in buf.
func callHead(p *parser) bool {
	h := p.readHead()
	switch {
	case h.unsure && !p.final:
		return false
	case h.unsure || h.none:
		p.say(p.markerLen())
		return p.enter(answer)
	}
	p.drop(h.size)
	p.begin(h.name)
	p.types = typesOf(p.tools, h.name)
	if h.whole {
		p.argue(h.arguments)
		return p.enter(afterArguments)
	}
	return p.enter(startArguments)
}

// markerLen is the length of what seemed to open a call; without a marker, one
// character.
func (p *parser) markerLen() int {
	n := 1
	for _, m := range p.calls.opens {
		if strings.HasPrefix(p.buf, m) {
			n = max(n, len(m))
		}
	}
	return n
}

// startArguments is where a value begins, white space before it aside.
func startArguments(p *parser) bool {
	if p.calls.tags != nil {
		p.argue("{")
		p.members = 0
		return p.enter(betweenTags)
	}
	if !p.dropAny(" \t\r\n") {
		return false
	}
	switch {
	case p.calls.separator != "":
		return p.enter(apartArguments)
	case p.buf[0] == '{' || p.buf[0] == '[':
		p.nested = nesting{}
		return p.enter(objectArguments)
	}
	return p.enter(scalarArguments)
}

// apartArguments end where their marker says so.
func apartArguments(p *parser) bool {
	at, marker := p.find(p.calls.closes)
	p.argue(p.buf[:at])
	p.drop(at + len(marker))
	return marker != "" && p.enter(betweenCalls)
}

// objectArguments end with the bracket that matches the first, or, if the model
// loses count, with the marker.
func objectArguments(p *parser) bool {
	n := 0
	for n < len(p.buf) {
		if !p.nested.inString && p.buf[n] == '<' && !p.calls.bare {
			yes, unsure := begins(p.buf[n:], p.calls.closes[0], p.final)
			if yes || unsure {
				p.argue(p.buf[:n])
				p.drop(n)
				return yes && p.enter(afterArguments)
			}
		}
		n++
		if p.nested.closes(p.buf[n-1]) {
			p.argue(p.buf[:n])
			p.drop(n)
			return p.enter(afterArguments)
		}
	}
	p.argue(p.buf)
	p.drop(n)
	return false
}

// scalarArguments are not what they should be, an object. Some models write the
// object as a string; that is undone. Nothing at all stands for an empty object.
func scalarArguments(p *parser) bool {
	c := cursor{s: p.buf}
	text, size := "", 0
	if p.buf[0] == '"' {
		text = c.string()
		size = c.at
	} else if size = strings.IndexAny(p.buf, ",}<\n"); size >= 0 {
		text = strings.TrimSpace(p.buf[:size])
	} else {
		c.unsure = true
	}
	switch {
	case c.unsure && !p.final:
		return false
	case c.unsure:
		text, size = p.buf, len(p.buf)
	case c.failed: // a string that JSON does not allow: as it came
		text = p.buf[:size]
	case text == "" || text == "null":
		text = "{}"
	}
	p.argue(text)
	p.drop(size)
	return p.enter(afterArguments)
}

// afterArguments drops what closes a call.
func afterArguments(p *parser) bool {
	if !p.dropAny(" \t\r\n}") {
		return false
	}
	for _, m := range p.calls.closes {
		yes, unsure := p.begins(m)
		if unsure {
			return false
		}
		if yes {
			p.drop(len(m))
			break
		}
	}
	return p.enter(betweenCalls)
}

// betweenCalls drops white space, and the end of the list; text that follows is
// answer again.
func betweenCalls(p *parser) bool {
	blank := " \t\r\n"
	if p.calls.bare {
		blank += ";"
	}
	if !p.dropAny(blank) {
		return false
	}
	if p.calls.bare {
		return p.enter(bareStart)
	}
	ends, perhaps := p.begins(p.calls.end)
	opens, maybe := p.begins(p.calls.open)
	switch {
	case p.calls.end != "" && ends:
		p.drop(len(p.calls.end))
		return true
	case opens:
		return p.enter(callHead)
	case perhaps || maybe:
		return false
	}
	return p.enter(answer)
}

// bareStart decides by its first sign whether an answer may be a call.
func bareStart(p *parser) bool {
	rest := strings.TrimLeft(p.buf, " \t\r\n")
	yes, unsure := begins(rest, p.calls.open, p.final)
	switch {
	case unsure:
		return false
	case yes || strings.HasPrefix(rest, "{"):
		return p.enter(callHead)
	}
	return p.enter(answer)
}

// nesting follows JSON brackets outside of strings.
type nesting struct {
	depth             int
	inString, escaped bool
}

// closes takes the next byte and reports whether it matches the first bracket.
func (n *nesting) closes(b byte) bool {
	switch {
	case n.escaped:
		n.escaped = false
	case n.inString:
		n.escaped, n.inString = b == '\\', b != '"'
	case b == '"':
		n.inString = true
	case b == '{' || b == '[':
		n.depth++
	case b == '}' || b == ']':
		n.depth--
		return n.depth == 0
	}
	return false
}
