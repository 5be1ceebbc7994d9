package guard

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
		whole = whole || r.whole[j]
		if a.nodes[state].out&outIndexMax == 0 || !whole {
			continue
		}
		for _, w := range a.ends(state) {
			if n := j - i + 1; int(f.l.length[w]) == n {
				f.judge(&candidate{word: w, row: -1, view: v, first: int(r.first[i]), last: int(r.last[j]), gaps: gaps, units: n})
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

// findParts reads rows of characters that are the parts of another one as that, the
// longest first, and looks for words with such characters in them.
func (f *Finder) findParts() {
	r := &f.other
	r.reset()
	gap, some := uint8(barrier), false
	for at := 0; at < len(f.marks); {
		k := &f.marks[at]
		class, n, whole := uint16(k.flags&classMask), 1, false
		if c, to := f.partsAt(at); to > 0 {
			class, n, whole, some = c, to, true, true
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
	if !some {
		return
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

// partsAt is the class of the character whose parts begin at a mark, and how many
// they are; none if there is no such character.
func (f *Finder) partsAt(at int) (uint16, int) {
	if at+1 >= len(f.marks) {
		return 0, 0
	}
	a, b := f.partOf(at), f.partOf(at+1)
	if a == 0 || b == 0 || !f.l.partsBegin.pair(a, b) {
		return 0, 0
	}
	state, class, n := int32(rootState), uint16(0), 0
	for i := 0; i < partsMax && at+i < len(f.marks); i++ {
		next, ok := f.l.parts.next(state, f.partOf(at+i))
		if !ok {
			break
		}
		state = next
		if ends := f.l.parts.ends(state); len(ends) > 0 {
			class, n = uint16(f.l.char[f.l.whole[ends[0]]]&classMask), i+1
		}
	}
	return class, n
}

func (f *Finder) partOf(at int) uint16 {
	if raw := f.marks[at].raw; raw < tableSize {
		return f.l.partClass[raw]
	}
	return 0
}

// findSounds looks for words by their syllables, where the text is not accounted for
// by ordinary words.
func (f *Finder) findSounds() {
	const enough = wordBits + gapSound // bits that a candidate costs as it is, at least
	r, x := &f.sounds, &f.l.soundsBegin
	cs := r.class
	for i, c := range cs {
		if f.emoji && (c == anyOf || i+1 < len(cs) && cs[i+1] == anyOf || i+2 < len(cs) && cs[i+2] == anyOf) {
			f.soundsAt(i, i, rootState, 0)
			continue
		}
		before := f.cost[r.first[i]]
		ok := x.one[c] && f.cost[r.last[i]+1]-before >= enough
		if !ok && i+1 < len(cs) {
			ok = f.cost[r.last[i+1]+1]-before >= enough && x.pair(c, cs[i+1]) || i+2 < len(cs) && x.triple(c, cs[i+1], cs[i+2])
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
	if f.gainSoFar(&c) < gapSound {
		return
	}
	for _, id := range f.l.phonetic.ends(state) {
		if len(f.l.sounds[id]) != n {
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
func (f *Finder) letters(first, end int, hush *uint8) {
	n := end - first
	if n >= runMax {
		*hush = barrier
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
		*hush = barrier
		return
	}
	for i := 0; i < n; i += int(lengths[i]) {
		k := int(lengths[i])
		if class := f.l.spelled(b[i : i+k]); class != 0 {
			f.sounds.add(class, first+i, first+i+k-1, *hush)
			*hush = 0
		} else {
			*hush = barrier
		}
	}
}
