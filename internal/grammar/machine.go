package grammar

import "slices"

// frame is a rule that is being read: who called it, all of them at the same byte.
// Frames are shared and never change.
type frame struct {
	rule    int32
	callers []caller
}

// caller is where reading goes on when a rule ends: in state to of another frame. Of
// a counted call, min and max are how often the rule comes, this time included. Below
// everything is a caller without a frame: when that is reached, the text may end.
type caller struct {
	to       int32
	min, max int32
	frame    *frame
}

// reading is a state that a text can be at, in a frame.
type reading struct {
	state int32
	frame *frame
}

// State is what a text so far can become. It never changes.
type State struct {
	readings []reading
	done     bool // the text may end here
}

// Done reports whether the text may end here.
func (s *State) Done() bool { return s.done }

// Closed reports whether the text must end here.
func (s *State) Closed() bool { return len(s.readings) == 0 }

// machine computes states. It is for one goroutine, and empty between two of them.
type machine struct {
	*Grammar
	readings []reading
	done     bool
	ended    []*frame // whose callers went on already
	pending  []calls
	crowded  bool
}

// calls are those of one rule at the same byte.
type calls struct {
	rule    int32
	callers []caller
}

// bottom is the caller below everything.
func bottom() []caller { return []caller{{to: -1, min: 1, max: 1}} }

// Start is the state of the empty text.
func (g *Grammar) Start() *State {
	m := &machine{Grammar: g}
	m.call(0, bottom()[0])
	m.push()
	s := m.take()
	s.done = g.empty
	return s
}

// Step is the state after another byte, nil if no text of the language goes on so, or
// if it can be read in more ways than are followed.
func (g *Grammar) Step(s *State, b byte) *State {
	m := &machine{Grammar: g}
	m.read(s.readings, b)
	if m.crowded || len(m.readings) == 0 && !m.done {
		return nil
	}
	return m.take()
}

// take hands over what was computed.
func (m *machine) take() *State {
	s := &State{readings: slices.Clone(m.readings), done: m.done}
	m.reset()
	return s
}

func (m *machine) reset() {
	m.readings, m.done, m.ended, m.pending = m.readings[:0], false, m.ended[:0], m.pending[:0]
}

// read computes what follows the readings by a byte.
func (m *machine) read(from []reading, b byte) {
	for _, r := range from {
		if to := m.step(r.state, b); to >= 0 {
			m.enter(to, r.frame)
		}
	}
	m.push()
}

// enter adds a reading, and those of the callers where its rule may end.
func (m *machine) enter(state int32, f *frame) {
	s := &m.states[state]
	if s.moves || s.calls != nil {
		r := reading{state, f}
		if slices.Contains(m.readings, r) {
			return
		}
		if len(m.readings) >= readingsMax {
			m.crowded = true
			return
		}
		m.readings = append(m.readings, r)
	}
	if s.accepts {
		m.end(f)
	}
}

// end goes on with the callers of a frame.
func (m *machine) end(f *frame) {
	if slices.Contains(m.ended, f) {
		return
	}
	m.ended = append(m.ended, f)
	for _, c := range f.callers {
		if c.min <= 1 {
			m.resume(c)
		}
		if c.max != 1 {
			m.call(f.rule, c.again())
		}
	}
}

func (m *machine) resume(c caller) {
	if c.frame == nil {
		m.done = true
		return
	}
	m.enter(c.to, c.frame)
}

// again is the caller that calls once more.
func (c caller) again() caller {
	c.min = max(1, c.min-1)
	if c.max > 0 {
		c.max--
	}
	return c
}

// call notes that a rule is called. What it returns to, if that does nothing but
// return, is left out: so lists that are written as recursion take no room.
func (m *machine) call(rule int32, c caller) {
	if c.frame != nil && c.min == 1 && c.max == 1 && m.states[c.to].last {
		for _, outer := range c.frame.callers {
			if outer.min != 1 || outer.max != 1 {
				m.note(rule, c)
				return
			}
		}
		for _, outer := range c.frame.callers {
			m.note(rule, outer)
		}
		return
	}
	m.note(rule, c)
}

func (m *machine) note(rule int32, c caller) {
	for i := range m.pending {
		if p := &m.pending[i]; p.rule == rule {
			if !slices.Contains(p.callers, c) {
				p.callers = append(p.callers, c)
			}
			if len(p.callers) > readingsMax {
				m.crowded = true
			}
			return
		}
	}
	m.pending = append(m.pending, calls{rule, []caller{c}})
}

// push starts what the readings call, the rules in the order of their ranks, so that
// all callers of one are known before it starts.
func (m *machine) push() {
	for i := 0; !m.crowded; {
		for ; i < len(m.readings); i++ {
			r := m.readings[i]
			for _, c := range m.states[r.state].calls {
				m.call(c.rule, caller{c.to, c.min, c.max, r.frame})
			}
		}
		if len(m.pending) == 0 {
			return
		}
		first := 0
		for j := range m.pending {
			if m.byRank(m.pending[j].rule, m.pending[first].rule) < 0 {
				first = j
			}
		}
		c := m.pending[first]
		m.pending[first] = m.pending[len(m.pending)-1]
		m.pending = m.pending[:len(m.pending)-1]
		m.enter(m.rules[c.rule].start, &frame{c.rule, c.callers})
	}
}
