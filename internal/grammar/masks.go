package grammar

import (
	"slices"
	"sync"
)

// Masks knows which tokens of a vocabulary fit where in a grammar.
type Masks struct {
	*Grammar
	vocabulary *Vocabulary

	mu    sync.Mutex
	walks []*walk // by state
	bytes int     // that what is remembered takes
	visit int     // nodes of the trie looked at
	m     machine
	below []level // by depth in the trie
	frame []*frame
	lists [][]reading
	set   []uint64
	ids   []int32
	seen  []visited
}

// walk is what is known of going through the vocabulary from a state, or on from
// where another walk has come to the end of its rule.
type walk struct {
	tokens []int32  // those that fit, whoever called the rule
	set    []uint64 // the same as a set, where they are many; tokens is nil then
	ends   []int32  // nodes at which the rule ends and longer tokens go on
	next   map[int32]*walk
}

// level is what can be read at a node: mostly one thing, a state in the frame of that
// number, else, with a state below 0, the list of that number. Pointers would cost more
// than all else here.
type level struct{ state, at int32 }

// visited is a walk that was followed into a frame.
type visited struct {
	*walk
	*frame
}

// Bind prepares masks of a grammar for a vocabulary.
func Bind(g *Grammar, v *Vocabulary) *Masks {
	m := &Masks{Grammar: g, vocabulary: v, walks: make([]*walk, len(g.states)), m: machine{Grammar: g}}
	m.set = make([]uint64, m.Words())
	for i := 0; i < len(g.states) && m.visit < warmVisits; i++ {
		if g.states[i].moves {
			m.from(int32(i))
		}
	}
	return m
}

// Words is how many numbers a mask has: a bit for each token.
func (m *Masks) Words() int { return (m.vocabulary.Size() + 63) / 64 }

// Mask writes into set, of [Masks.Words] numbers, which tokens may come next.
func (m *Masks) Mask(s *State, set []uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bytes > rememberMax {
		clear(m.walks)
		m.bytes = 0
	}
	clear(set)
	m.seen = m.seen[:0]
	for _, r := range s.readings {
		if m.states[r.state].moves {
			m.collect(set, m.from(r.state), r.frame)
		}
	}
}

// collect adds the tokens of a walk within a frame, and those that go on with its
// callers.
func (m *Masks) collect(set []uint64, w *walk, f *frame) {
	w.addTo(set)
	if len(w.ends) == 0 {
		return
	}
	v := visited{w, f}
	if slices.Contains(m.seen, v) {
		return
	}
	m.seen = append(m.seen, v)
	for _, c := range f.callers {
		m.follow(set, w, f.rule, c)
	}
}

// follow is collect for one caller of a rule.
func (m *Masks) follow(set []uint64, w *walk, rule int32, c caller) {
	for {
		if c.min <= 1 && c.frame != nil {
			m.collect(set, m.on(w, c.to), c.frame)
		}
		if c.max == 1 {
			return
		}
		w, c = m.on(w, m.rules[rule].start), c.again()
		w.addTo(set)
		if len(w.ends) == 0 {
			return
		}
	}
}

func (w *walk) addTo(set []uint64) {
	for i, word := range w.set {
		set[i] |= word
	}
	for _, id := range w.tokens {
		set[id>>6] |= 1 << (id & 63)
	}
}

// from is the walk from a state, by its own bytes alone: what it calls are other
// readings.
func (m *Masks) from(state int32) *walk {
	if m.walks[state] == nil {
		start := []reading{{state, &frame{-1, bottom()}}}
		m.walks[state] = m.explore(start, []int32{0})
	}
	return m.walks[state]
}

// on is the walk in a state, its calls included, from where another one ended.
func (m *Masks) on(w *walk, state int32) *walk {
	if next := w.next[state]; next != nil {
		return next
	}
	if w.next == nil {
		w.next = map[int32]*walk{}
	}
	m.m.enter(state, &frame{-1, bottom()})
	m.m.push()
	start, done := slices.Clone(m.m.readings), m.m.done
	m.m.reset()
	next := m.explore(start, w.ends)
	if done {
		next.ends = sorted(append(next.ends, w.ends...))
	}
	w.next[state] = next
	return next
}

func sorted(nodes []int32) []int32 {
	slices.Sort(nodes)
	return slices.Compact(nodes)
}

// explore walks through the vocabulary below the given nodes.
func (m *Masks) explore(start []reading, nodes []int32) *walk {
	w := &walk{}
	m.ids = m.ids[:0]
	v := m.vocabulary
	for _, n := range nodes {
		if len(start) == 0 {
			break
		}
		m.frame, m.lists = m.frame[:0], m.lists[:0]
		m.below = append(m.below[:0], m.level(start))
		if n != 0 || len(start) > 1 {
			m.descend(w, n+1, v.after[n], v.depth[n])
			continue
		}
		for b, child := range v.begins { // most states go on with few bytes
			if child != 0 && m.step(start[0].state, byte(b)) >= 0 {
				m.descend(w, child, v.after[child], 0)
			}
		}
	}
	w.ends = sorted(w.ends)
	m.bytes += 4*len(w.ends) + 100
	const listed = 32 // a list takes no more room than a set up to this share
	if len(m.ids) <= m.vocabulary.Size()/listed {
		w.tokens = slices.Clone(m.ids)
		m.bytes += 4 * len(w.tokens)
		return w
	}
	w.set = make([]uint64, m.Words())
	for _, id := range m.ids {
		w.set[id>>6] |= 1 << (id & 63)
	}
	m.bytes += 8 * len(w.set)
	return w
}

// level notes what can be read.
func (m *Masks) level(readings []reading) level {
	if len(readings) == 1 {
		m.frame = append(m.frame, readings[0].frame)
		return level{readings[0].state, int32(len(m.frame) - 1)}
	}
	m.lists = append(m.lists, slices.Clone(readings))
	return level{-1, int32(len(m.lists) - 1)}
}

// descend goes through a part of the trie, below a node of some depth. A state that neither calls nor accepts
// needs no machine: that is most of a string.
func (m *Masks) descend(w *walk, from, to int32, base uint16) {
	v := m.vocabulary
	for n := from; n < to; {
		m.visit++
		d := int(v.depth[n] - base)
		before := m.below[d-1]
		m.below = m.below[:d]
		if before.state >= 0 {
			next := m.step(before.state, v.label[n])
			if next < 0 {
				n = v.after[n]
				continue
			}
			if m.states[next].plain {
				m.ids = append(m.ids, v.at(n)...)
				m.below = append(m.below, level{next, before.at})
				n++
				continue
			}
		}
		n = m.reach(w, before, n)
	}
}

// reach goes to a node by way of the machine, and says which is the next to look at.
func (m *Masks) reach(w *walk, before level, n int32) int32 {
	v := m.vocabulary
	one := [1]reading{}
	readings := one[:]
	if before.state >= 0 {
		one[0] = reading{before.state, m.frame[before.at]}
	} else {
		readings = m.lists[before.at]
	}
	m.m.read(readings, v.label[n])
	done, more := m.m.done, len(m.m.readings) > 0
	var after level
	if more {
		after = m.level(m.m.readings)
	}
	m.m.reset()
	if !more && !done {
		return v.after[n]
	}
	m.ids = append(m.ids, v.at(n)...)
	if done && v.after[n] > n+1 {
		w.ends = append(w.ends, n)
	}
	if !more {
		return v.after[n]
	}
	m.below = append(m.below, after)
	return n + 1
}

// Take is the state after a token, nil if it does not fit.
func (m *Masks) Take(s *State, id int32) *State {
	if id < 0 || int(id) >= m.vocabulary.Size() {
		return nil
	}
	t := m.vocabulary.all[id]
	asText := m.Read(s, t.Text)
	if t.Marker == "" {
		return asText
	}
	asMarker := m.Read(s, marked(t.Marker))
	if asText == nil || asMarker == nil {
		if asText == nil {
			return asMarker
		}
		return asText
	}
	both := &State{done: asText.done || asMarker.done, readings: slices.Clone(asText.readings)}
	for _, r := range asMarker.readings {
		if !slices.Contains(both.readings, r) {
			both.readings = append(both.readings, r)
		}
	}
	return both
}

// Read is the state after a piece of text, nil if none goes on so or the piece is
// empty.
func (g *Grammar) Read(s *State, text string) *State {
	if text == "" {
		return nil
	}
	for i := 0; i < len(text) && s != nil; i++ {
		s = g.Step(s, text[i])
	}
	return s
}

// Matches reports whether a text belongs to the language.
func (g *Grammar) Matches(text string) bool {
	s := g.Start()
	if text != "" {
		s = g.Read(s, text)
	}
	return s != nil && s.Done()
}
