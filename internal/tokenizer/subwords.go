package tokenizer

import (
	"slices"
	"unicode/utf8"
)

// subwords encodes by merging. Byte-level BPE and SentencePiece share it; they
// differ in the symbols they begin with and in how they spell a symbol that is no
// token.
type subwords struct {
	words *lexicon
	merges
	cuts    *cuts
	size    int32 // symbols from here on, and negative ones, are no tokens
	symbols func(dst []int32, text []byte) []int32
	spell   func(dst []int32, symbol int32) []int32

	// loose takes a text that is a token for that token, whatever merging arrives at.
	loose bool

	// everywhere cuts between ASCII characters too. It does not pay where texts are
	// words already: nearly all letters stand side by side in some token.
	everywhere bool
}

// learn enters the tokens into the lexicon, marking those that merging their text
// arrives at: only they may stand for a text without merging it.
func (s *subwords) learn(texts []string, ids []int32, symbols func(dst []int32, text []byte) []int32) {
	s.words = newLexicon(len(ids))
	var buf []int32
	var text []byte
	for _, id := range ids {
		text = append(text[:0], texts[id]...)
		buf = s.apply(symbols(buf[:0], text))
		s.words.add(texts[id], id, len(buf) == 1 && buf[0] == id)
	}
}

// append adds the ids of a text that is not cut any more than merging allows.
func (s *subwords) append(dst []int32, text []byte) []int32 {
	from := 0
	left, n := decode(text, 0)
	for i := n; i < len(text); {
		right, n := decode(text, i)
		if (s.everywhere || left >= utf8.RuneSelf || right >= utf8.RuneSelf) && s.cuts.between(text, i, left, right) {
			dst = s.part(dst, text[from:i], false)
			from = i
		}
		left = right
		i += n
	}
	return s.part(dst, text[from:], from == 0)
}

func (s *subwords) part(dst []int32, text []byte, whole bool) []int32 {
	if id, exact, ok := s.words.get(text); exact || ok && whole && s.loose {
		return append(dst, id)
	}
	at := len(dst)
	dst = s.symbols(dst, text)
	merged := s.apply(dst[at:])
	dst = dst[:at+len(merged)]
	for _, symbol := range merged {
		if symbol < 0 || symbol >= s.size {
			return s.spellOut(dst[:at], slices.Clone(merged))
		}
	}
	return dst
}

// spellOut replaces the symbols that are no tokens.
func (s *subwords) spellOut(dst, symbols []int32) []int32 {
	for _, symbol := range symbols {
		if symbol < 0 || symbol >= s.size {
			dst = s.spell(dst, symbol)
		} else {
			dst = append(dst, symbol)
		}
	}
	return dst
}
