package tokenizer

import "unicode/utf8"

// early knows the characters that byte-level BPE may take as one symbol from the
// start, instead of merging their bytes first: those whose bytes alone merge into
// one token, all of it before any pair with that token would merge. Chinese text
// consists of such characters. None elsewhere.
type early []int32

func (e early) of(r rune) int32 {
	if int(r) < len(e) {
		return e[r]
	}
	return None
}

func (b *bpe) earlyCharacters(p *pieces) early {
	var e early
	first := b.firstUse()
	for _, id := range p.plain {
		text := p.texts[id]
		r, n := utf8.DecodeRuneInString(text)
		if n != len(text) || n == 1 {
			continue
		}
		if symbol, last := b.assemble(text); symbol == id && last < first[id] {
			for int(r) >= len(e) {
				e = append(e, None)
			}
			e[r] = id
		}
	}
	return e
}

// firstUse returns the lowest rank of the pairs that each symbol is part of.
func (b *bpe) firstUse() []uint32 {
	first := make([]uint32, int(b.size)+len(b.spelt))
	for i := range first {
		first[i] = never
	}
	for _, s := range b.pairs.slots {
		if s.key == 0 {
			continue
		}
		rank := uint32(s.value >> 32)
		left, right := (s.key-1)>>32, uint32(s.key-1)
		first[left] = min(first[left], rank)
		first[right] = min(first[right], rank)
	}
	return first
}

// assemble merges the bytes of a character, and returns the last symbol and the
// highest rank on the way; None if more than one symbol is left.
func (b *bpe) assemble(text string) (symbol int32, last uint32) {
	var symbols []int32
	for _, c := range []byte(text) {
		symbols = append(symbols, b.first[c])
	}
	for len(symbols) > 1 {
		best, at, product := uint32(never), 0, int32(None)
		for i := range len(symbols) - 1 {
			if rank, p := b.find(symbols[i], symbols[i+1]); rank < best {
				best, at, product = rank, i, p
			}
		}
		if best == never {
			return None, never
		}
		last = max(last, best)
		symbols[at] = product
		symbols = append(symbols[:at+1], symbols[at+2:]...)
	}
	return symbols[0], last
}
