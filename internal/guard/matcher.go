package guard

import "unicode/utf8"

const (
	skipsMax = 3   // symbols between two characters of a word
	ringSize = 512 // characters a stream remembers: more than a word with its symbols, and context
	viewRing = 64  // units remembered by a view, more than unitsMax
	partsMax = 8   // characters that are the parts of one
	runMax   = 60  // letters of pinyin in one piece
	beside   = 3   // characters beside a candidate that say whether it is ordinary
)

// Match is a word found in a text.
type Match struct {
	Word       int // index into the library's words
	View       Views
	Start, End int // bytes of the text as it was
}

// mark is a character as it was read: what it is, and where in the text.
type mark struct {
	r, raw     rune
	start, end int32 // texts are far shorter than what this counts
	flags      uint32
	bits       int32 // cost of the text up to here in its likeliest reading; see likelihood.go
}

// unit is a symbol of a view's alphabet: which marks it stands for, and how many
// gaps and how many characters made of parts there were up to it.
type unit struct {
	first, last int
	gaps, whole int32
}

// track is one automaton on its way through the text.
type track struct {
	a     *automaton
	state int32
	skips int
	n     int
	gaps  int32
	whole int32
	units [viewRing]unit
}

// candidate is a match that what follows may still refute.
type candidate struct {
	word        int32
	row         int32 // of sounds; -1 in other views
	view        Views
	first, last int // marks
	need        int // marks that must have been read to decide
	gaps, whole int32
	units       int
}

// reading is what was read of a text, and what candidates in it are judged by. A
// stream keeps the last marks in a ring; who has the whole text keeps them all.
type reading struct {
	l      *Library
	views  Views
	n      int // marks read
	marks  []mark
	mask   int // of indices into marks
	likely likelihood
}

// Matcher reads a text in pieces and finds words in it.
type Matcher struct {
	reading
	pos int // bytes read

	surface, literal, leet track
	parts                  track
	spelled                [4]track // the phonetic view; more than one while an emoji has several readings
	paths                  int
	letters                []byte        // of the run of Latin letters being read
	runFirst               int           // its first mark
	reach                  uint64        // places in it where a syllable may begin
	plain                  [partsMax]int // marks that may be parts of a character
	plains                 int
	partState              int32

	pending []candidate
	Found   []Match // decided; whoever reads them empties it
}

// NewMatcher begins a text. Views that need whole texts are left out: see [Library.Find].
func (l *Library) NewMatcher(v Views) *Matcher {
	m := &Matcher{reading: reading{l: l, views: v & Streaming, marks: make([]mark, ringSize), mask: ringSize - 1}}
	m.surface.a, m.literal.a, m.leet.a, m.parts.a = l.surface, l.literal, l.leet, l.surface
	m.spelled[0].a, m.paths = l.phonetic, 1
	return m
}

// Feed reads on.
func (m *Matcher) Feed(text string) {
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		f := uint32(0)
		if r < tableSize {
			f = m.l.char[r]
		} else if invisible(r) {
			f = isDropped
		}
		start := m.pos
		m.pos += size
		i += size
		switch {
		case f&isDropped != 0:
		case f&isSeveral != 0:
			for _, c := range m.l.several[r] {
				m.one(mark{r: c, raw: r, start: int32(start), end: int32(m.pos), flags: m.l.char[c]})
			}
		default:
			m.one(mark{r: r, raw: r, start: int32(start), end: int32(m.pos), flags: f})
		}
	}
}

// Settle decides what waits to see what follows, as if nothing did; words that have
// begun may still go on.
func (m *Matcher) Settle() {
	m.endRun()
	m.flushParts()
	m.decide(true)
}

// End says that nothing follows.
func (m *Matcher) End() {
	m.Settle()
	m.surface.reset()
	m.literal.reset()
	m.leet.reset()
	m.parts.reset()
	m.hush()
}

// Held is the byte from which on the text may still become part of a match.
func (m *Matcher) Held() int {
	at := m.pos
	at = min(at, m.heldBy(&m.surface))
	if m.literal.a != nil {
		at = min(at, m.heldBy(&m.literal))
	}
	if m.leet.state != 0 {
		at = min(at, m.heldBy(&m.leet))
	}
	for i := range m.paths {
		at = min(at, m.heldBy(&m.spelled[i]))
	}
	if m.views&Parts != 0 {
		at = min(at, m.heldBy(&m.parts))
		if m.plains > 0 {
			at = min(at, m.startOf(m.plain[0]))
		}
	}
	if len(m.letters) > 0 {
		at = min(at, m.startOf(m.runFirst))
	}
	for i := range m.pending {
		at = min(at, m.startOf(m.pending[i].first))
	}
	return at
}

func (m *reading) mark(i int) *mark { return &m.marks[i&m.mask] }

func (m *reading) startOf(i int) int { return int(m.mark(i).start) }

func (m *Matcher) heldBy(t *track) int {
	if t.state == rootState {
		return m.pos
	}
	d := t.a.depth(t.state)
	return m.startOf(t.units[(t.n-d)&(viewRing-1)].first)
}

func (t *track) reset() { t.state, t.skips = rootState, 0 }

// skip passes a symbol.
func (t *track) skip() {
	if t.state == rootState {
		return
	}
	if t.skips++; t.skips > skipsMax {
		t.reset()
	}
}

// push goes on by one unit and reports whether words end there.
func (t *track) push(class uint16, first, last int, whole int32) bool {
	if t.skips > 0 {
		t.gaps++
		t.skips = 0
	}
	t.whole += whole
	t.units[t.n&(viewRing-1)] = unit{first: first, last: last, gaps: t.gaps, whole: t.whole}
	t.n++
	t.state = t.a.step(t.state, class)
	return t.a.nodes[t.state].out&outIndexMax != 0
}

// one reads one character in all views.
func (m *Matcher) one(k mark) {
	at := m.n
	if m.views&weighed != 0 {
		k.bits = m.likely.next(m.l, &k)
	}
	m.marks[at&m.mask] = k
	m.n++
	f := k.flags
	class := uint16(f & classMask)
	switch {
	case class != 0:
		if m.surface.push(class, at, at, 0) {
			m.found(&m.surface, Surface)
		}
	case f&isSymbol != 0:
		m.surface.skip()
	default:
		m.surface.reset()
	}
	if m.literal.a != nil {
		m.oneLiteral(k, at)
	}
	if m.leet.a != nil && m.views&Leet != 0 {
		m.oneLeet(k, at)
	}
	if m.views&(Phonetic|Fuzzy|Initials) != 0 {
		m.oneSound(k, at)
	}
	if m.views&Parts != 0 {
		m.onePart(k, at)
	}
	if len(m.pending) > 0 {
		m.decide(false)
	}
}

func (m *Matcher) oneLiteral(k mark, at int) {
	class := m.l.literalClass[m.l.foldOf(&k)]
	if class == 0 {
		m.literal.reset()
	} else if m.literal.push(class, at, at, 0) {
		m.found(&m.literal, Surface)
	}
}

func (m *Matcher) oneLeet(k mark, at int) {
	class := uint16(0)
	if k.r < 128 {
		class = m.l.leetClass[k.r]
	}
	switch {
	case class != 0:
		if m.leet.push(class, at, at, 0) {
			m.found(&m.leet, Leet)
		}
	case k.flags&isSymbol != 0:
		m.leet.skip()
	default:
		m.leet.reset()
	}
}

// found notes the words that end where a track stands.
func (m *Matcher) found(t *track, v Views) {
	dull := 0 // the length at which, here, nothing is more than ordinary text
	for _, id := range t.a.ends(t.state) {
		word, row, n := id, int32(-1), 0
		switch v {
		case Phonetic:
			word, row, n = m.l.soundWord[id], id, len(m.l.soundsOf(id))
		default:
			n = int(m.l.length[id])
		}
		if n == dull {
			continue
		}
		first, last := t.units[(t.n-n)&(viewRing-1)], t.units[(t.n-1)&(viewRing-1)]
		c := candidate{word: word, row: row, view: v, first: first.first, last: last.last, units: n,
			gaps: last.gaps - first.gaps, whole: last.whole - first.whole}
		if v == Parts {
			if first.first != first.last && c.whole < int32(n) {
				c.whole++ // the first unit's own is not in the difference
			}
			if c.whole == 0 {
				continue
			}
		}
		if v == Phonetic {
			if !m.standsOut(c.first) {
				continue
			}
			if m.gainSoFar(&c) < gapSound { // what follows can only make it more ordinary
				dull = n
				continue
			}
			if m.asItIs(&c) {
				continue
			}
		}
		c.need = c.last + 1
		switch {
		case v != Surface && v != Leet, c.gaps > 0:
			c.need += beside
		case m.mark(c.last).flags&isWord != 0:
			c.need++
		}
		m.pending = append(m.pending, c)
	}
}

// asItIs reports whether a candidate is written with the word's own characters, which
// is for the surface view to find.
func (m *reading) asItIs(c *candidate) bool {
	for i := c.first; i <= c.last; i++ {
		k := m.mark(i)
		if k.flags&isSymbol == 0 && (k.flags&isHan == 0 || !m.isOf(c.word, k)) {
			return false
		}
	}
	return true
}

// decide takes the candidates whose surroundings are known.
func (m *Matcher) decide(end bool) {
	kept := m.pending[:0]
	for _, c := range m.pending {
		if !end && m.n < c.need && !m.known(&c) {
			kept = append(kept, c)
			continue
		}
		if v, ok := m.holds(&c); ok {
			m.Found = append(m.Found, m.match(&c, v))
		}
	}
	m.pending = kept
}

func (m *reading) match(c *candidate, v Views) Match {
	return Match{Word: int(c.word), View: v, Start: int(m.mark(c.first).start), End: int(m.mark(c.last).end)}
}

// known reports whether enough follows a candidate already: what is not Chinese ends
// what could be ordinary Chinese.
func (m *Matcher) known(c *candidate) bool {
	for i := c.last + 1; i < m.n; i++ {
		if m.mark(i).flags&isHan == 0 {
			return true
		}
	}
	return false
}
