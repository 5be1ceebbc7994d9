package grammar

import (
	"encoding/binary"
	"slices"
)

// automaton is deterministic: state 0 is where it starts.
type automaton struct {
	states []state
}

type state struct {
	edges   []edge // in order, none overlapping another
	calls   []callEdge
	accepts bool
}

type edge struct {
	lo, hi byte
	to     int32
}

type callEdge struct {
	callee
	to int32
}

// callee is a rule, called so many times in a row.
type callee struct {
	rule     *rule
	min, max int32
}

// add makes an edge of a byte after those that are there, as part of the last one if
// it continues that.
func (s *state) add(b byte, to int) {
	if n := len(s.edges); n > 0 && s.edges[n-1].to == int32(to) && s.edges[n-1].hi+1 == b {
		s.edges[n-1].hi = b
		return
	}
	s.edges = append(s.edges, edge{b, b, int32(to)})
}

// next is where a byte leads; below 0 is nowhere.
func (s *state) next(b byte) int32 {
	for _, e := range s.edges {
		if e.lo <= b && b <= e.hi {
			return e.to
		}
	}
	return -1
}

// budget is what compiling may still take (G4). The first limit that is reached sticks.
type budget struct {
	places, states, work int
	err                  error
}

func newBudget() *budget { return &budget{placesMax, statesMax, workMax, nil} }

func (b *budget) take(from *int, n int) bool {
	*from -= n
	if *from < 0 && b.err == nil {
		b.err = tooLarge("", "it takes more than %d places, %d states or %d steps to compile", placesMax, statesMax, workMax)
	}
	return b.err == nil
}

// nondeterministic is an automaton as it is written down first.
type nondeterministic struct {
	*budget
	places []place
	// nullable says of rules whether they hold the empty text; nil while nobody asks.
	nullable func(*rule) bool
}

type place struct {
	free  []int32 // where one may go without a byte
	edges []edge
	calls []callEdge
}

func (n *nondeterministic) place() int32 {
	n.take(&n.budget.places, 1)
	n.places = append(n.places, place{})
	return int32(len(n.places) - 1)
}

func (n *nondeterministic) free(from, to int32) {
	n.places[from].free = append(n.places[from].free, to)
}

// add writes an expression that starts at a place and returns where it ends (Thompson
// 1968).
func (n *nondeterministic) add(x node, from int32) int32 {
	if n.err != nil {
		return from
	}
	switch x := x.(type) {
	case byteRange:
		to := n.place()
		n.places[from].edges = append(n.places[from].edges, edge{x.lo, x.hi, to})
		return to
	case seq:
		for _, part := range x {
			from = n.add(part, from)
		}
		return from
	case alt:
		to := n.place()
		for _, part := range x {
			n.free(n.add(part, from), to)
		}
		return to
	case repeat:
		return n.repeat(x, from)
	case call:
		return n.call(x, from)
	case *automaton:
		return n.automaton(x, from, false)
	case unmarked:
		return n.automaton(x.automaton, from, true)
	case escaped:
		return n.escaped(x, from)
	case members:
		return n.members(x, from)
	}
	return from // the empty text
}

func (n *nondeterministic) repeat(x repeat, from int32) int32 {
	for range min(x.min, copiesMax+1) {
		from = n.add(x.node, from)
	}
	if x.max < 0 {
		hub := n.place()
		n.free(from, hub)
		n.free(n.add(x.node, hub), hub)
		exit := n.place()
		n.free(hub, exit)
		return exit
	}
	exit := n.place()
	n.free(from, exit)
	for range min(x.max-x.min, copiesMax+1) {
		if n.err != nil {
			break
		}
		start := n.place() // not from itself: the copy may loop back to its start
		n.free(from, start)
		from = n.add(x.node, start)
		n.free(from, exit)
	}
	return exit
}

func (n *nondeterministic) call(x call, from int32) int32 {
	to := n.place()
	c := callee{x.rule, int32(x.min), int32(x.max)}
	if n.nullable != nil && n.nullable(x.rule) {
		c.min = 0
	}
	if c.min == 0 {
		n.free(from, to)
	}
	if c.max == 0 {
		return to
	}
	c.min = max(1, c.min)
	n.places[from].calls = append(n.places[from].calls, callEdge{c, to})
	return to
}

// automaton copies one, without the marks of start and end if so wanted.
func (n *nondeterministic) automaton(d *automaton, from int32, unmark bool) int32 {
	base := int32(len(n.places))
	for range d.states {
		n.place()
	}
	end := n.place()
	for i, s := range d.states {
		p := &n.places[base+int32(i)]
		for _, e := range s.edges {
			if unmark && e.lo >= endByte {
				p.free = append(p.free, base+e.to)
				continue
			}
			p.edges = append(p.edges, edge{e.lo, e.hi, base + e.to})
		}
		for _, c := range s.calls {
			p.calls = append(p.calls, callEdge{c.callee, base + c.to})
		}
		if s.accepts {
			p.free = append(p.free, end)
		}
	}
	n.free(from, base)
	return end
}

// escaped copies an automaton over texts as one over what JSON writes for them.
func (n *nondeterministic) escaped(x escaped, from int32) int32 {
	base := int32(len(n.places))
	for range x.states {
		n.place()
	}
	end := n.place()
	for i, s := range x.states {
		at := base + int32(i)
		for _, e := range s.edges {
			for b := int(e.lo); b <= int(e.hi); b++ {
				if escape := escapeOf(byte(b)); escape != "" {
					n.free(n.add(literal(escape), at), base+e.to)
				}
			}
			for _, r := range [][2]byte{{' ', '!'}, {'#', '['}, {']', 0xff}} { // what needs none
				if lo, hi := max(e.lo, r[0]), min(e.hi, r[1]); lo <= hi {
					n.places[at].edges = append(n.places[at].edges, edge{lo, hi, base + e.to})
				}
			}
		}
		if s.accepts {
			n.free(at, end)
		}
	}
	n.free(from, base)
	return end
}

// members are two rows of places: first while none has come, later after one.
func (n *nondeterministic) members(x members, from int32) int32 {
	const none = -1
	first, later := from, int32(none)
	for _, m := range x.list {
		start := n.place()
		if first != none {
			n.free(first, start)
		}
		if later != none {
			n.free(n.add(x.comma, later), start)
		}
		after := n.place()
		n.free(n.add(m.pair, start), after)
		if later != none && !m.required {
			n.free(later, after)
		}
		if later = after; m.required {
			first = none
		}
	}
	exit := n.place()
	if first != none {
		n.free(n.add(literal("}"), first), exit)
	}
	if later != none {
		n.free(n.add(x.close, later), exit)
	}
	return exit
}

// determine makes a deterministic automaton of an expression: a state is a set of
// places.
func (b *budget) determine(x node, nullable func(*rule) bool) *automaton {
	n := &nondeterministic{budget: b, nullable: nullable}
	start := n.place()
	end := n.add(x, start)
	d := &subsets{nondeterministic: n, index: map[string]int32{}, mark: make([]int, len(n.places))}
	d.state([]int32{start})
	for i := 0; i < len(d.sets) && b.err == nil; i++ {
		d.states[i].accepts = slices.Contains(d.sets[i], end)
		d.leave(i)
	}
	return &d.automaton
}

type subsets struct {
	*nondeterministic
	automaton
	sets  [][]int32
	index map[string]int32
	mark  []int // by place: the round it was last seen in
	round int
	key   []byte
}

// state is the state of a set of places and all one may go to from there.
func (d *subsets) state(places []int32) int32 {
	d.round++
	set := places[:0:0]
	for _, p := range places {
		if d.mark[p] != d.round {
			d.mark[p] = d.round
			set = append(set, p)
		}
	}
	for i := 0; i < len(set); i++ {
		for _, p := range d.places[set[i]].free {
			if d.mark[p] != d.round {
				d.mark[p] = d.round
				set = append(set, p)
			}
		}
	}
	d.take(&d.work, 1+len(set))
	slices.Sort(set)
	d.key = d.key[:0]
	for _, p := range set {
		d.key = binary.LittleEndian.AppendUint32(d.key, uint32(p))
	}
	if i, ok := d.index[string(d.key)]; ok {
		return i
	}
	d.take(&d.budget.states, 1)
	i := int32(len(d.sets))
	d.index[string(d.key)] = i
	d.sets = append(d.sets, set)
	d.states = append(d.states, state{})
	return i
}

// leave finds the edges of a state: between two bounds of edges all bytes lead to the
// same places.
func (d *subsets) leave(i int) {
	var edges []edge
	var calls []callEdge
	for _, p := range d.sets[i] {
		edges = append(edges, d.places[p].edges...)
		calls = append(calls, d.places[p].calls...)
	}
	bounds := make([]int, 0, 2*len(edges))
	for _, e := range edges {
		bounds = append(bounds, int(e.lo), int(e.hi)+1)
	}
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	d.take(&d.work, len(bounds)*(1+len(edges)/16))
	for j := 0; j+1 < len(bounds); j++ {
		var to []int32
		for _, e := range edges {
			if int(e.lo) <= bounds[j] && bounds[j] <= int(e.hi) {
				to = append(to, e.to)
			}
		}
		if len(to) == 0 {
			continue
		}
		next := d.state(to)
		s := &d.states[i]
		if n := len(s.edges); n > 0 && s.edges[n-1].to == next && int(s.edges[n-1].hi)+1 == bounds[j] {
			s.edges[n-1].hi = byte(bounds[j+1] - 1)
		} else {
			s.edges = append(s.edges, edge{byte(bounds[j]), byte(bounds[j+1] - 1), next})
		}
	}
	for len(calls) > 0 {
		same, to := calls[0].callee, []int32{}
		calls = slices.DeleteFunc(calls, func(c callEdge) bool {
			if c.callee == same {
				to = append(to, c.to)
			}
			return c.callee == same
		})
		next := d.state(to)
		d.states[i].calls = append(d.states[i].calls, callEdge{same, next})
	}
}

// both is what two automata without calls accept both.
func (b *budget) both(x, y *automaton) *automaton {
	type pair struct{ x, y int32 }
	index, pairs := map[pair]int32{{0, 0}: 0}, []pair{{0, 0}}
	d := &automaton{}
	for i := 0; i < len(pairs) && b.err == nil; i++ {
		p := pairs[i]
		s, t := x.states[p.x], y.states[p.y]
		out := state{accepts: s.accepts && t.accepts}
		for _, e := range s.edges {
			for _, f := range t.edges {
				lo, hi := max(e.lo, f.lo), min(e.hi, f.hi)
				if lo > hi {
					continue
				}
				to := pair{e.to, f.to}
				if _, ok := index[to]; !ok {
					index[to] = int32(len(pairs))
					pairs = append(pairs, to)
					b.take(&b.states, 1)
				}
				out.edges = append(out.edges, edge{lo, hi, index[to]})
			}
		}
		b.take(&b.work, len(s.edges)*len(t.edges))
		d.states = append(d.states, out)
	}
	for range pairs[len(d.states):] {
		d.states = append(d.states, state{}) // the budget is spent
	}
	return trimmed(d)
}

// trimmed leaves out the states of an automaton without calls that lead nowhere.
func trimmed(d *automaton) *automaton {
	live := d.live(nil)
	index := make([]int32, len(d.states))
	out := &automaton{}
	for i, s := range d.states {
		index[i] = -1
		if live[i] || i == 0 {
			index[i] = int32(len(out.states))
			out.states = append(out.states, s)
		}
	}
	for i := range out.states {
		s := &out.states[i]
		edges := s.edges
		s.edges = nil
		for _, e := range edges {
			if to := index[e.to]; to >= 0 && live[e.to] {
				s.edges = append(s.edges, edge{e.lo, e.hi, to})
			}
		}
	}
	return out
}

// live says from which states the end can be reached, given which rules have an end.
func (d *automaton) live(productive map[*rule]bool) []bool {
	before := make([][]int32, len(d.states)) // by state: from where one comes
	live := make([]bool, len(d.states))
	var open []int32
	for i, s := range d.states {
		for _, e := range s.edges {
			before[e.to] = append(before[e.to], int32(i))
		}
		for _, c := range s.calls {
			if productive[c.rule] {
				before[c.to] = append(before[c.to], int32(i))
			}
		}
		if s.accepts {
			live[i] = true
			open = append(open, int32(i))
		}
	}
	for len(open) > 0 {
		i := open[len(open)-1]
		open = open[:len(open)-1]
		for _, from := range before[i] {
			if !live[from] {
				live[from] = true
				open = append(open, from)
			}
		}
	}
	return live
}
