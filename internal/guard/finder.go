package guard

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// Finder finds words in whole texts, one after the other: what a [Matcher] finds, and
// what only begins among ordinary characters, in all the views. It is fast because
// most places of most texts begin nothing: they are passed over by what a word's first
// two or three symbols are, or because ordinary words account for them. What is left
// is walked, and what comes of that is judged as a matcher judges it.
//
// A finder is used by one goroutine at a time, and keeps its buffers.
type Finder struct {
	reading
	cost     []int32 // before each mark, and after the last
	accounts []account
	within   []int32 // by mark: what the text up to it costs, if a word ends there
	solid    []int32 // marks that are not symbols

	surface, sounds, other sequence
	emoji                  bool // among the sounds

	partly []uint16 // the class of each mark as a part
	wholes []wholePart
	sums   []uint64
	looks  map[rune][]rune
	late   []candidate // judged when the text was read
	found  []Match
}

// sequence is a text in a view: its units, and what stands between them.
type sequence struct {
	class       []uint16
	first, last []int32 // marks; no last ones where every unit is one mark
	gap         []uint8 // symbols before the unit; barrier where more stands there
	whole       []bool  // of the view of parts: made of parts
}

const (
	barrier = skipsMax + 1
	anyOf   = 0xFFFF // the class of an emoji, which is one of several syllables
)

func (r *sequence) reset() {
	r.class, r.first, r.last, r.gap, r.whole = r.class[:0], r.first[:0], r.last[:0], r.gap[:0], r.whole[:0]
}

func (r *sequence) add(class uint16, first, last int, gap uint8) {
	r.class, r.first, r.last, r.gap = append(r.class, class), append(r.first, int32(first)), append(r.last, int32(last)), append(r.gap, gap)
}

// begins knows how the words of an automaton begin: a superset, held small.
type begins struct {
	one   []bool   // by class: is a word
	two   []uint64 // words of two symbols, and
	three []uint64 // how longer ones begin, by hash
}

const (
	twoBits   = 18 // small enough to stay near the processor: what they let through is walked
	threeBits = 20
)

func twoOf(a, b uint16) uint64 { return mix(uint64(a)<<16|uint64(b), twoBits) }

func threeOf(a, b, c uint16) uint64 {
	return mix(uint64(a)<<32|uint64(b)<<16|uint64(c), threeBits)
}

// begin is made of rows of classes as the automaton numbers them.
func begin(rows [][]uint16) begins {
	x := begins{two: make([]uint64, 1<<(twoBits-6)), three: make([]uint64, 1<<(threeBits-6))}
	for _, w := range rows {
		for _, c := range w {
			for int(c) >= len(x.one) {
				x.one = append(x.one, false)
			}
		}
		switch {
		case len(w) == 1:
			x.one[w[0]] = true
		case len(w) == 2:
			at := twoOf(w[0], w[1])
			x.two[at>>6] |= 1 << (at & 63)
		case len(w) > 2:
			at := threeOf(w[0], w[1], w[2])
			x.three[at>>6] |= 1 << (at & 63)
		}
	}
	return x
}

// open takes longer words by their first two symbols, too.
func (x *begins) open(rows [][]uint16) {
	for _, w := range rows {
		if len(w) > 2 {
			at := twoOf(w[0], w[1])
			x.two[at>>6] |= 1 << (at & 63)
		}
	}
}

func (x *begins) pair(a, b uint16) bool {
	at := twoOf(a, b)
	return x.two[at>>6]>>(at&63)&1 != 0
}

func (x *begins) triple(a, b, c uint16) bool {
	at := threeOf(a, b, c)
	return x.three[at>>6]>>(at&63)&1 != 0
}

// at reports whether a word may begin with the first of some classes.
func (x *begins) at(cs []uint16) bool {
	return x.one[cs[0]] || len(cs) > 1 && (x.pair(cs[0], cs[1]) || len(cs) > 2 && x.triple(cs[0], cs[1], cs[2]))
}

// NewFinder makes a finder for texts that are read in these views.
func (l *Library) NewFinder(v Views) *Finder {
	return &Finder{reading: reading{l: l, views: v, mask: -1}, looks: map[rune][]rune{}}
}

// Find looks for words in a whole text. Matches are in the order of their ends.
func (l *Library) Find(text string, v Views) []Match {
	f, ok := l.finders.Get().(*Finder)
	if !ok {
		f = l.NewFinder(v)
	}
	f.views = v
	found := slices.Clone(f.Find(text))
	if cap(f.marks) <= marksKept {
		l.finders.Put(f)
	}
	return found
}

// marksKept is how large a finder may be to be kept, in characters of a text.
const marksKept = 1 << 18

// Find looks for words in a whole text. What it returns is good until the next text.
func (f *Finder) Find(text string) []Match {
	f.found = f.found[:0]
	f.read(text)
	for i := range f.late {
		f.judge(&f.late[i])
	}
	f.findSurface()
	if f.views&Leet != 0 && f.l.leet != nil {
		f.findLeet()
	}
	if f.views&(Phonetic|Fuzzy) != 0 {
		f.findSounds()
	}
	if f.views&Parts != 0 {
		f.findParts()
	}
	if f.views&Shape != 0 {
		f.findShaped()
	}
	if f.views&Shuffle != 0 {
		f.findShuffled()
	}
	slices.SortFunc(f.found, func(a, b Match) int {
		return cmp.Or(a.End-b.End, a.Start-b.Start, a.Word-b.Word, int(a.View)-int(b.View))
	})
	f.found = slices.Compact(f.found)
	return f.found
}

func (f *Finder) add(word int32, v Views, first, last int) {
	f.found = append(f.found, f.match(&candidate{word: word, first: first, last: last}, v))
}

// judge takes a candidate if it stands.
func (f *Finder) judge(c *candidate) {
	if v, ok := f.holds(c); ok {
		f.found = append(f.found, f.match(c, v))
	}
}

// glance is what is known of a raw character of the basic plane, in one place: reading
// a text is waiting for memory.
type glance struct {
	flags  uint32
	sound  uint16
	part   uint16
	simple uint16
	alone  uint8 // cost as a word
}

func (l *Library) compileGlances() {
	l.glances = make([]glance, 0x10000)
	for r := range l.glances {
		l.glances[r] = glance{l.char[r], l.sound[r], l.partClass[r], uint16(l.simplest[r]), uint8(l.tables.words.alone(l.simplest[r]))}
	}
}

// reader is where the reading of a text has come to.
type reader struct {
	gap, hush uint8 // symbols since the last unit of either view
	run       int   // where the run of letters began; -1 outside of one
}

// read reads the text: its marks, what they cost, and its sequences of units.
func (f *Finder) read(text string) {
	f.marks, f.cost, f.solid, f.likely = f.marks[:0], append(f.cost[:0], 0), f.solid[:0], likelihood{}
	f.surface.reset()
	f.sounds.reset()
	f.emoji, f.late, f.partly, f.accounts = false, f.late[:0], f.partly[:0], f.accounts[:0]
	x := reader{barrier, barrier, -1}
	for i := 0; i < len(text); {
		if text[i]&0xF0 == 0xE0 {
			if i = f.readChinese(text, i, &x); i == len(text) {
				break
			}
		}
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		flags := uint32(0)
		if r < tableSize {
			flags = f.l.char[r]
		} else if invisible(r) {
			flags = isDropped
		}
		start := i
		i += size
		switch {
		case flags&isDropped != 0:
		case flags&isSeveral != 0:
			for _, c := range f.l.several[r] {
				f.one(mark{r: c, raw: r, start: int32(start), end: int32(i), flags: f.l.char[c]}, &x)
			}
		default:
			f.one(mark{r: r, raw: r, start: int32(start), end: int32(i), flags: flags}, &x)
		}
	}
	f.n = len(f.marks)
	if x.run >= 0 {
		f.letters(x.run, f.n, &x)
	}
	if f.views&weighed != 0 {
		f.weighWithin()
	}
}

// weighWithin notes what the text up to each mark costs as it is, less what follows
// costs on its own: a word of the list there has to be cheaper. It is [reading.gain]
// for all places at once.
func (f *Finder) weighWithin() {
	n := len(f.accounts)
	f.accounts = append(f.accounts, account{}, account{}, account{}) // nothing follows
	f.within = slices.Grow(f.within[:0], n)[:n]
	a, cost := f.accounts, f.cost
	for i := range f.within {
		one, two, three := a[i+1], a[i+2], a[i+3]
		switch {
		case one.one == 0:
			f.within[i] = cost[i+1]
		case two.one == 0:
			f.within[i] = cost[i+2] - int32(one.one)
		default:
			both := min(int32(one.one)+int32(two.one), int32(two.two))
			if three.one == 0 {
				f.within[i] = cost[i+3] - both
				continue
			}
			all := min(both+int32(three.one), int32(one.one)+int32(three.two), int32(three.three))
			f.within[i] = cost[i+4] - all
		}
	}
}

// gains is [reading.gain].
func (f *Finder) gains(first, last int) int32 { return f.within[last] - f.cost[first] - wordBits }

// readChinese reads on for as long as the text is Chinese characters that are in words
// and have a sound, which is what most of most texts is: what [Finder.one] does, and
// nothing else.
func (f *Finder) readChinese(text string, i int, x *reader) int {
	glances, words := f.l.glances, f.l.tables.words
	weigh, speak := f.views&weighed != 0, f.views&(Phonetic|Fuzzy|Initials) != 0
	for len(text)-i >= 3 && text[i]&0xF0 == 0xE0 && text[i+1]&0xC0 == 0x80 && text[i+2]&0xC0 == 0x80 {
		r := rune(text[i]&0xF)<<12 | rune(text[i+1]&0x3F)<<6 | rune(text[i+2]&0x3F)
		g := &glances[r]
		class := uint16(g.flags & classMask)
		if g.flags&isHan == 0 || class == 0 || g.sound == 0 {
			return i
		}
		if x.run >= 0 {
			f.letters(x.run, len(f.marks), x)
			x.run = -1
		}
		at := int32(len(f.marks))
		k := mark{r: r, raw: r, start: int32(i), end: int32(i + 3), flags: g.flags}
		i += 3
		if weigh {
			k.bits = f.likely.word(words, rune(g.simple), int32(g.alone))
			f.cost, f.accounts = append(f.cost, k.bits), append(f.accounts, f.likely.last)
			f.partly = append(f.partly, g.part)
		}
		f.marks = append(f.marks, k)
		f.solid = append(f.solid, at)
		f.surface.class, f.surface.first, f.surface.gap = append(f.surface.class, class), append(f.surface.first, at), append(f.surface.gap, x.gap)
		x.gap = 0
		if speak {
			f.sounds.add(g.sound, int(at), int(at), x.hush)
			x.hush = 0
		}
	}
	return i
}

// one reads a mark in all views.
func (f *Finder) one(k mark, x *reader) {
	at := len(f.marks)
	if f.views&weighed != 0 {
		k.bits = f.likely.next(f.l, &k)
		f.cost, f.accounts = append(f.cost, k.bits), append(f.accounts, f.likely.last)
		part := uint16(0)
		if k.raw < tableSize {
			part = f.l.partClass[k.raw]
		}
		f.partly = append(f.partly, part)
	}
	f.marks = append(f.marks, k)
	if k.flags&isSymbol == 0 {
		f.solid = append(f.solid, int32(at))
	}
	switch class := uint16(k.flags & classMask); {
	case class != 0:
		f.surface.class, f.surface.first, f.surface.gap = append(f.surface.class, class), append(f.surface.first, int32(at)), append(f.surface.gap, x.gap)
		x.gap = 0
	case k.flags&isSymbol != 0:
		x.gap = min(x.gap+1, barrier)
	default:
		x.gap = barrier
	}
	if f.views&(Phonetic|Fuzzy|Initials) != 0 {
		f.speak(&k, at, x)
	}
}

// speak reads a mark as a syllable, or as part of a run of letters.
func (f *Finder) speak(k *mark, at int, x *reader) {
	if k.flags&isLatin != 0 {
		if x.run < 0 {
			x.run = at
		}
		return
	}
	if x.run >= 0 {
		f.letters(x.run, at, x)
		x.run = -1
	}
	class := uint16(0)
	if k.raw < tableSize {
		class = f.l.sound[k.raw]
	}
	switch {
	case class != 0:
		f.sounds.add(class, at, at, x.hush)
		x.hush = 0
	case k.flags&isEmoji != 0 && len(f.l.emoji[k.raw]) > 0:
		f.sounds.add(anyOf, at, at, x.hush)
		x.hush, f.emoji = 0, true
	case k.flags&isSymbol != 0:
		x.hush = min(x.hush+1, barrier)
	default:
		x.hush = barrier
	}
}
