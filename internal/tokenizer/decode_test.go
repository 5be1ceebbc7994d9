package tokenizer_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hearthbox/hearth/internal/tokenizer"
)

// TestStreamIsTheWhole: however tokens are dealt out, the text is that of all of
// them at once.
func TestStreamIsTheWhole(t *testing.T) {
	for model, tok := range small(t) {
		rng := rand.New(rand.NewPCG(7, 7))
		for range 2000 {
			ids := make([]int32, rng.IntN(12))
			for i := range ids {
				ids[i] = int32(rng.IntN(tok.Size()+2)) - 1 // two of them no token at all
			}
			how := tokenizer.Decoding{Continues: rng.IntN(2) == 0, Control: rng.IntN(2) == 0}
			if got, want := streamed(t, tok, ids, how), whole(tok, ids, how); got != want {
				t.Fatalf("%s: %v %+v: got %q, want %q", model, ids, how, got, want)
			}
		}
	}
}

// streamed also checks that every part is valid by itself.
func streamed(t testing.TB, tok *tokenizer.Tokenizer, ids []int32, how tokenizer.Decoding) string {
	var text strings.Builder
	d := tok.Decoder(how)
	for _, id := range ids {
		part := d.Push(id)
		if !utf8.ValidString(part) {
			t.Fatalf("%v: part %q is not valid", ids, part)
		}
		text.WriteString(part)
	}
	text.WriteString(d.Flush())
	return text.String()
}

// whole joins the pieces and repairs the result by the book.
func whole(tok *tokenizer.Tokenizer, ids []int32, how tokenizer.Decoding) string {
	var text strings.Builder
	for _, id := range ids {
		if how.Control || !tok.IsControl(id) && tok.Piece(id) != "<unk>" {
			text.WriteString(tok.Piece(id))
		}
	}
	s := text.String()
	if _, bpe := tok.Lookup("Ġw"); !how.Continues && !bpe {
		s = strings.TrimPrefix(s, " ")
	}
	return repaired(s)
}

// repaired puts U+FFFD for each maximal subpart of an ill-formed sequence (Unicode
// 15, section 3.9): the longest that some bytes would complete.
func repaired(s string) string {
	var out strings.Builder
	for len(s) > 0 {
		if r, n := utf8.DecodeRuneInString(s); r != utf8.RuneError || n > 1 {
			out.WriteString(s[:n])
			s = s[n:]
			continue
		}
		n := 1
		for n < len(s) && completable(s[:n+1]) {
			n++
		}
		out.WriteString("\ufffd")
		s = s[n:]
	}
	return out.String()
}

func completable(s string) bool {
	if len(s) >= utf8.UTFMax {
		return false
	}
	for _, next := range []string{"\x80", "\x8f", "\x90", "\x9f", "\xa0", "\xbf"} {
		if utf8.RuneCountInString(s+next) == 1 && utf8.ValidString(s+next) || completable(s+next) {
			return true
		}
	}
	return false
}

func TestArtificialSpace(t *testing.T) {
	tok := small(t)["llama"]
	hello := tok.Append([]int32{tok.BOS()}, "hello", false)
	for _, c := range []struct {
		how  tokenizer.Decoding
		want string
	}{
		{tokenizer.Decoding{}, "hello"},
		{tokenizer.Decoding{Continues: true}, " hello"},
		{tokenizer.Decoding{Control: true}, "<s> hello"},
	} {
		if got := tok.Decode(hello, c.how); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.how, got, c.want)
		}
	}
}

func TestHeldBackCharacter(t *testing.T) {
	tok := small(t)["gpt2"]
	d := tok.Decoder(tokenizer.Decoding{})
	for _, step := range []struct {
		b    byte
		want string
	}{
		{'a', "a"}, {0xe4, ""}, {0xb8, ""}, {0xad, "中"}, // a character in three tokens
		{0xe4, ""}, {'b', "\ufffdb"}, // one that is never completed
		{0xff, "\ufffd"}, {0xf0, ""}, {0x9f, ""},
	} {
		if got := d.Push(int32(step.b)); got != step.want {
			t.Fatalf("after %#02x: got %q, want %q", step.b, got, step.want)
		}
	}
	if got := d.Flush(); got != "\ufffd" {
		t.Errorf("in the end: %q", got)
	}
	if got := d.Flush(); got != "" {
		t.Errorf("after the end: %q", got)
	}
}
