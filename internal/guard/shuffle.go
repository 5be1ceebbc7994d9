package guard

// Words in another order, and words of look-alikes, are looked for in whole texts:
// whether a stream becomes one would be known too late to hold it back exactly.

// shuffles finds words by the bag of their characters.
type shuffles struct {
	bags    map[uint64][]int32
	some    []uint64 // a bit for what the sums begin with: most texts have none of them
	lengths []int
}

const someBits = 20

// bag is the words whose characters sum to that.
func (s *shuffles) bag(sum uint64) []int32 {
	at := sum >> (64 - someBits)
	if s.some[at>>6]>>(at&63)&1 == 0 {
		return nil
	}
	return s.bags[sum]
}

const (
	shuffleMin = 2
	shuffleMax = 8
)

// spread gives each character a number whose sums are as good as random
// (SplitMix64's finalizer, Steele et al. 2014).
func spread(r rune) uint64 {
	z := uint64(r)*0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

func (l *Library) compileShuffles() {
	l.shuffled.bags, l.shuffled.some = map[uint64][]int32{}, make([]uint64, 1<<(someBits-6))
	var has [shuffleMax + 1]bool
	for i, rs := range l.folded {
		if n := len(rs); n < shuffleMin || n > shuffleMax || l.latin[i] || l.Words[i].Action == Allow || l.hasSymbols(i) {
			continue
		}
		var sum uint64
		for _, r := range rs {
			sum += spread(r)
		}
		at := sum >> (64 - someBits)
		l.shuffled.some[at>>6] |= 1 << (at & 63)
		l.shuffled.bags[sum] = append(l.shuffled.bags[sum], int32(i))
		has[len(rs)] = true
	}
	for n, ok := range has {
		if ok {
			l.shuffled.lengths = append(l.shuffled.lengths, n)
		}
	}
}

// Find looks for words in a whole text, in all the views.
func (l *Library) Find(text string, v Views) []Match {
	m := l.NewMatcher(v)
	m.whole = true
	m.Feed(text)
	m.End()
	found := m.Found
	if v&Shape != 0 {
		found = l.findShaped(text, found)
	}
	if v&Shuffle != 0 {
		found = l.findShuffled(text, found)
	}
	return found
}

// solid are the characters of a text without symbols and what can't be seen.
func (l *Library) solid(text string) []mark {
	var ks []mark
	for i, r := range text {
		f := uint32(0)
		if r < tableSize {
			f = l.char[r]
		}
		if f&(isDropped|isSeveral) != 0 || invisible(r) {
			continue
		}
		k := mark{r: r, raw: r, start: i, end: i + len(string(r)), flags: f}
		k.r = l.foldOf(&k)
		ks = append(ks, k)
	}
	return ks
}

func (l *Library) findShuffled(text string, found []Match) []Match {
	all := l.solid(text)
	var ks []mark
	for _, k := range all {
		if k.flags&isSymbol == 0 {
			ks = append(ks, k)
		}
	}
	m := &Matcher{l: l} // for the likelihood of what stands around
	for _, n := range l.shuffled.lengths {
		found = l.shuffledOf(m, ks, n, found)
	}
	return found
}

// shuffledOf finds the words of n characters: in another order, or in any with one
// character too many among them.
func (l *Library) shuffledOf(m *Matcher, ks []mark, n int, found []Match) []Match {
	var sum uint64 // of the n characters that end at i
	for i := range ks {
		sum += spread(ks[i].r)
		if i >= n {
			sum -= spread(ks[i-n].r)
		}
		if i+1 < n {
			continue
		}
		for _, w := range l.shuffled.bag(sum) {
			if from := i + 1 - n; l.otherOrder(ks[from:i+1], w) && l.unordinary(m, ks, from, i+1, -1) {
				found = append(found, Match{Word: int(w), View: Shuffle, Start: ks[from].start, End: ks[i].end})
			}
		}
		if i < n {
			continue
		}
		for extra := i - n + 1; extra < i; extra++ { // with a foreign character inside
			for _, w := range l.shuffled.bag(sum + spread(ks[i-n].r) - spread(ks[extra].r)) {
				if from := i - n; l.unordinary(m, ks, from, i+1, extra) {
					found = append(found, Match{Word: int(w), View: Shuffle, Start: ks[from].start, End: ks[i].end})
				}
			}
		}
	}
	return found
}

// otherOrder reports whether the characters are those of the word and not in its order.
func (l *Library) otherOrder(ks []mark, word int32) bool {
	for j, r := range l.folded[word] {
		if ks[j].r != r {
			return true
		}
	}
	return false
}

// unordinary reports whether the text becomes likelier with the word, and the foreign
// character behind it, in the place of the characters from first to before end.
func (l *Library) unordinary(m *Matcher, ks []mark, first, end, extra int) bool {
	lo, hi := max(0, first-beside), min(len(ks), end+beside)
	m.n = copy(m.marks[:], ks[lo:hi])
	as := m.bits(0, m.n-1, 0, -1)
	if extra < 0 {
		return as-m.bits(0, m.n-1, first-lo, end-lo-1) >= gapShuffle
	}
	foreign := ks[extra]
	rest := append(append([]mark{}, ks[lo:end-1]...), foreign)
	m.n = copy(m.marks[:], append(rest, ks[end:hi]...))
	return as-m.bits(0, m.n-1, first-lo, end-lo-2) >= gapShuffle
}
