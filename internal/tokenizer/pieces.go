package tokenizer

import (
	"fmt"
	"slices"
	"strings"
)

// pieces is what the tokens of a vocabulary mean.
type pieces struct {
	types []Type
	texts []string   // what each token adds to a text
	plain []int32    // the tokens that a text may become without being asked for
	bytes [256]int32 // the byte tokens, or None
}

func newPieces(v *Vocabulary, ends []int32) (*pieces, error) {
	p := &pieces{types: typesOf(v, ends), texts: make([]string, len(v.Tokens))}
	for i := range p.bytes {
		p.bytes[i] = None
	}
	var arena strings.Builder
	arena.Grow(size(v.Tokens)) // no text is longer than its token
	for i, token := range v.Tokens {
		from := arena.Len()
		if err := p.write(&arena, v.Model, int32(i), token); err != nil {
			return nil, err
		}
		p.texts[i] = arena.String()[from:]
	}
	return p, nil
}

// typesOf returns the types of the tokens, with two corrections: what ends a text
// is a control token, and where no type says so, <0x0A> of SentencePiece is a byte.
func typesOf(v *Vocabulary, ends []int32) []Type {
	types := slices.Clone(v.Types)
	if types == nil {
		types = slices.Repeat([]Type{Normal}, len(v.Tokens))
	}
	if v.Model == "llama" && !slices.Contains(types, Byte) {
		for i, t := range v.Tokens {
			if _, ok := byteText(t); ok {
				types[i] = Byte
			}
		}
	}
	for _, id := range ends {
		types[id] = Control
	}
	return types
}

func (p *pieces) write(arena *strings.Builder, model string, id int32, token string) error {
	switch p.types[id] {
	case Normal:
		p.writeNormal(arena, model, id, token)
	case Byte:
		b, ok := byteText(token)
		if !ok {
			return fmt.Errorf("tokenizer.ggml.tokens[%d]: %.40q is said to be a byte, which is written <0x0A>", id, token)
		}
		if p.bytes[b] != None {
			return fmt.Errorf("tokenizer.ggml.tokens[%d]: byte %#02x is token %d already", id, b, p.bytes[b])
		}
		p.bytes[b] = id
		arena.WriteByte(b)
	case Unused: // adds nothing
	default:
		arena.WriteString(token)
	}
	return nil
}

func (p *pieces) writeNormal(arena *strings.Builder, model string, id int32, token string) {
	if token == "" {
		return
	}
	if model != "gpt2" {
		p.plain = append(p.plain, id)
		arena.WriteString(strings.ReplaceAll(token, visibleSpace, " "))
		return
	}
	var buf [64]byte
	text, ok := appendBytes(buf[:0], token)
	if !ok { // nothing that a byte is written as: no text becomes this token
		arena.WriteString(token)
		return
	}
	p.plain = append(p.plain, id)
	arena.Write(text)
}

// hidden tells whether a token is no part of the text that a reader sees.
func (p *pieces) hidden(id int32) bool {
	return p.types[id] == Control || p.types[id] == Unknown
}
