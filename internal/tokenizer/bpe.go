package tokenizer

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// bpe is byte-level BPE: it begins with the bytes of a word.
type bpe struct {
	subwords
	pretokenizer
	chars  *classes
	first  [256]int32 // the symbol of each byte
	single [256]int32 // the token of each byte, or None
	early  early
	spelt  []string // the texts of the symbols that are no tokens
}

func newBPE(v *Vocabulary, p *pieces) (*bpe, error) {
	split, err := pretokenizerFor(v.Pre)
	if err != nil {
		return nil, err
	}
	b := &bpe{pretokenizer: split, chars: characters()}
	b.size = int32(len(v.Tokens))
	b.symbols, b.spell = b.begin, b.spellBytes

	known := b.alphabet(p)
	if err := b.readMerges(v.Merges, known); err != nil {
		return nil, err
	}
	b.early = b.earlyCharacters(p)
	if b.loose = split.ignoreMerges; b.loose {
		for _, id := range p.plain {
			b.cuts.add([]byte(p.texts[id]))
		}
	}
	b.learn(p.texts, p.plain, b.raw)
	return b, nil
}

// alphabet returns the texts that are symbols before there is a merge: those of
// the tokens, and the single bytes.
func (b *bpe) alphabet(p *pieces) map[string]int32 {
	known := make(map[string]int32, len(p.plain)+256)
	for _, id := range p.plain {
		known[p.texts[id]] = id
	}
	for i := range b.first {
		text := []byte{byte(i)}
		b.single[i] = None
		if id, ok := known[string(text)]; ok {
			b.single[i] = id
		}
		b.first[i] = b.symbol(known, text)
	}
	return known
}

// symbol returns the symbol of a text, a new one if the text is no token: as in
// llama.cpp merges may pass through such texts, and those left over are spelt out.
func (b *bpe) symbol(known map[string]int32, text []byte) int32 {
	if id, ok := known[string(text)]; ok {
		return id
	}
	id := b.size + int32(len(b.spelt))
	b.spelt = append(b.spelt, string(text))
	known[string(text)] = id
	return id
}

func (b *bpe) readMerges(lines []string, known map[string]int32) error {
	b.pairs = newTable(len(lines))
	b.cuts = newCuts(size(lines))
	var text []byte
	for rank, line := range lines {
		left, right, ok := strings.Cut(line, " ")
		if !ok || left == "" || right == "" || strings.Contains(right, " ") {
			return fmt.Errorf("tokenizer.ggml.merges[%d]: %.40q is not two parts and a space between them", rank, line)
		}
		text, ok = appendBytes(text[:0], left)
		n := len(text)
		if ok {
			text, ok = appendBytes(text, right)
		}
		if !ok {
			continue // no text is spelt so
		}
		b.cuts.add(text)
		product := b.symbol(known, text)
		b.pairs.put(key(b.symbol(known, text[:n]), b.symbol(known, text[n:])), ranked(rank, product))
	}
	return nil
}

// append implements model.
func (b *bpe) append(dst []int32, text []byte) []int32 {
	return b.pieces(dst, b.patterns, text)
}

// pieces applies the first of the patterns, and the others to what it leaves.
func (b *bpe) pieces(dst []int32, patterns []pattern, text []byte) []int32 {
	if len(patterns) == 0 {
		return b.word(dst, text)
	}
	for at := 0; at < len(text); {
		start, end := patterns[0](b.chars, text, at)
		if start > at {
			dst = b.pieces(dst, patterns[1:], text[at:start])
		}
		if end > start {
			dst = b.pieces(dst, patterns[1:], text[start:end])
		}
		at = end
	}
	return dst
}

func (b *bpe) word(dst []int32, text []byte) []int32 {
	if text[len(text)-1] < utf8.RuneSelf { // likely a word of a language with spaces
		if id, exact, ok := b.words.get(text); exact || ok && b.loose {
			return append(dst, id)
		}
	}
	return b.subwords.append(dst, text)
}

// begin returns the symbols that merging begins with: the bytes, or a character at
// once where that makes no difference.
func (b *bpe) begin(dst []int32, text []byte) []int32 {
	for i := 0; i < len(text); {
		r, n := decode(text, i)
		if n > 1 {
			if id := b.early.of(r); id != None && b.apart(text, i, i+n, r) {
				dst = append(dst, id)
				i += n
				continue
			}
		}
		dst = b.raw(dst, text[i:i+n])
		i += n
	}
	return dst
}

func (b *bpe) raw(dst []int32, text []byte) []int32 {
	for _, c := range text {
		dst = append(dst, b.first[c])
	}
	return dst
}

// apart tells whether the bytes of a character are sure to merge with one another
// before any merges with a neighbour.
func (b *bpe) apart(text []byte, from, to int, r rune) bool {
	if from > 0 {
		if left, _ := utf8.DecodeLastRune(text[:from]); !b.cuts.whole(text, from, left, r) {
			return false
		}
	}
	if to < len(text) {
		if right, _ := decode(text, to); !b.cuts.whole(text, to, r, right) {
			return false
		}
	}
	return true
}

// spellBytes drops the bytes that have no token, as llama.cpp does: some
// vocabularies lack control characters.
func (b *bpe) spellBytes(dst []int32, symbol int32) []int32 {
	text := b.spelt[symbol-b.size]
	for i := range len(text) {
		if id := b.single[text[i]]; id != None {
			dst = append(dst, id)
		}
	}
	return dst
}
