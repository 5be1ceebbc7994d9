package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// Decoding says what kind of text is wanted.
type Decoding struct {
	// Continues: the text follows another, as an answer follows its prompt, and all
	// its tokens are taken as they are. Otherwise the space that SentencePiece puts
	// before a text is taken off again.
	Continues bool

	// Control: control and unknown tokens appear as the vocabulary writes them.
	// Otherwise they add nothing.
	Control bool
}

// Piece returns the exact bytes that a token stands for, which may be part of a
// character; "" for an id that is no token.
func (t *Tokenizer) Piece(id int32) string {
	if !t.valid(id) {
		return ""
	}
	return t.pieces.texts[id]
}

// Decode returns the text of tokens. Whatever is not UTF-8 becomes U+FFFD.
func (t *Tokenizer) Decode(ids []int32, how Decoding) string {
	d := t.Decoder(how)
	var text strings.Builder
	for _, id := range ids {
		text.WriteString(d.Push(id))
	}
	text.WriteString(d.Flush())
	return text.String()
}

// A Decoder turns tokens into text one by one, and never returns part of a
// character. It is for one goroutine.
type Decoder struct {
	t     *Tokenizer
	how   Decoding
	begun bool   // the artificial space is behind
	held  []byte // the beginning of a character
}

// Decoder returns a decoder for one text.
func (t *Tokenizer) Decoder(how Decoding) *Decoder {
	return &Decoder{t: t, how: how, begun: how.Continues || !t.artificialSpace}
}

// Push adds a token and returns the text that is complete with it.
func (d *Decoder) Push(id int32) string {
	piece := d.t.Piece(id)
	if piece == "" || !d.how.Control && d.t.pieces.hidden(id) {
		return ""
	}
	if !d.begun {
		d.begun = true
		piece = strings.TrimPrefix(piece, " ")
	}
	if len(d.held) == 0 && utf8.ValidString(piece) {
		return piece
	}
	d.held = append(d.held, piece...)
	text, n := repair(d.held, false)
	d.held = append(d.held[:0], d.held[n:]...)
	return text
}

// Flush ends the text: a character that was never completed becomes U+FFFD.
func (d *Decoder) Flush() string {
	text, _ := repair(d.held, true)
	d.held = nil
	return text
}

// repair returns the bytes as text, U+FFFD for each longest sequence that begins a
// character and is not continued, and how many bytes that took: all, or unless
// they are the last all but the beginning of a character.
func repair(b []byte, last bool) (text string, n int) {
	var out strings.Builder
	for n < len(b) {
		r, width := utf8.DecodeRune(b[n:])
		if r == utf8.RuneError && width == 1 {
			if !last && !utf8.FullRune(b[n:]) {
				break
			}
			width = broken(b[n:])
		}
		out.WriteRune(r)
		n += width
	}
	return out.String(), n
}

// broken returns the length of the beginning of a character at the front of b,
// which is at least 1.
func broken(b []byte) int {
	n := 1
	for n < len(b) && !utf8.FullRune(b[:n]) && !utf8.FullRune(b[:n+1]) {
		n++
	}
	return n
}
