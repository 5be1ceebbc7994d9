package prompt

import (
	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/prompt/jinja"
)

// controls is a model's control tokens, to be found in a text: a trie of their bytes.
type controls struct {
	next  map[edge]int // node 0 is the root
	whole []bool       // by node: a token ends here
}

type edge struct {
	node int
	b    byte
}

func newControls(texts []string) *controls {
	c := &controls{next: map[edge]int{}, whole: []bool{false}}
	for _, t := range texts {
		node := 0
		for i := range len(t) {
			child, ok := c.next[edge{node, t[i]}]
			if !ok {
				child = len(c.whole)
				c.whole = append(c.whole, false)
				c.next[edge{node, t[i]}] = child
			}
			node = child
		}
		c.whole[node] = t != ""
	}
	return c
}

// at calls found with the end of every control token that begins at from.
func (c *controls) at(s string, from int, found func(to int)) {
	node := 0
	for i := from; i < len(s); i++ {
		var ok bool
		if node, ok = c.next[edge{node, s[i]}]; !ok {
			return
		}
		if c.whole[node] {
			found(i + 1)
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
