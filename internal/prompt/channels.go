package prompt

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hearthbox/hearth"
)

// The states below read what gpt-oss writes, in the format harmony: messages in
// channels,
//
//	<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Yes.
//
// of which analysis is thinking, and a message to functions.NAME a tool call. The first
// one's <|start|>assistant stands in the prompt.

// messageHead is a message's head, as models write it in either order.
var messageHead = regexp.MustCompile(`^(?:<\|start\|>)?(?:assistant)?\s*(?:to=([^\s<]+))?\s*` +
	`<\|channel\|>(analysis|commentary|final)\s*(?:to=([^\s<]+))?\s*(?:<\|constrain\|>)?\s*(?:json|code)?\s*<\|message\|>$`)

// channelHead is before a message. Text that is no head is answer.
func channelHead(p *parser) bool {
	possible := false
	for _, m := range []string{"<|start|>", "<|channel|>", "assistant", " to=", "to="} {
		yes, unsure := p.begins(m)
		possible = possible || yes || unsure
	}
	if !possible {
		return p.enter(channelAnswer)
	}
	c := &cursor{s: p.buf}
	const message = "<|message|>"
	text := c.until(message, nameMax)
	if c.unsure && !p.final {
		return false
	}
	m := messageHead.FindStringSubmatch(text + message)
	if !c.ok() || m == nil || m[1] != "" && m[3] != "" {
		p.say(1) // so that it is not taken for a head again
		return p.enter(channelAnswer)
	}
	p.drop(c.at)
	to := strings.TrimPrefix(m[1]+m[3], "functions.")
	switch {
	case to != "":
		p.begin(to)
		return p.enter(channelCall)
	case m[2] == "analysis":
		if p.reasoned {
			p.out.Reasoning += "\n\n"
		}
		return p.enter(channelReasoning)
	case p.spoken:
		p.out.Text += "\n\n"
	}
	return p.enter(channelAnswer)
}

// body takes what there is of a message, and reports whether that is its end.
func (p *parser) body(take func(n int)) bool {
	const next = "<|start|>"
	at, marker := p.find([]string{"<|end|>", "<|return|>", "<|call|>", next})
	take(at)
	if marker == "" {
		return false
	}
	if marker != next {
		p.drop(len(marker))
	}
	p.thinking = false
	return p.enter(channelHead)
}

func channelReasoning(p *parser) bool {
	p.thinking = true
	return p.body(func(n int) {
		p.reasoned = p.reasoned || n > 0
		p.reason(n)
	})
}

func channelAnswer(p *parser) bool {
	p.thinking = false
	return p.body(func(n int) {
		p.spoken = p.spoken || n > 0
		p.say(n)
	})
}

func channelCall(p *parser) bool {
	return p.body(func(n int) {
		p.argue(p.buf[:n])
		p.drop(n)
	})
}

// channelled is what a model that writes in channels is held to: it may think first,
// unless it is not to, and then answers or calls a tool.
func channelled(r *hearth.Request) (*hearth.Constraint, error) {
	var answer []hearth.Constraint
	head := func(channel string) hearth.Constraint {
		return sequence(marker("<|channel|>"), text(channel), marker("<|message|>"))
	}
	switch {
	case r.Calls.Required:
	case r.Constraint != nil:
		answer = append(answer, sequence(head("final"), *r.Constraint))
	default:
		answer = append(answer, sequence(head("final"), without("<|channel|>")))
	}
	for i, t := range r.Tools {
		if r.Calls.Name != "" && r.Calls.Name != t.Name {
			continue
		}
		answer = append(answer, sequence(marker("<|channel|>"), text("commentary to=functions."+t.Name+" "),
			marker("<|constrain|>"), text("json"), marker("<|message|>"), argumentsOf(t, fmt.Sprintf("tools[%d].parameters", i))))
	}
	whole := either(answer...)
	if r.Thinking != hearth.ThinkingOff {
		thought := sequence(head("analysis"), without("<|end|>"), marker("<|end|>"), marker("<|start|>"), text("assistant"))
		whole = sequence(optional(thought), whole)
	}
	return &whole, nil
}
