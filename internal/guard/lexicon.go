package guard

// lexicon is the dictionary of ordinary words of one to four characters, with the
// log2 of their frequency, from 1. It is asked for every character of every text, and
// then mostly for words that it does not have: a bitmap of first pairs says so first.
type lexicon struct {
	single [0x10000]uint8 // by character
	pairs  []uint64
	keys   []uint64 // pairs; open addressing, 0 is free; below them their ranks as words, and whether longer ones begin so
	longer [2]longWords
}

// longWords are the words of three characters, or of four.
type longWords struct {
	keys  []uint64 // open addressing; 0 is free
	ranks []uint8
}

const (
	lexiconBits = 17 // of each table: at least twice the words there are
	pairBits    = 20
	toThree     = 0x80 // the pair begins words of three characters
	toFour      = 0x40 // and of four
)

func newLexicon() *lexicon {
	x := &lexicon{pairs: make([]uint64, 1<<(pairBits-6)), keys: make([]uint64, 1<<lexiconBits)}
	for i := range x.longer {
		x.longer[i] = longWords{make([]uint64, 1<<lexiconBits), make([]uint8, 1<<lexiconBits)}
	}
	return x
}

// mix spreads a key (Fibonacci hashing; Knuth, TAOCP 3, 6.4).
func mix(k uint64, bits uint) uint64 {
	k ^= k >> 29
	return k * 0x9E3779B97F4A7C15 >> (64 - bits)
}

func pairOf(a, b rune) uint32 { return uint32(a)<<16 | uint32(b)&0xFFFF }

func (x *lexicon) add(rs []rune, rank uint8) {
	if len(rs) == 1 {
		x.single[rs[0]&0xFFFF] = rank
		return
	}
	at := x.place(rs[0], rs[1])
	if len(rs) == 2 {
		x.keys[at] |= uint64(rank)
		return
	}
	if len(rs) == 3 {
		x.keys[at] |= toThree
	} else {
		x.keys[at] |= toFour
	}
	w := &x.longer[len(rs)-3]
	k := uint64(pairOf(rs[0], rs[1]))<<16 | uint64(rs[2])
	if len(rs) == 4 {
		k = k<<16 | uint64(rs[3])
	}
	to := w.find(k)
	w.keys[to], w.ranks[to] = k, rank
}

// place is where a pair has its entry, made if need be.
func (x *lexicon) place(a, b rune) uint64 {
	k := pairOf(a, b)
	bit := mix(uint64(k), pairBits)
	x.pairs[bit>>6] |= 1 << (bit & 63)
	at := bit >> (pairBits - lexiconBits)
	for x.keys[at] != 0 && uint32(x.keys[at]>>8) != k {
		at = (at + 1) & (1<<lexiconBits - 1)
	}
	if x.keys[at] == 0 {
		x.keys[at] = uint64(k) << 8
	}
	return at
}

// alone is the cost of a character as a word of its own.
func (x *lexicon) alone(r rune) int32 {
	if rank := x.single[r&0xFFFF]; rank != 0 {
		return totalBits - int32(rank)
	}
	return unknownBits
}

// pair is the log2 of the frequency of a word of two characters, 0 where it is none,
// and which longer words begin so.
func (x *lexicon) pair(a, b rune) (rank, longer uint8) {
	k := pairOf(a, b)
	bit := mix(uint64(k), pairBits)
	if x.pairs[bit>>6]>>(bit&63)&1 == 0 {
		return 0, 0
	}
	for at := bit >> (pairBits - lexiconBits); x.keys[at] != 0; at = (at + 1) & (1<<lexiconBits - 1) {
		if e := x.keys[at]; uint32(e>>8) == k {
			return uint8(e) &^ (toThree | toFour), uint8(e) & (toThree | toFour)
		}
	}
	return 0, 0
}

// rank3 and rank4 are the same of longer words.
func (x *lexicon) rank3(a, b, c rune) uint8 {
	w := &x.longer[0]
	return w.ranks[w.find(uint64(pairOf(a, b))<<16|uint64(c))]
}

func (x *lexicon) rank4(a, b, c, d rune) uint8 {
	w := &x.longer[1]
	return w.ranks[w.find(uint64(pairOf(a, b))<<32|uint64(pairOf(c, d)))]
}

// find is where a word is, or would be.
func (w *longWords) find(k uint64) uint64 {
	at := mix(k, lexiconBits)
	for w.keys[at] != 0 && w.keys[at] != k {
		at = (at + 1) & (1<<lexiconBits - 1)
	}
	return at
}

// rank is the log2 of a word's frequency; 0 where it is no word.
func (x *lexicon) rank(rs []rune) uint8 {
	switch len(rs) {
	case 1:
		return x.single[rs[0]&0xFFFF]
	case 2:
		rank, _ := x.pair(rs[0], rs[1])
		return rank
	case 3:
		return x.rank3(rs[0], rs[1], rs[2])
	case 4:
		return x.rank4(rs[0], rs[1], rs[2], rs[3])
	}
	return 0
}
