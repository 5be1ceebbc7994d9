package prompt

import (
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
)

const (
	beginThink = "<think>"
	endThink   = "</think>"
)

// syntax is how a model writes its answers.
type syntax struct {
	thinks bool // between <think> and </think>, before it answers
	calls  callSyntax
	lead   string // what an answer begins with that is not part of it

	channels bool // messages in channels take the place of all that (harmony)
}

// callsTools reports whether there is a way to call tools.
func (s syntax) callsTools() bool { return s.calls.open != "" || s.channels }

// aside is where stop strings do not count.
func (s syntax) aside(begun bool) hearth.Aside {
	switch {
	case s.channels:
		return hearth.Aside{Open: "<|channel|>analysis", Close: "<|end|>"}
	case s.thinks:
		return hearth.Aside{Open: beginThink, Close: endThink, Begun: begun}
	}
	return hearth.Aside{}
}

// parser splits a model's output into reasoning, answer and tool calls as it
// comes. It holds text back only while that may be the beginning of a marker, or
// is the head of a tool call. What turns out to be no tool call is answer.
type parser struct {
	syntax
	tools []hearth.Tool // what the model was offered
	newID func() string

	buf    string // fed and not yet understood
	at     int    // where buf begins in all that was fed
	state  state
	final  bool    // nothing more will be fed
	begun  int     // tool calls so far
	nested nesting // of the arguments of the last one

	// Of a call whose arguments stand in tags: what its tool says of them, how many there
	// were, and which kind the one is that is being read.
	types   map[string]schemaType
	members int
	value   valueKind
	own     schemaType

	reasoned, spoken bool // there was some before, in another message (harmony)

	thinking bool
	out      hearth.Chunk // what the last feed made certain
	said     []stretch    // what became answer in it, of all that was fed
}

// state understands some of buf, if it can, and reports whether it did or passed
// to another state: whether to go on.
type state func(p *parser) bool

// stretch is from and to in bytes of what was fed.
type stretch struct{ from, to int }

func newParser(s syntax, first beginning, tools []hearth.Tool, newID func() string) *parser {
	return &parser{syntax: s, state: first.state, thinking: first.thinking, tools: tools, newID: newID}
}

// feed takes the next piece of output, and whether it is the last, and returns
// what has become certain.
func (p *parser) feed(text string, last bool) hearth.Chunk {
	p.buf += text
	p.final = last
	p.out, p.said = hearth.Chunk{}, nil
	for p.buf != "" && p.state(p) {
	}
	return p.out
}

func (p *parser) enter(s state) bool {
	p.state = s
	return true
}

// drop, reason and say take n bytes off buf: for nothing, for the thinking, for
// the answer.
func (p *parser) drop(n int) {
	p.buf = p.buf[n:]
	p.at += n
}

func (p *parser) reason(n int) {
	p.out.Reasoning += p.buf[:n]
	p.drop(n)
}

func (p *parser) say(n int) {
	if n > 0 {
		p.out.Text += p.buf[:n]
		p.said = append(p.said, stretch{p.at, p.at + n})
		p.drop(n)
	}
}

// dropAny takes leading bytes of the set off buf and reports whether any other
// byte is left.
func (p *parser) dropAny(set string) bool {
	p.drop(len(p.buf) - len(strings.TrimLeft(p.buf, set)))
	return p.buf != ""
}

// begins reports whether buf begins with the marker, and whether that can't be
// told yet.
func (p *parser) begins(marker string) (yes, unsure bool) {
	return begins(p.buf, marker, p.final)
}

func begins(s, marker string, final bool) (yes, unsure bool) {
	if len(s) < len(marker) {
		return false, !final && strings.HasPrefix(marker, s)
	}
	return strings.HasPrefix(s, marker), false
}

// find is the first of the markers in buf and where it begins. With none there,
// it is how much of buf can't be the beginning of one.
func (p *parser) find(markers []string) (at int, marker string) {
	at = len(p.buf)
	for _, m := range markers {
		if i := strings.Index(p.buf, m); i >= 0 && i < at {
			at, marker = i, m
		}
	}
	if marker == "" && !p.final {
		for i := max(0, at-longest(markers)+1); i < at; i++ {
			if slices.ContainsFunc(markers, func(m string) bool { return strings.HasPrefix(m, p.buf[i:]) }) {
				return i, ""
			}
		}
	}
	return at, marker
}

func longest(texts []string) int {
	n := 0
	for _, t := range texts {
		n = max(n, len(t))
	}
	return n
}

// start is before anything was said: white space may precede <think>.
func start(p *parser) bool {
	if p.channels {
		return p.enter(channelHead)
	}
	if !p.thinks {
		return p.enter(afterLead)
	}
	rest := strings.TrimLeft(p.buf, " \n")
	yes, unsure := begins(rest, beginThink, p.final)
	if unsure {
		return false
	}
	if !yes {
		return p.enter(afterLead)
	}
	p.drop(len(p.buf) - len(rest) + len(beginThink))
	p.thinking = true
	return p.enter(startThinking)
}

// startThinking drops line breaks, and a <think> that repeats the prompt's.
func startThinking(p *parser) bool {
	p.thinking = true
	if !p.dropAny("\n") {
		return false
	}
	yes, unsure := p.begins(beginThink)
	if unsure {
		return false
	}
	if yes {
		p.drop(len(beginThink))
		return true
	}
	return p.enter(thinking)
}

// thinking ends with </think> and the line breaks before it.
func thinking(p *parser) bool {
	if p.channels {
		return p.enter(channelReasoning)
	}
	p.thinking = true
	at, marker := p.find([]string{endThink})
	if marker == "" && p.final {
		p.reason(at)
		return false
	}
	p.reason(len(strings.TrimRight(p.buf[:at], "\n")))
	if marker == "" {
		return false
	}
	p.drop(strings.Index(p.buf, endThink) + len(endThink))
	p.thinking = false
	return p.enter(startAnswer)
}

// startAnswer drops the line breaks between thinking and answer.
func startAnswer(p *parser) bool {
	return p.dropAny("\n") && p.enter(afterLead)
}

// afterLead drops the lead. Bare tool calls are told by how an answer begins.
func afterLead(p *parser) bool {
	yes, unsure := p.begins(p.lead)
	switch {
	case unsure:
		return false
	case yes:
		p.drop(len(p.lead))
	}
	if p.calls.bare && len(p.tools) > 0 {
		return p.enter(bareStart)
	}
	return p.enter(answer)
}

// answer is text until a tool call begins.
func answer(p *parser) bool {
	if p.channels {
		return p.enter(channelAnswer)
	}
	at, marker := p.find(p.calls.opens)
	p.say(at)
	if marker == "" {
		return false
	}
	return p.enter(callHead)
}
