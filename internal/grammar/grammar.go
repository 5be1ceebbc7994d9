package grammar

import (
	"cmp"
	"slices"
)

// Grammar is a compiled language. It never changes.
type Grammar struct {
	classes [256]uint8 // bytes that no automaton tells apart have one class
	width   int        // how many there are
	next    []int32    // by state and class: where a byte leads; below 0 is nowhere
	states  []flat
	rules   []flatRule
	empty   bool // the empty text belongs to it
}

// flat is a state, of whichever rule.
type flat struct {
	calls   []flatCall
	accepts bool
	moves   bool // there are bytes that lead on
	last    bool // it accepts, and nothing leads on
	plain   bool // it neither accepts nor calls
}

type flatCall struct {
	rule     int32
	min, max int32
	to       int32
}

type flatRule struct {
	name  string
	start int32
	rank  int32 // above that of every rule which may call it before it has read a byte
}

// Compile makes the grammar of a language. Errors are of type *[Error].
func Compile(l Language) (*Grammar, error) {
	c := &compiler{budget: newBudget(), index: map[*rule]int{}, empties: map[*rule]bool{}, productive: map[*rule]bool{}}
	c.collect(&rule{"root", l.node})
	c.findEmpty()
	for _, r := range c.rules {
		d := c.determine(r.body, func(r *rule) bool { return c.empties[r] })
		c.automata = append(c.automata, d)
		d.states[0].accepts = false // what is empty, the caller passes over
	}
	c.findProductive()
	if c.err != nil {
		return nil, c.err
	}
	root := c.rules[0]
	if !c.productive[root] && !c.empties[root] {
		return nil, invalid("", "no text is possible")
	}
	return c.flatten()
}

type compiler struct {
	*budget
	rules      []*rule // root first
	index      map[*rule]int
	empties    map[*rule]bool // hold the empty text
	productive map[*rule]bool // hold a text that is not empty
	automata   []*automaton
}

// collect finds all rules.
func (c *compiler) collect(root *rule) {
	c.index[root] = 0
	c.rules = []*rule{root}
	for i := 0; i < len(c.rules) && c.err == nil; i++ {
		c.visit(c.rules[i].body)
	}
}

func (c *compiler) visit(x node) {
	switch x := x.(type) {
	case seq:
		for _, part := range x {
			c.visit(part)
		}
	case alt:
		for _, part := range x {
			c.visit(part)
		}
	case members:
		for _, m := range x.list {
			c.visit(m.pair)
		}
		c.visit(x.comma)
		c.visit(x.close)
	case repeat:
		c.visit(x.node)
	case call:
		if _, ok := c.index[x.rule]; ok {
			return
		}
		if len(c.rules) == rulesMax {
			c.err = tooLarge("", "it has more than %d rules", rulesMax)
			return
		}
		c.index[x.rule] = len(c.rules)
		c.rules = append(c.rules, x.rule)
	}
}

func (c *compiler) findEmpty() {
	for changed := true; changed && c.err == nil; {
		changed = false
		for _, r := range c.rules {
			if !c.empties[r] && c.isEmpty(r.body) {
				c.empties[r], changed = true, true
			}
		}
	}
}

// isEmpty reports whether an expression holds the empty text.
func (c *compiler) isEmpty(x node) bool {
	c.take(&c.work, 1)
	switch x := x.(type) {
	case byteRange, members:
		return false
	case seq:
		return !slices.ContainsFunc(x, func(part node) bool { return !c.isEmpty(part) })
	case alt:
		return slices.ContainsFunc(x, c.isEmpty)
	case repeat:
		return x.min == 0 || c.isEmpty(x.node)
	case call:
		return x.min == 0 || c.empties[x.rule]
	case *automaton:
		return x.states[0].accepts
	}
	return true
}

func (c *compiler) findProductive() {
	for changed := true; changed && c.err == nil; {
		changed = false
		for i, r := range c.rules {
			if !c.productive[r] && c.take(&c.work, len(c.automata[i].states)) && c.automata[i].live(c.productive)[0] {
				c.productive[r], changed = true, true
			}
		}
	}
}

// flatten puts the automata of all rules into one table, without what leads nowhere.
func (c *compiler) flatten() (*Grammar, error) {
	g := &Grammar{empty: c.empties[c.rules[0]]}
	index := make([][]int32, len(c.rules)) // by rule and state: its number in the table
	for i, d := range c.automata {
		live := d.live(c.productive)
		index[i] = make([]int32, len(d.states))
		g.rules = append(g.rules, flatRule{name: c.rules[i].name, start: int32(len(g.states))})
		for j := range d.states {
			index[i][j] = -1
			if live[j] || j == 0 {
				index[i][j] = int32(len(g.states))
				g.states = append(g.states, flat{})
			}
		}
	}
	g.classify(c.automata)
	g.next = slices.Repeat([]int32{-1}, len(g.states)*g.width)
	for i, d := range c.automata {
		for j := range d.states {
			if index[i][j] >= 0 {
				c.fill(g, index[i], index[i][j], &d.states[j])
			}
		}
	}
	return g, g.order()
}

// fill writes a state into the table.
func (c *compiler) fill(g *Grammar, index []int32, at int32, s *state) {
	f := &g.states[at]
	for _, e := range s.edges {
		to := index[e.to]
		if to < 0 {
			continue
		}
		f.moves = true
		for b := int(e.lo); b <= int(e.hi); b++ {
			g.next[int(at)*g.width+int(g.classes[b])] = to
		}
	}
	for _, e := range s.calls {
		if to := index[e.to]; to >= 0 && c.productive[e.rule] {
			f.calls = append(f.calls, flatCall{int32(c.index[e.rule]), e.min, e.max, to})
		}
	}
	f.accepts = s.accepts
	f.last = f.accepts && !f.moves && f.calls == nil
	f.plain = !f.accepts && f.calls == nil
}

// classify finds the bytes that no edge tells apart.
func (g *Grammar) classify(automata []*automaton) {
	var bound [257]bool
	for _, d := range automata {
		for _, s := range d.states {
			for _, e := range s.edges {
				bound[e.lo], bound[int(e.hi)+1] = true, true
			}
		}
	}
	class := 0
	for b := range 256 {
		if b > 0 && bound[b] {
			class++
		}
		g.classes[b] = uint8(class)
	}
	g.width = class + 1
}

// order ranks the rules by who may call whom at its start. A rule that calls itself
// so would be called without end.
func (g *Grammar) order() error {
	const open, done = 1, 2
	mark := make([]int, len(g.rules))
	type step struct {
		rule int32
		at   int
	}
	rank := int32(len(g.rules))
	for i := range g.rules {
		if mark[i] != 0 {
			continue
		}
		mark[i] = open
		for path := []step{{rule: int32(i)}}; len(path) > 0; {
			s := &path[len(path)-1]
			calls := g.states[g.rules[s.rule].start].calls
			if s.at == len(calls) {
				mark[s.rule] = done
				rank--
				g.rules[s.rule].rank = rank
				path = path[:len(path)-1]
				continue
			}
			to := calls[s.at].rule
			s.at++
			switch mark[to] {
			case open:
				return invalid("", "%s begins with itself", g.rules[to].name)
			case 0:
				mark[to] = open
				path = append(path, step{rule: to})
			}
		}
	}
	return nil
}

func (g *Grammar) step(state int32, b byte) int32 {
	return g.next[int(state)*g.width+int(g.classes[b])]
}

// Uses says which bytes texts of the language can hold.
func (g *Grammar) Uses() (used [256]bool) {
	var classes [256]bool
	for i, to := range g.next {
		if to >= 0 {
			classes[i%g.width] = true
		}
	}
	for b := range used {
		used[b] = classes[g.classes[b]]
	}
	return used
}

// byRank orders rules so that each comes after those that may call it at their start.
func (g *Grammar) byRank(a, b int32) int { return cmp.Compare(g.rules[a].rank, g.rules[b].rank) }
