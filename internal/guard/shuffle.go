package guard

// Words in another order, and words of look-alikes, are looked for in whole texts:
// whether a stream becomes one would be known too late to hold it back exactly.

// shuffles finds words by the bag of their characters.
type shuffles struct {
	bags    map[uint64][]int32
	some    []uint64 // two bits for each bag: most texts have none of them
	lengths []int
	spread  []uint64 // of the characters of the basic plane, folded
}

const someBits = 20

// bag is the words whose characters sum to that.
func (s *shuffles) bag(sum uint64) []int32 {
	at, and := sum>>(64-someBits), sum>>(64-2*someBits)&(1<<someBits-1)
	if s.some[at>>6]>>(at&63)&1 == 0 || s.some[and>>6]>>(and&63)&1 == 0 {
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
	s := &l.shuffled
	s.bags, s.some, s.spread = map[uint64][]int32{}, make([]uint64, 1<<(someBits-6)), make([]uint64, 0x10000)
	for r := range s.spread {
		s.spread[r] = spread(l.to[r])
	}
	var has [shuffleMax + 1]bool
	for i, rs := range l.folded {
		if n := len(rs); n < shuffleMin || n > shuffleMax || l.latin[i] || l.Words[i].Action == Allow || l.hasSymbols(i) {
			continue
		}
		var sum uint64
		for _, r := range rs {
			sum += spread(r)
		}
		at, and := sum>>(64-someBits), sum>>(64-2*someBits)&(1<<someBits-1)
		s.some[at>>6] |= 1 << (at & 63)
		s.some[and>>6] |= 1 << (and & 63)
		s.bags[sum] = append(s.bags[sum], int32(i))
		has[len(rs)] = true
	}
	for n, ok := range has {
		if ok {
			s.lengths = append(s.lengths, n)
		}
	}
}

// findShuffled finds words in another order, and in any with one character too many
// among them. A window that ordinary words account for is passed over before its
// characters are looked up.
func (f *Finder) findShuffled() {
	s := &f.l.shuffled
	f.sums = append(f.sums[:0], 0)
	var sum uint64
	for _, at := range f.solid {
		if k := &f.marks[at]; k.raw == k.r && k.raw < 0x10000 {
			sum += s.spread[k.raw]
		} else {
			sum += spread(f.l.foldOf(k))
		}
		f.sums = append(f.sums, sum)
	}
	for _, n := range s.lengths {
		f.shuffledOf(n)
	}
}

func (f *Finder) shuffledOf(n int) {
	s, ks, sums := &f.l.shuffled, f.solid, f.sums
	for i := n - 1; i < len(ks); i++ {
		from, end := i+1-n, f.within[ks[i]]-wordBits-gapShuffle
		if end >= f.cost[ks[from]] {
			for _, w := range s.bag(sums[i+1] - sums[from]) {
				if !f.inOrder(w, from) {
					f.add(w, Shuffle, int(ks[from]), int(ks[i]))
				}
			}
		}
		if from--; from < 0 || end-f.cost[ks[from]] < foreignMin {
			continue
		}
		for extra := from + 1; extra < i; extra++ { // with a foreign character inside
			if end-f.cost[ks[from]] < f.aloneBits(int(ks[extra])) {
				continue
			}
			for _, w := range s.bag(sums[i+1] - sums[from] - (sums[extra+1] - sums[extra])) {
				f.add(w, Shuffle, int(ks[from]), int(ks[i]))
			}
		}
	}
}

// foreignMin is the least that a foreign character costs: the commonest word.
const foreignMin = totalBits - 20

// aloneBits is what a mark costs on its own.
func (f *Finder) aloneBits(at int) int32 {
	if one := f.accounts[at].one; one != 0 {
		return int32(one)
	}
	return foreignBits(f.marks[at].flags, false)
}

// inOrder reports whether the characters from a place on are those of the word.
func (f *Finder) inOrder(word int32, from int) bool {
	for j, r := range f.l.folded[word] {
		if f.l.foldOf(&f.marks[f.solid[from+j]]) != r {
			return false
		}
	}
	return true
}
