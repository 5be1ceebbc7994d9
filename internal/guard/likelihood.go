package guard

// A candidate is held against a small language model: words drawn by their frequency,
// one after the other. It stands where the text becomes likelier by so many bits
// when the word stands in the candidate's place. Ordinary text is likeliest as it is.

// Costs in bits. The dictionary's words were counted in 2^25.8 words.
const (
	totalBits   = 26
	unknownBits = 27 // of a Chinese character that is no word
	lettersBits = 24 // of a run of letters
	emojiBits   = 16
	digitBits   = 10
	plainBits   = 3  // of punctuation
	oddBits     = 14 // of other symbols
	wordBits    = 17 // of a word of the list
)

// How many bits likelier the text has to become. Chosen on half of ToxiBenchCN, for
// at most 2 % of its benign sentences flagged besides those that hold a word as it is.
const (
	gapSound   = 4
	gapParts   = 2
	gapShuffle = 2
)

// weighed are the views whose candidates are held against the model.
const weighed = Phonetic | Fuzzy | Parts | Shape | Shuffle

// likelihood is the cost of a text so far, in its likeliest reading: a word is one to
// four characters of a run of Chinese ones, so the last four are all that counts.
type likelihood struct {
	bits   [4]int32 // up to the last mark, the one before, and so on
	rs     [3]rune  // the last characters, simplified, the last one first; 0 is not Chinese
	longer [2]uint8 // which longer words begin with the last two, and with the two before
	latin  bool     // the last mark is a Latin letter
	last   account
}

// account is what a character costs as a word of its own, and as the end of words of
// two and of three; none where there is no such word. All are 0 for what is not Chinese.
type account struct{ one, two, three uint8 }

const none = 0xFF

// next is the cost with one more mark.
func (x *likelihood) next(l *Library, k *mark) int32 {
	if !k.chinese() {
		return x.foreign(k.flags)
	}
	r := l.simplest[k.raw]
	return x.word(l.tables.words, r, l.tables.words.alone(r))
}

// chinese reports a character that may be part of an ordinary word.
func (k *mark) chinese() bool { return k.flags&isHan != 0 && k.raw <= 0xFFFF }

func (x *likelihood) foreign(f uint32) int32 {
	bits := x.bits[0] + foreignBits(f, x.latin)
	*x = likelihood{bits: [4]int32{0: bits}, latin: f&isLatin != 0}
	return bits
}

// word goes on with a Chinese character, which costs so much as a word of its own.
func (x *likelihood) word(words *lexicon, r rune, alone int32) int32 {
	bits := x.bits[0] + alone
	x.last = account{uint8(alone), none, none}
	longer := uint8(0)
	if a := x.rs[0]; a != 0 {
		var rank uint8
		if rank, longer = words.pair(a, r); rank != 0 {
			bits = min(bits, x.bits[1]+totalBits-int32(rank))
			x.last.two = totalBits - rank
		}
		if b := x.rs[1]; b != 0 {
			if x.longer[0]&toThree != 0 {
				if rank := words.rank3(b, a, r); rank != 0 {
					bits = min(bits, x.bits[2]+totalBits-int32(rank))
					x.last.three = totalBits - rank
				}
			}
			if x.longer[1]&toFour != 0 && x.rs[2] != 0 {
				if rank := words.rank4(x.rs[2], b, a, r); rank != 0 {
					bits = min(bits, x.bits[3]+totalBits-int32(rank))
				}
			}
		}
	}
	x.bits[3], x.bits[2], x.bits[1], x.bits[0] = x.bits[2], x.bits[1], x.bits[0], bits
	x.rs[2], x.rs[1], x.rs[0] = x.rs[1], x.rs[0], r
	x.longer[1], x.longer[0] = x.longer[0], longer
	x.latin = false
	return bits
}

// foreignBits is the cost of a mark that is not Chinese.
func foreignBits(f uint32, afterLatin bool) int32 {
	switch {
	case f&isLatin != 0:
		if afterLatin {
			return 0
		}
		return lettersBits
	case f&isEmoji != 0:
		return emojiBits
	case f&isPlain != 0:
		return plainBits
	case f&isSymbol != 0:
		return oddBits
	}
	return digitBits
}

// bitsBefore is the cost of the text before a mark.
func (m *reading) bitsBefore(at int) int32 {
	if at == 0 {
		return 0
	}
	return m.mark(at - 1).bits
}

// gain is by how many bits the text around the marks from first to last becomes
// likelier with a word of the list in their place.
func (m *reading) gain(first, last int) int32 {
	to := last
	for to-last < beside && to+1 < m.n && m.mark(to+1).chinese() {
		to++
	}
	after := likelihood{}
	for i := last + 1; i <= to; i++ {
		after.next(m.l, m.mark(i))
	}
	return m.mark(to).bits - m.bitsBefore(first) - wordBits - after.bits[0]
}

// gainSoFar is [reading.gain] without what follows, which can only lower it.
func (m *reading) gainSoFar(c *candidate) int32 {
	return m.mark(c.last).bits - m.bitsBefore(c.first) - wordBits
}

// simpleOf is a mark's character in its simplified form.
func (l *Library) simpleOf(k *mark) rune {
	if k.raw > 0xFFFF {
		return k.raw
	}
	return l.simplest[k.raw]
}

// simple is a character in its simplified form.
func (l *Library) simple(r rune) rune {
	if s, ok := l.tables.simplified[r]; ok {
		return s
	}
	return r
}
