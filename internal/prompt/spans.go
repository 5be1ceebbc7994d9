package prompt

import (
	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/prompt/jinja"
)

// controls is a model's control tokens, to be found in a text.
type controls struct {
	first [256]bool       // bytes that one begins with
	parts map[string]bool // the beginnings of all; whole ones are true
}

func newControls(texts []string) *controls {
	c := &controls{parts: map[string]bool{}}
	for _, t := range texts {
		if t == "" {
			continue
		}
		c.first[t[0]] = true
		for n := 1; n < len(t); n++ {
			if !c.parts[t[:n]] {
				c.parts[t[:n]] = false
			}
		}
		c.parts[t] = true
	}
	return c
}

// at calls found with the end of every control token that begins at from.
func (c *controls) at(s string, from int, found func(to int)) {
	if !c.first[s[from]] {
		return
	}
	for to := from + 1; to <= len(s); to++ {
		whole, begun := c.parts[s[from:to]]
		if !begun {
			return
		}
		if whole {
			found(to)
		}
	}
}

// spans cuts a prompt so that nobody's text becomes a control token. What spells
// one and came with the request, in whole or in part, becomes Literal; where it
// overlaps a control token that the template wrote, that one stays intact. The
// rest stays together, so that an ordinary conversation is one span and is
// tokenised as if there were no spans at all.
func spans(t jinja.Text, c *controls) []hearth.Span {
	s := t.String()
	literal := make([]bool, len(s))
	mark := func(foreign bool) {
		for from := range len(s) {
			c.at(s, from, func(to int) {
				if t.IsForeign(from, to) != foreign {
					return
				}
				for i := from; i < to; i++ {
					literal[i] = foreign
				}
			})
		}
	}
	mark(true)
	mark(false)
	var cut []hearth.Span
	for from, to := 0, 0; from < len(s); from = to {
		for to < len(s) && literal[to] == literal[from] {
			to++
		}
		cut = append(cut, hearth.Span{Text: s[from:to], Literal: literal[from]})
	}
	return cut
}
