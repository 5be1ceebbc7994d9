package guard

func (r *sequence) lastOf(j int) int {
	if len(r.last) == 0 {
		return int(r.first[j])
	}
	return int(r.last[j])
}

// candidatesAt walks an automaton from a unit of a row, and takes what ends on the way.
func (f *Finder) candidatesAt(a *automaton, r *sequence, i int, v Views) {
	state, gaps, whole := int32(rootState), int32(0), len(r.whole) == 0
	for j := i; j < len(r.class); j++ {
		if j > i && r.gap[j] > 0 {
			if r.gap[j] >= barrier {
				return
			}
			gaps++
		}
		next, ok := a.next(state, r.class[j])
		if !ok {
			return
		}
		state = next
		if len(r.whole) > 0 {
			whole = whole || r.whole[j]
		}
		if a.nodes[state].out&outIndexMax == 0 || !whole {
			continue
		}
		for _, w := range a.ends(state) {
			if n := j - i + 1; int(f.l.length[w]) == n {
				f.judge(&candidate{word: w, row: -1, view: v, first: int(r.first[i]), last: r.lastOf(j), gaps: gaps, units: n})
			}
		}
	}
}

func (f *Finder) findSurface() {
	x, cs := &f.l.surfaceBegin, f.surface.class
	for i := range cs {
		if x.at(cs[i:]) {
			f.candidatesAt(f.l.surface, &f.surface, i, Surface)
		}
	}
	if f.l.literal != nil {
		f.findOther(f.l.literal, Surface, func(k *mark) (uint16, bool) { return f.l.literalClass[f.l.foldOf(k)], false })
	}
}

func (f *Finder) findLeet() {
	f.findOther(f.l.leet, Leet, func(k *mark) (uint16, bool) {
		if k.r < 128 && f.l.leetClass[k.r] != 0 {
			return f.l.leetClass[k.r], false
		}
		return 0, k.flags&isSymbol != 0
	})
}

// findOther finds the words of an automaton with an alphabet of its own. read says
// which class a mark has, or that it is passed over.
func (f *Finder) findOther(a *automaton, v Views, read func(*mark) (uint16, bool)) {
	f.other.reset()
	gap := uint8(barrier)
	for at := range f.marks {
		switch class, pass := read(&f.marks[at]); {
		case class != 0:
			f.other.add(class, at, at, gap)
			gap = 0
		case pass:
			gap = min(gap+1, barrier)
		default:
			gap = barrier
		}
	}
	for i := range f.other.class {
		f.candidatesAt(a, &f.other, i, v)
	}
}

// wholePart is a character that is written as its parts.
type wholePart struct {
	at, n int
	class uint16
}

// findParts reads rows of characters that are the parts of another one as that, the
// longest first, and looks for words with such characters in them.
func (f *Finder) findParts() {
	f.wholes = f.wholes[:0]
	ps, x := f.partly, &f.l.partsBegin
	for at := 0; at+1 < len(ps); at++ {
		if ps[at] == 0 || ps[at+1] == 0 || !x.pair(ps[at], ps[at+1]) {
			continue
		}
		if class, n := f.l.wholeOf(ps[at:]); n > 0 {
			f.wholes = append(f.wholes, wholePart{at, n, class})
			at += n - 1
		}
	}
	reach := f.l.longest * barrier // marks of a word, but for those of parts
	for i := 0; i < len(f.wholes); {
		j := i + 1
		for j < len(f.wholes) && f.wholes[j].at-f.wholes[j-1].at < 2*(reach+partsMax) {
			j++
		}
		f.partsAround(max(0, f.wholes[i].at-reach), min(len(f.marks), f.wholes[j-1].at+partsMax+reach), f.wholes[i:j])
		i = j
	}
}

// partsAround looks for words with some characters made of parts, among the marks
// around these.
func (f *Finder) partsAround(from, to int, wholes []wholePart) {
	r := &f.other
	r.reset()
	gap := uint8(barrier)
	for at := from; at < to; {
		k := &f.marks[at]
		class, n, whole := uint16(k.flags&classMask), 1, false
		if len(wholes) > 0 && wholes[0].at == at {
			class, n, whole, wholes = wholes[0].class, wholes[0].n, true, wholes[1:]
		}
		switch {
		case class != 0:
			r.add(class, at, at+n-1, gap)
			r.whole = append(r.whole, whole)
			gap = 0
		case k.flags&isSymbol != 0:
			gap = min(gap+1, barrier)
		default:
			gap = barrier
		}
		at += n
	}
	next := 0 // the first start not walked yet
	for j, whole := range r.whole {
		if !whole {
			continue
		}
		for s := max(next, j-f.l.longest+1); s <= j; s++ {
			if f.l.surfaceBegin.at(r.class[s:]) {
				f.candidatesAt(f.l.surface, r, s, Parts)
			}
		}
		next = j + 1
	}
}

// wholeOf is the class of the character that the first of these are the parts of, and
// how many they are; none if there is no such character.
func (l *Library) wholeOf(parts []uint16) (uint16, int) {
	state, class, n := int32(rootState), uint16(0), 0
	for i := 0; i < min(partsMax, len(parts)); i++ {
		next, ok := l.parts.next(state, parts[i])
		if !ok || parts[i] == 0 {
			break
		}
		state = next
		if ends := l.parts.ends(state); len(ends) > 0 {
			class, n = uint16(l.char[l.whole[ends[0]]]&classMask), i+1
		}
	}
	return class, n
}

// findSounds looks for words by their syllables, where the text is not accounted for
// by ordinary words.
func (f *Finder) findSounds() {
	r, x := &f.sounds, &f.l.soundsBegin
	cs := r.class
	for i, c := range cs {
		if f.emoji && (c == anyOf || i+1 < len(cs) && cs[i+1] == anyOf || i+2 < len(cs) && cs[i+2] == anyOf) {
			f.soundsAt(i, i, rootState, 0)
			continue
		}
		ok := x.one[c] && f.gains(int(r.first[i]), int(r.last[i])) >= gapSound
		if !ok && i+1 < len(cs) {
			ok = f.gains(int(r.first[i]), int(r.last[i+1])) >= gapSound && x.pair(c, cs[i+1]) || i+2 < len(cs) && x.triple(c, cs[i+1], cs[i+2])
		}
		if ok {
			f.soundsAt(i, i, rootState, 0)
		}
	}
}

// soundsAt goes on with a word that began at a unit, with any of its syllables where
// it is an emoji.
func (f *Finder) soundsAt(first, j int, state int32, gaps int32) {
	r := &f.sounds
	for ; j < len(r.class); j++ {
		if j > first && r.gap[j] > 0 {
			if r.gap[j] >= barrier {
				return
			}
			gaps++
		}
		if r.class[j] == anyOf {
			for _, c := range f.l.emoji[f.marks[r.first[j]].raw] {
				if next, ok := f.l.phonetic.next(state, c); ok {
					f.soundsEnd(first, j, next, gaps)
					f.soundsAt(first, j+1, next, gaps)
				}
			}
			return
		}
		next, ok := f.l.phonetic.next(state, r.class[j])
		if !ok {
			return
		}
		state = next
		f.soundsEnd(first, j, state, gaps)
	}
}

// soundsEnd takes the words that end at a unit.
func (f *Finder) soundsEnd(first, j int, state int32, gaps int32) {
	if f.l.phonetic.nodes[state].out&outIndexMax == 0 {
		return
	}
	n := j - first + 1
	c := candidate{view: Phonetic, first: int(f.sounds.first[first]), last: int(f.sounds.last[j]), gaps: gaps, units: n}
	if f.gains(c.first, c.last) < gapSound {
		return
	}
	for _, id := range f.l.phonetic.ends(state) {
		if int(f.l.soundEnd[id+1]-f.l.soundEnd[id]) != n {
			continue
		}
		c.word, c.row = f.l.soundWord[id], id
		if !f.asItIs(&c) {
			f.judge(&c)
		}
	}
}

// letters reads a run of letters that ended before a mark: as the first letters of a
// word's syllables, and as syllables.
func (f *Finder) letters(first, end int, x *reader) {
	n := end - first
	if n >= runMax {
		x.hush = barrier
		return
	}
	var b [runMax]byte
	for i := range n {
		if r := f.marks[first+i].r; r < 0x80 {
			b[i] = byte(r) | 0x20
		} else {
			b[i] = f.l.asciiOf(r)
		}
	}
	if f.views&Initials != 0 && (first == 0 || f.marks[first-1].flags&isWord == 0) {
		for _, w := range f.l.initials[string(b[:n])] {
			f.late = append(f.late, candidate{word: w, row: -1, view: Initials, first: first, last: end - 1, units: n})
		}
	}
	var lengths [runMax]uint8
	if f.views&(Phonetic|Fuzzy) == 0 || !f.l.cut(b[:n], &lengths) {
		x.hush = barrier
		return
	}
	for i := 0; i < n; i += int(lengths[i]) {
		k := int(lengths[i])
		if class := f.l.spelled(b[i : i+k]); class != 0 {
			f.sounds.add(class, first+i, first+i+k-1, x.hush)
			x.hush = 0
		} else {
			x.hush = barrier
		}
	}
}
