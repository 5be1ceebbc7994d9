package tokenizer

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
)

// lexicon finds the token that is a given text. It is what encoding does most, and
// a Go map would touch memory three times: for the hash, the string's header and its
// bytes. Here a text of up to 16 bytes, as nearly all are, lies in the slot itself.
type lexicon struct {
	slots []word
	mask  uint64
	seed  [2]uint64
	long  map[string]word // the texts over 16 bytes
}

// word is a token in the lexicon, with its text packed. A free slot has size 0.
type word struct {
	lo, hi uint64
	id     int32
	size   uint8
	exact  bool // encoding the text arrives at this token
}

// newLexicon makes room for n texts.
func newLexicon(n int) *lexicon {
	size := uint64(1) << bits.Len64(uint64(n)*3/2)
	return &lexicon{
		slots: make([]word, size), mask: size - 1,
		seed: [2]uint64{rand.Uint64(), rand.Uint64()}, long: map[string]word{},
	}
}

// loadPad is how many bytes there must be from the end of a text to the end of its
// capacity, for pack to load it without asking how long it is.
const loadPad = 16

// padded returns a copy of a text that pack may load.
func padded[T string | []byte](text T) []byte {
	return append(make([]byte, 0, len(text)+loadPad), text...)
}

// pack returns the bytes of a text of at most 16 bytes, and zeros. Branches on its
// length would be what encoding spends most of its time on.
func pack(s []byte) (lo, hi uint64) {
	n := len(s)
	s = s[:loadPad]
	lo = binary.LittleEndian.Uint64(s) & (1<<(8*min(n, 8)) - 1)
	hi = binary.LittleEndian.Uint64(s[8:]) & (1<<(8*max(n-8, 0)) - 1)
	return lo, hi
}

func (l *lexicon) slot(lo, hi uint64, size int) uint64 {
	return spread(lo^l.seed[0], (hi+uint64(size))^l.seed[1])
}

// add enters a text, which is not empty and must not be there yet.
func (l *lexicon) add(text string, id int32, exact bool) {
	if len(text) > 16 {
		l.long[text] = word{id: id, exact: exact, size: 1}
		return
	}
	lo, hi := pack(padded(text))
	i := l.slot(lo, hi, len(text)) & l.mask
	for l.slots[i].size != 0 {
		i = (i + 1) & l.mask
	}
	l.slots[i] = word{lo, hi, id, uint8(len(text)), exact}
}

// get returns the token with a text, which is not empty and padded, and whether
// encoding that text alone arrives at it.
func (l *lexicon) get(text []byte) (id int32, exact, ok bool) {
	if len(text) > 16 {
		w, ok := l.long[string(text)]
		return w.id, w.exact, ok
	}
	lo, hi := pack(text)
	for i := l.slot(lo, hi, len(text)); ; i++ {
		w := &l.slots[i&l.mask]
		if w.lo == lo && w.hi == hi && int(w.size) == len(text) {
			return w.id, w.exact, true
		}
		if w.size == 0 {
			return None, false, false
		}
	}
}
