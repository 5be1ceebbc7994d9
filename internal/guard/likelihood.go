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

// gain is by how many bits the text around a candidate becomes likelier with the word
// in its place.
func (m *Matcher) gain(c *candidate) int {
	first, last := c.first, c.last
	for i := 0; i < beside && first > 0 && m.mark(first-1).flags&isHan != 0; i++ {
		first--
	}
	for i := 0; i < beside && last+1 < m.n && m.mark(last+1).flags&isHan != 0; i++ {
		last++
	}
	return m.bits(first, last, 0, -1) - m.bits(first, last, c.first, c.last)
}

// weigh takes a mark into the cost of the text so far.
func (m *Matcher) weigh(at int) {
	k := m.mark(at)
	before := m.bitsBefore(at)
	if k.flags&isHan == 0 || k.raw > 0xFFFF {
		k.bits = before + m.foreignBits(at)
		return
	}
	words := &m.l.tables.words
	var rs [4]rune // the last ones, this one at the end
	rs[3] = m.l.simplest[k.raw]
	alone := unknownBits
	if rank := words.single[rs[3]]; rank != 0 {
		alone = totalBits - int(rank)
	}
	k.bits = before + alone
	for n := 2; n <= 4 && at >= n-1; n++ {
		p := m.mark(at - n + 1)
		if p.flags&isHan == 0 || p.raw > 0xFFFF {
			return
		}
		rs[4-n] = m.l.simplest[p.raw]
		if !words.begins(rs[4-n], rs[5-n]) {
			continue
		}
		if rank := words.rank(rs[4-n:]); rank != 0 {
			k.bits = min(k.bits, m.bitsBefore(at-n+1)+totalBits-int(rank))
		}
	}
}

// bitsBefore is the cost of the text before a mark.
func (m *Matcher) bitsBefore(at int) int {
	if at == 0 {
		return 0
	}
	return m.mark(at - 1).bits
}

// gainSoFar is [Matcher.gain] without what follows the candidate, which can only
// lower it, and with all that came before.
func (m *Matcher) gainSoFar(c *candidate) int {
	return m.mark(c.last).bits - m.bitsBefore(c.first) - wordBits
}

// spanMax is how many marks are read together; a candidate with more is taken as it
// is, by its first ones.
const spanMax = 96

// bits is the cost of the marks from first to last in their likeliest reading, where
// those from wordFirst to wordLast are a word of the list.
func (m *Matcher) bits(first, last, wordFirst, wordLast int) int {
	n := min(last-first+1, spanMax)
	var cost [spanMax + 4]int32
	var rs [spanMax + 4]rune // 0 where it is not Chinese
	for i := range n {
		if k := m.mark(first + i); k.flags&isHan != 0 && k.raw < 0x10000 {
			rs[i] = m.l.simplest[k.raw]
		}
		cost[i+1] = 1 << 30
	}
	from, to := n, n // of the word, among them
	if wordLast >= wordFirst {
		from, to = wordFirst-first, min(wordLast-first+1, n)
	}
	words := &m.l.tables.words
	for i := 0; i < n; i++ {
		if i == from && to > from {
			cost[to] = min(cost[to], cost[i]+wordBits)
			i = to - 1
			continue
		}
		if rs[i] == 0 {
			cost[i+1] = min(cost[i+1], cost[i]+int32(m.foreignBits(first+i)))
			continue
		}
		alone := int32(unknownBits)
		if rank := words.single[rs[i]]; rank != 0 {
			alone = totalBits - int32(rank)
		}
		cost[i+1] = min(cost[i+1], cost[i]+alone)
		if rs[i+1] == 0 || !words.begins(rs[i], rs[i+1]) {
			continue
		}
		end := n
		if i < from {
			end = from
		}
		for k := 2; k <= 4 && i+k <= end && rs[i+k-1] != 0; k++ {
			if rank := words.rank(rs[i : i+k]); rank != 0 {
				cost[i+k] = min(cost[i+k], cost[i]+totalBits-int32(rank))
			}
		}
	}
	return int(cost[n])
}

// foreignBits is the cost of a mark that is not Chinese.
func (m *Matcher) foreignBits(at int) int {
	f := m.mark(at).flags
	switch {
	case f&isLatin != 0:
		if at > 0 && m.mark(at-1).flags&isLatin != 0 {
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

// simple is a character in its simplified form.
func (l *Library) simple(r rune) rune {
	if s, ok := l.tables.simplified[r]; ok {
		return s
	}
	return r
}
