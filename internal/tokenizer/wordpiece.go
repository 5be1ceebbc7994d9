package tokenizer

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// wordCharsMax is the longest word that BERT tries to take apart; a longer one is
// unknown. It also bounds the time that the search for the longest match takes.
const wordCharsMax = 100

// wordpiece is BERT's tokenizer: words are lower-cased and stripped of accents, and
// the longest token is taken from their front until nothing is left. In the
// vocabulary, as GGUF has it, the first token of a word begins with U+2581.
type wordpiece struct {
	words   *lexicon
	chars   *classes
	unk     int32
	longest int // bytes of the longest token
	lower   bool
	strip   bool
}

func newWordPiece(v *Vocabulary, p *pieces) *wordpiece {
	w := &wordpiece{
		words: newLexicon(len(p.plain)), chars: characters(),
		unk: int32(v.UNK), lower: v.Lowercase, strip: v.StripAccents,
	}
	for _, id := range p.plain {
		w.words.add(v.Tokens[id], id, true)
		w.longest = max(w.longest, len(v.Tokens[id]))
	}
	return w
}

// append implements model.
func (w *wordpiece) append(dst []int32, text []byte) []int32 {
	if w.strip {
		text = norm.NFD.Bytes(text)
	}
	var buf [(wordCharsMax+1)*utf8.UTFMax + loadPad]byte
	word := append(buf[:0], visibleSpace...)
	for i := 0; i < len(text); {
		r, n := decode(text, i)
		i += n
		k := w.chars.of(r)
		switch {
		case w.ignored(r, k):
		case k&space != 0:
			dst, word = w.flush(dst, word)
		case k&punct != 0 || r < utf8.RuneSelf && k&symbol != 0 || ideograph(r):
			dst, word = w.flush(dst, word)
			dst, word = w.flush(dst, w.add(word, r))
		default:
			word = w.add(word, r)
		}
	}
	dst, _ = w.flush(dst, word)
	return dst
}

// ignored tells whether a character is left out: accents, and control characters
// but for those of every text file.
func (w *wordpiece) ignored(r rune, k class) bool {
	switch {
	case r == '\t' || r == '\n' || r == '\r':
		return false
	case k&mark != 0:
		return w.strip && unicode.Is(unicode.Mn, r)
	}
	return r == utf8.RuneError || k&(letter|number|punct|symbol) == 0 && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co)
}

func (w *wordpiece) add(word []byte, r rune) []byte {
	if w.lower {
		r = unicode.ToLower(r)
	}
	return utf8.AppendRune(word, r)
}

// flush adds the ids of a word, if there is one, and begins the next.
func (w *wordpiece) flush(dst []int32, word []byte) (_ []int32, next []byte) {
	next = word[:len(visibleSpace)]
	if len(word) == len(next) {
		return dst, next
	}
	at := len(dst)
	if utf8.RuneCount(word) <= wordCharsMax+1 {
		dst = w.match(dst, word)
	}
	if len(dst) == at && w.unk != None {
		dst = append(dst, w.unk)
	}
	return dst, next
}

// match adds nothing if any part of the word is no token. Past its beginning, a
// U+2581 is from the text, and stands for no beginning of a word.
func (w *wordpiece) match(dst []int32, word []byte) []int32 {
	at := len(dst)
	for len(word) > 0 {
		id, n := w.front(word)
		if n == 0 || len(dst) > at && bytes.HasPrefix(word, []byte(visibleSpace)) {
			return dst[:at]
		}
		dst = append(dst, id)
		word = word[n:]
	}
	return dst
}

// front returns the longest token that a word begins with, and its length.
func (w *wordpiece) front(word []byte) (id int32, n int) {
	for n := min(len(word), w.longest); n > 0; n-- {
		if n < len(word) && !utf8.RuneStart(word[n]) {
			continue
		}
		if id, _, ok := w.words.get(word[:n]); ok {
			return id, n
		}
	}
	return None, 0
}

// ideograph tells what BERT takes for a word by itself. The gap before U+2B920 is
// in the original.
func ideograph(r rune) bool {
	switch {
	case r < 0x3400:
		return false
	case r <= 0x4DBF, r >= 0x4E00 && r <= 0x9FFF, r >= 0xF900 && r <= 0xFAFF:
		return true
	case r < 0x20000:
		return false
	}
	return r <= 0x2A6DF || r >= 0x2A700 && r <= 0x2B81F || r >= 0x2B920 && r <= 0x2CEAF || r >= 0x2F800 && r <= 0x2FA1F
}
