package guard

// lexicon is the dictionary of ordinary words of one to four characters, with the
// log2 of their frequency, from 1. It is asked many times for each candidate, mostly
// for words that it does not have: a bitmap of first pairs says so first.
type lexicon struct {
	single []uint8 // by character
	pairs  []uint64
	keys   []uint64 // open addressing; 0 is free
	ranks  []uint8
}

const (
	lexiconBits = 17 // of the table: twice the words there are
	pairBits    = 20
)

func newLexicon() lexicon {
	return lexicon{make([]uint8, 0x10000), make([]uint64, 1<<(pairBits-6)), make([]uint64, 1<<lexiconBits), make([]uint8, 1<<lexiconBits)}
}

// pack makes a key of up to four characters of the basic plane.
func pack(rs []rune) uint64 {
	var k uint64
	for _, r := range rs {
		k = k<<16 | uint64(r&0xFFFF)
	}
	return k
}

// mix spreads a key (Fibonacci hashing; Knuth, TAOCP 3, 6.4).
func mix(k uint64, bits uint) uint64 {
	k ^= k >> 29
	return k * 0x9E3779B97F4A7C15 >> (64 - bits)
}

func pairOf(a, b rune) uint64 { return mix(uint64(a&0xFFFF)<<16|uint64(b&0xFFFF), pairBits) }

func (x *lexicon) add(rs []rune, rank uint8) {
	if len(rs) == 1 {
		x.single[rs[0]&0xFFFF] = rank
		return
	}
	p := pairOf(rs[0], rs[1])
	x.pairs[p>>6] |= 1 << (p & 63)
	k := pack(rs)
	at := mix(k, lexiconBits)
	for x.keys[at] != 0 && x.keys[at] != k {
		at = (at + 1) & (1<<lexiconBits - 1)
	}
	x.keys[at], x.ranks[at] = k, rank
}

// begins reports whether a word of two characters or more may begin with these two.
func (x *lexicon) begins(a, b rune) bool {
	p := pairOf(a, b)
	return x.pairs[p>>6]>>(p&63)&1 != 0
}

// rank is the log2 of a word's frequency; 0 where it is no word.
func (x *lexicon) rank(rs []rune) uint8 {
	if len(rs) == 1 {
		return x.single[rs[0]&0xFFFF]
	}
	k := pack(rs)
	for at := mix(k, lexiconBits); x.keys[at] != 0; at = (at + 1) & (1<<lexiconBits - 1) {
		if x.keys[at] == k {
			return x.ranks[at]
		}
	}
	return 0
}
