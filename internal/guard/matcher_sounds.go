package guard

// oneSound reads a character in the phonetic view and in that of initials. Letters
// are read a run at a time: where its syllables end is known when it ends.
func (m *Matcher) oneSound(k mark, at int) {
	if k.flags&isLatin != 0 {
		m.letter(k, at)
		return
	}
	if len(m.letters) > 0 {
		m.endRun()
	}
	class := uint16(0)
	if k.raw < tableSize {
		class = m.l.sound[k.raw]
	}
	switch {
	case class != 0:
		m.say(class, at, at)
	case k.flags&isEmoji != 0 && len(m.l.emoji[k.raw]) > 0:
		m.sayOneOf(m.l.emoji[k.raw], at)
	case k.flags&isSymbol != 0:
		for i := range m.paths {
			m.spelled[i].skip()
		}
	default:
		m.hush()
	}
}

// say takes a syllable.
func (m *Matcher) say(class uint16, first, last int) {
	for i := range m.paths {
		m.sound(&m.spelled[i], class, first, last)
	}
	m.merge()
}

// sound takes a syllable on one path. In a stream, what is only spelled like a word
// begins with something that stands out: letters, an emoji, a rare character. Nearly
// every other place begins like some word, and all text would be late.
func (m *Matcher) sound(t *track, class uint16, first, last int) {
	t.push(class, first, last, 0)
	for t.state != rootState && !m.standsOut(t.units[(t.n-t.a.depth(t.state))&(viewRing-1)].first) {
		t.state = t.a.nodes[t.state].fail
	}
	if t.a.nodes[t.state].out&outIndexMax != 0 {
		m.found(t, Phonetic)
	}
}

// standsOut reports whether a mark is one that words which are only spelled so begin
// with in streams.
func (m *Matcher) standsOut(at int) bool { return m.mark(at).flags&(isLatin|isEmoji|isRare) != 0 }

// sayOneOf takes any of several syllables: each on a path of its own, as far as
// there is room for paths.
func (m *Matcher) sayOneOf(classes []uint16, at int) {
	before, n := m.spelled, m.paths
	m.paths = 0
	for _, c := range classes {
		for i := range n {
			if m.paths == len(m.spelled) {
				break
			}
			t := &m.spelled[m.paths]
			*t = before[i]
			m.paths++
			m.sound(t, c, at, at)
		}
	}
	m.merge()
}

// merge ends paths that came to nothing or to the same.
func (m *Matcher) merge() {
	for i := m.paths - 1; i > 0; i-- {
		for j := range i {
			if m.spelled[i].state == rootState || m.spelled[i].state == m.spelled[j].state {
				m.paths--
				m.spelled[i] = m.spelled[m.paths]
				break
			}
		}
	}
}

func (m *Matcher) hush() {
	m.paths = 1
	m.spelled[0].reset()
}

// letter adds to the run of letters. A run that can be neither pinyin nor initials of
// a word is not remembered.
func (m *Matcher) letter(k mark, at int) {
	c := byte(k.r | 0x20)
	if k.r >= 0x80 {
		c = m.l.asciiOf(k.r)
	}
	if m.dead(at) {
		m.runFirst = -at - 1 // go on being dead
		return
	}
	if len(m.letters) == 0 {
		m.runFirst, m.reach = at, 1
	}
	m.letters = append(m.letters, c)
	n := len(m.letters)
	live := false
	for i := max(0, n-6); i < n; i++ {
		if m.reach>>i&1 == 0 {
			continue
		}
		switch kind := m.l.run[string(m.letters[i:])]; {
		case kind&isSyllable != 0:
			m.reach |= 1 << n
			fallthrough
		case kind != 0:
			live = true
		}
	}
	if n < runMax && (live || m.l.initialsBegin[string(m.letters)]) {
		return
	}
	m.letters = m.letters[:0]
	m.runFirst = -at - 1
	m.hush()
}

// dead reports whether the letter at a place goes on a run that was given up.
func (m *Matcher) dead(at int) bool { return m.runFirst < 0 && m.runFirst == -at }

// endRun reads the run of letters that ended.
func (m *Matcher) endRun() {
	if len(m.letters) == 0 {
		return
	}
	letters := string(m.letters)
	first := m.runFirst
	m.letters = m.letters[:0]
	// A digit before or after makes another word of it.
	if m.views&Initials != 0 && (first == 0 || m.mark(first-1).flags&isWord == 0) {
		for _, w := range m.l.initials[letters] {
			m.pending = append(m.pending, candidate{word: w, row: -1, view: Initials, first: first, last: first + len(letters) - 1,
				need: first + len(letters) + beside, units: len(letters)})
		}
	}
	syllables := m.l.syllabify(letters)
	if syllables == nil {
		m.hush()
		return
	}
	at := first
	for _, s := range syllables {
		if class := m.l.soundClass[fuzzy(s)]; class != 0 {
			m.say(class, at, at+len(s)-1)
		} else {
			m.hush()
		}
		at += len(s)
	}
}
