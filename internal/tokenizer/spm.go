package tokenizer

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// A vocabulary of SentencePiece writes the space as U+2581.
const visibleSpace = "▁"

// spm is SentencePiece's BPE: it begins with characters, and any two neighbours
// whose texts together are a token may merge, the token of the highest score
// first. A character that is no token is spelt in byte tokens.
//
// Texts are kept with plain spaces, on both sides, so that a text need not be
// rewritten.
type spm struct {
	subwords
	single *table     // character to token
	octets [256]int32 // the token of each byte, or None
	unk    int32
	prefix bool
}

func newSPM(v *Vocabulary, p *pieces) (*spm, error) {
	if len(v.Scores) == 0 {
		return nil, errors.New(`tokenizer.ggml.scores: missing, and "llama" merges by score`)
	}
	s := &spm{unk: int32(v.UNK), prefix: v.AddSpacePrefix, octets: p.bytes}
	if v.UNK == None && slices.Contains(s.octets[:], None) {
		return nil, errors.New("tokenizer.ggml.tokens: neither a token for every byte nor an unknown token")
	}
	s.size, s.everywhere = int32(len(v.Tokens)), true
	s.symbols, s.spell = s.characters, s.spellCharacter

	plain := slices.DeleteFunc(slices.Clone(p.plain), func(id int32) bool {
		return strings.Contains(v.Tokens[id], " ") // a space in a text becomes U+2581 first
	})
	s.single = newTable(len(plain))
	s.cuts = newCuts(size(p.texts))
	for _, id := range plain {
		text := p.texts[id]
		if r, n := utf8.DecodeRuneInString(text); n == len(text) {
			s.single.put(key(0, r), uint64(id))
		}
		s.cuts.add([]byte(text))
	}
	s.pairs = s.everyPair(p.texts, plain, ranks(v.Scores, plain))
	s.learn(p.texts, plain, s.characters)
	return s, nil
}

// ranks numbers the scores from the highest down, equal ones alike.
func ranks(scores []float32, ids []int32) map[int32]int {
	sorted := slices.SortedFunc(slices.Values(ids), func(a, b int32) int { return cmp.Compare(scores[b], scores[a]) })
	rank := make(map[int32]int, len(ids))
	for i, id := range sorted {
		rank[id] = i
		if i > 0 && scores[id] == scores[sorted[i-1]] {
			rank[id] = rank[sorted[i-1]]
		}
	}
	return rank
}

// append implements model.
func (s *spm) append(dst []int32, text []byte) []int32 {
	if s.prefix {
		text = slices.Concat([]byte(" "), text, make([]byte, loadPad))[:1+len(text)]
	}
	if bytes.Contains(text, []byte(visibleSpace)) {
		text = padded(bytes.ReplaceAll(text, []byte(visibleSpace), []byte(" ")))
	}
	return s.subwords.append(dst, text)
}

// characters returns one symbol for each character: its token, or a negative
// number that spells it.
func (s *spm) characters(dst []int32, text []byte) []int32 {
	for i := 0; i < len(text); {
		r, n := decode(text, i)
		dst = append(dst, s.character(r))
		i += n
	}
	return dst
}

func (s *spm) character(r rune) int32 {
	if id, ok := s.single.get(key(0, r)); ok {
		return int32(id)
	}
	return -1 - r
}

func (s *spm) spellCharacter(dst []int32, symbol int32) []int32 {
	at := len(dst)
	for _, b := range []byte(string(-1 - symbol)) {
		if s.octets[b] == None {
			return append(dst[:at], s.unk)
		}
		dst = append(dst, s.octets[b])
	}
	return dst
}
