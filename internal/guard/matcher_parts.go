package guard

// onePart reads a character in the view of parts: rows of characters that are the
// parts of another one count as that, the longest first.
func (m *Matcher) onePart(k mark, at int) {
	class := uint16(0)
	if k.raw < tableSize {
		class = m.l.partClass[k.raw]
	}
	for {
		next, ok := int32(rootState), false
		if class != 0 && m.plains < partsMax {
			next, ok = m.l.parts.next(m.partState, class)
		}
		if ok {
			m.plain[m.plains] = at
			m.plains++
			m.partState = next
			return
		}
		if m.plains == 0 {
			m.takePlain(at)
			return
		}
		m.takeFirst()
	}
}

// flushParts takes all that waits.
func (m *Matcher) flushParts() {
	for m.plains > 0 {
		m.takeFirst()
	}
}

// takeFirst takes the longest row of parts at the beginning of what waits, or its
// first character alone, and reads the rest again.
func (m *Matcher) takeFirst() {
	state, best, whole := int32(rootState), 1, rune(0)
	for i := range m.plains {
		state, _ = m.l.parts.next(state, m.l.partClass[m.mark(m.plain[i]).raw])
		if ends := m.l.parts.ends(state); len(ends) > 0 {
			best, whole = i+1, m.l.whole[ends[0]]
		}
	}
	if whole != 0 {
		m.takeWhole(whole, m.plain[0], m.plain[best-1])
	} else {
		m.takePlain(m.plain[0])
	}
	rest := m.plain
	n := m.plains
	m.plains, m.partState = 0, rootState
	for _, at := range rest[best:n] {
		m.onePart(*m.mark(at), at)
	}
}

func (m *Matcher) takePlain(at int) {
	k := m.mark(at)
	class := uint16(k.flags & classMask)
	switch {
	case class != 0:
		if m.parts.push(class, at, at, 0) {
			m.found(&m.parts, Parts)
		}
	case k.flags&isSymbol != 0:
		m.parts.skip()
	default:
		m.parts.reset()
	}
}

func (m *Matcher) takeWhole(r rune, first, last int) {
	if m.parts.push(uint16(m.l.char[r]&classMask), first, last, 1) {
		m.found(&m.parts, Parts)
	}
}
