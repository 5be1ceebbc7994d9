package guard

// holds decides a candidate: the view it counts for, and whether it stands.
func (m *reading) holds(c *candidate) (Views, bool) {
	if m.glued(c) || !m.spacedEvenly(c) {
		return 0, false
	}
	word := &m.l.Words[c.word]
	if c.view == Surface || c.view == Leet {
		return c.view, c.gaps == 0 || !m.ordinaryGap(c)
	}
	if word.Action == Allow {
		return 0, false
	}
	view := c.view
	if view == Phonetic {
		if view = m.soundView(c); view == 0 {
			return 0, false
		}
	}
	return view, m.views&view != 0 && !m.ordinary(c)
}

// glued reports whether the candidate begins or ends inside a word of letters.
func (m *reading) glued(c *candidate) bool {
	first, last := m.mark(c.first), m.mark(c.last)
	if first.flags&isWord != 0 && c.first > 0 && m.mark(c.first-1).flags&isWord != 0 {
		return true
	}
	return last.flags&isWord != 0 && c.last+1 < m.n && m.mark(c.last+1).flags&isWord != 0
}

// spacedEvenly refuses words of letters with gaps in some places only: "is better"
// is not "sb", "s b c" may be.
func (m *reading) spacedEvenly(c *candidate) bool {
	if c.gaps == 0 || !m.l.latin[c.word] || c.view == Phonetic {
		return true
	}
	return c.units >= 3 && int(c.gaps) == c.units-1
}

// ordinaryGap reports whether every gap is what ordinary text has there: marks of
// punctuation between characters that belong to words of their own.
func (m *reading) ordinaryGap(c *candidate) bool {
	for i := c.first + 1; i < c.last; i++ {
		k := m.mark(i)
		if k.flags&isSymbol == 0 {
			continue
		}
		if k.flags&isPlain == 0 {
			return false
		}
		if !m.inWord(i-1) && !m.inWord(i+1) {
			return false
		}
	}
	return true
}

// soundView is Phonetic where every syllable is exactly the word's, else Fuzzy; 0
// where nothing is written differently, or digits are part of a number.
func (m *reading) soundView(c *candidate) Views {
	want := m.l.soundsOf(c.row)
	other, exact := 0, true
	j := 0
	for i := c.first; i <= c.last && j < len(want); {
		k := m.mark(i)
		switch {
		case k.flags&isSymbol != 0 && k.flags&isEmoji == 0:
			i++
			continue
		case k.flags&isLatin != 0:
			name := m.l.syllables.names[want[j]]
			n := m.latinLength(i, name, c.last)
			exact = exact && m.spells(i, name, n)
			i += n
			other++
		case k.flags&isDigit != 0 && k.flags&isHan == 0:
			if i > 0 && m.mark(i-1).flags&(isDigit|isLatin) != 0 || i+1 < m.n && m.mark(i+1).flags&(isDigit|isLatin) != 0 {
				return 0
			}
			i++
			other++
		case k.flags&isHan != 0:
			if !m.isOf(c.word, k) {
				other++
				exact = exact && m.l.reads(k.raw, want[j])
			}
			i++
		default: // an emoji
			i++
			other++
		}
		j++
	}
	switch {
	case other == 0:
		return 0
	case exact:
		return Phonetic
	}
	return Fuzzy
}

func (m *reading) letterAt(i int) byte { return m.l.asciiOf(m.mark(i).r) }

// latinLength is how many letters from a mark on spell a syllable, fuzzily or exactly.
func (m *reading) latinLength(i int, want string, last int) int {
	best := 1
	var b []byte
	for n := 1; n <= 6 && i+n-1 <= last && m.mark(i+n-1).flags&isLatin != 0; n++ {
		b = append(b, m.letterAt(i+n-1))
		if string(b) == want || fuzzy(string(b)) == fuzzy(want) {
			best = n
		}
	}
	return best
}

func (m *reading) spells(i int, want string, n int) bool {
	if n != len(want) {
		return false
	}
	for j := range n {
		if m.letterAt(i+j) != want[j] {
			return false
		}
	}
	return true
}

// reads reports whether a character can be read so, tones aside.
func (l *Library) reads(r rune, syllable uint16) bool {
	if r < 0x10000 && l.readings[r] != readSeveral {
		return l.readings[r] == syllable
	}
	if s, ok := l.tables.simplified[r]; ok && len(l.tables.readings[r]) == 0 {
		r = s
	}
	for _, s := range l.tables.readings[r] {
		if s == l.syllables.names[syllable] {
			return true
		}
	}
	return false
}

// isOf reports whether a character occurs in a word.
func (m *reading) isOf(word int32, k *mark) bool {
	c := m.l.foldOf(k)
	for _, r := range m.l.folded[word] {
		if r == c {
			return true
		}
	}
	return false
}

// ordinary reports whether a candidate is ordinary text that only reads, or looks,
// like the word.
func (m *reading) ordinary(c *candidate) bool {
	if c.view == Initials {
		return m.ordinaryLetters(c)
	}
	limit := int32(gapSound)
	if c.view == Parts {
		limit = gapParts
	}
	return m.gain(c.first, c.last) < limit
}

// commonLetters are abbreviations that stand in ordinary Chinese text.
var commonLetters = map[string]bool{"up": true, "vs": true, "cp": true, "ok": true, "no": true, "tv": true, "ps": true, "pk": true, "ip": true, "id": true,
	"ai": true, "it": true, "qq": true, "wx": true, "app": true, "vip": true, "pc": true, "hr": true, "gdp": true, "cpu": true, "bgm": true, "dna": true, "xp": true,
	"hi": true, "my": true, "so": true, "to": true, "go": true, "we": true, "by": true, "ui": true, "pr": true, "mv": true, "cd": true, "dj": true, "kg": true, "km": true, "cm": true, "mm": true, "ml": true, "gb": true, "mb": true}

func (m *reading) ordinaryLetters(c *candidate) bool {
	var b []byte
	for i := c.first; i <= c.last; i++ {
		b = append(b, m.letterAt(i))
	}
	return commonLetters[string(b)]
}

// inWord reports whether a character is part of an ordinary word of at least two
// characters, as the text stands.
func (m *reading) inWord(i int) bool {
	if i < 0 || i >= m.n || m.mark(i).flags&isHan == 0 {
		return false
	}
	var rs [2*beside + 1]rune // the characters around it, itself in the middle
	lo, hi := beside, beside
	rs[beside] = m.l.simpleOf(m.mark(i))
	for lo > 0 && i-(beside-lo)-1 >= 0 {
		k := m.mark(i - (beside - lo) - 1)
		if k.flags&isHan == 0 {
			break
		}
		lo--
		rs[lo] = m.l.simpleOf(k)
	}
	for hi < 2*beside && i+hi-beside+1 < m.n {
		k := m.mark(i + hi - beside + 1)
		if k.flags&isHan == 0 {
			break
		}
		hi++
		rs[hi] = m.l.simpleOf(k)
	}
	return m.l.covered(rs[lo:hi+1], beside-lo)
}

// covered reports whether a word of the dictionary covers rs[at].
func (l *Library) covered(rs []rune, at int) bool {
	for n := 2; n <= 4; n++ {
		for from := max(0, at-n+1); from <= at && from+n <= len(rs); from++ {
			rank, longer := l.tables.words.pair(rs[from], rs[from+1])
			if n == 2 && rank != 0 || n > 2 && longer != 0 && l.tables.words.rank(rs[from:from+n]) != 0 {
				return true
			}
		}
	}
	return false
}
