package guard

import "slices"

// automaton finds all words of a set in one pass (Aho and Corasick 1975), over a
// double array (Aoe 1989): four integers a node and one read for a step that stays
// in a word. Symbols are classes of characters, from 1; class 0 is in no word.
//
// A state is the longest end of the text that begins a word. Its depth is therefore
// how many symbols may still become one, which is what a filter holds.
type automaton struct {
	nodes []node
	first []int32   // the state after each class from the root: most steps end there
	outs  [][]int32 // words that end at a state, by the index its node names; 0 is none
}

type node struct {
	base, check, fail int32
	out               uint32 // depth << 24 | index into outs
}

const (
	rootState   = 0
	unitsMax    = 60 // of a word; longer ones are refused
	outIndexMax = 1<<24 - 1
)

// compile builds the automaton. words are rows of classes; their numbers are what
// matches carry.
//
// Classes are numbered anew, the commonest lowest: the array gets denser, and what
// is used most lies together. The row that comes back says how.
func compile(words [][]uint16) (*automaton, []uint16) {
	renumbered := byFrequency(words)
	for _, w := range words {
		for i, c := range w {
			w[i] = renumbered[c]
		}
	}
	return build(words), renumbered
}

// byFrequency is the new number of every class.
func byFrequency(words [][]uint16) []uint16 {
	var count []int
	for _, w := range words {
		for _, c := range w {
			for int(c) >= len(count) {
				count = append(count, 0)
			}
			count[c]++
		}
	}
	order := make([]uint16, len(count))
	for i := range order {
		order[i] = uint16(i)
	}
	if len(order) > 1 {
		slices.SortStableFunc(order[1:], func(a, b uint16) int { return count[b] - count[a] })
	}
	renumbered := make([]uint16, len(count))
	for i, c := range order {
		renumbered[c] = uint16(i)
	}
	return renumbered
}

// compileOver compiles words over an alphabet, whose classes it renumbers.
func compileOver[K comparable](class map[K]uint16, words [][]uint16) *automaton {
	a, renumbered := compile(words)
	for k, c := range class {
		class[k] = renumbered[c]
	}
	return a
}

func build(words [][]uint16) *automaton {
	t := newTrie(words)
	a := &automaton{outs: [][]int32{nil}}
	a.place(t)
	a.link(t)
	for _, k := range t.kids[0] {
		for int(k.class) >= len(a.first) {
			a.first = append(a.first, rootState)
		}
		a.first[k.class] = a.nodes[rootState].base + int32(k.class)
	}
	return a
}

// trie is the set before it is packed.
type trie struct {
	kids [][]edge
	ends [][]int32
}

type edge struct {
	class uint16
	to    int32
}

func newTrie(words [][]uint16) *trie {
	t := &trie{kids: make([][]edge, 1), ends: make([][]int32, 1)}
	order := make([]int32, len(words))
	for i := range order {
		order[i] = int32(i)
	}
	// In order, words share their beginnings with the one before, so that the last
	// edge of a node is the only one to look at.
	slices.SortFunc(order, func(a, b int32) int { return slices.Compare(words[a], words[b]) })
	for _, id := range order {
		at := int32(0)
		for _, c := range words[id] {
			kids := t.kids[at]
			if n := len(kids); n > 0 && kids[n-1].class == c {
				at = kids[n-1].to
				continue
			}
			to := int32(len(t.kids))
			t.kids[at] = append(kids, edge{c, to})
			t.kids, t.ends = append(t.kids, nil), append(t.ends, nil)
			at = to
		}
		if len(words[id]) > 0 {
			t.ends[at] = append(t.ends[at], id)
		}
	}
	return t
}

// place puts the trie into the array, level by level.
func (a *automaton) place(t *trie) {
	p := packing{a: a}
	p.grow(4096)
	p.take(0)
	p.from = p.next[0]
	a.nodes[0].check = -1
	queue, where := []int32{0}, make([]int32, len(t.kids))
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		kids := t.kids[n]
		if len(kids) == 0 {
			continue
		}
		base, s := p.room(kids), where[n]
		a.nodes[s].base = base
		for _, k := range kids {
			at := base + int32(k.class)
			p.take(at)
			a.nodes[at] = node{check: s, out: (a.nodes[s].out>>24 + 1) << 24}
			if ends := t.ends[k.to]; len(ends) > 0 && len(a.outs) < outIndexMax {
				a.nodes[at].out |= uint32(len(a.outs))
				a.outs = append(a.outs, ends)
			}
			where[k.to] = at
			queue = append(queue, k.to)
		}
	}
}

// packing knows which places of the array are free, in order.
type packing struct {
	a          *automaton
	next, prev []int32 // free places; the first is after 0, and -1 ends them
	last       int32   // free place
	from       int32   // where the search for a node with several edges goes on
}

const (
	unused   = -2
	triesMax = 4096 // places looked at before the end is taken
	fewEdges = 6    // of a node whose search tells that a stretch is crowded
)

func (p *packing) grow(to int32) {
	for n := int32(len(p.next)); n <= to; n++ {
		p.a.nodes = append(p.a.nodes, node{check: unused})
		p.next, p.prev = append(p.next, -1), append(p.prev, p.last)
		if n > 0 {
			p.next[p.last] = n
		}
		p.last = n
	}
}

func (p *packing) take(at int32) {
	if at == 0 {
		return // the root is the head of the list
	}
	prev, next := p.prev[at], p.next[at]
	p.next[prev] = next
	if next >= 0 {
		p.prev[next] = prev
	} else {
		p.last = prev
	}
}

// room finds a base whose places for the edges are all free. One edge fits wherever a
// place is free; for several, the search goes on where the last one ended, as what it
// passed over is crowded.
func (p *packing) room(kids []edge) int32 {
	first, last := int32(kids[0].class), int32(kids[len(kids)-1].class)
	at := p.next[0]
	if len(kids) > 1 {
		at = p.from
	}
	for tries := 0; tries < triesMax; tries++ {
		for at >= 0 && (p.a.nodes[at].check != unused || at-first < 1) {
			at = p.next[at] // of places that were taken, too: it leads onwards
		}
		if at < 0 {
			break
		}
		base := at - first
		p.grow(base + last)
		if !slices.ContainsFunc(kids, func(k edge) bool { return p.a.nodes[base+int32(k.class)].check != unused }) {
			return base
		}
		if at = p.next[at]; len(kids) > 1 && len(kids) < fewEdges && at >= 0 {
			p.from = at
		}
	}
	base := int32(len(p.next))
	p.grow(base + last)
	return base
}

// link sets where a state goes on when its word does not, and joins what ends there.
func (a *automaton) link(t *trie) {
	type at struct{ node, state int32 }
	queue := []at{{0, rootState}}
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		for _, k := range t.kids[p.node] {
			s := a.nodes[p.state].base + int32(k.class)
			if p.state != rootState {
				f := a.step(a.nodes[p.state].fail, k.class)
				a.nodes[s].fail = f
				a.join(s, f)
			}
			queue = append(queue, at{k.to, s})
		}
	}
}

func (a *automaton) join(s, f int32) {
	own, more := a.nodes[s].out&outIndexMax, a.nodes[f].out&outIndexMax
	switch {
	case more == 0:
	case own == 0:
		a.nodes[s].out |= more
	default:
		a.outs[own] = slices.Concat(a.outs[own], a.outs[more])
	}
}

// step is the state after one more symbol.
func (a *automaton) step(s int32, class uint16) int32 {
	for {
		n := &a.nodes[s]
		if t := int(n.base) + int(class); t < len(a.nodes) && a.nodes[t].check == s && t != rootState {
			return int32(t)
		}
		if s == rootState {
			return rootState
		}
		if s = n.fail; s == rootState && int(class) < len(a.first) {
			return a.first[class]
		}
	}
}

// next is the state after one more symbol of the same word; false if there is none.
func (a *automaton) next(s int32, class uint16) (int32, bool) {
	t := int(a.nodes[s].base) + int(class)
	return int32(t), t < len(a.nodes) && a.nodes[t].check == s && t != rootState
}

// depth is how many symbols a state stands for.
func (a *automaton) depth(s int32) int { return int(a.nodes[s].out >> 24) }

// ends are the words that end at a state.
func (a *automaton) ends(s int32) []int32 { return a.outs[a.nodes[s].out&outIndexMax] }
