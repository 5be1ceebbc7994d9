package tokenizer_test

import (
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hearthbox/hearth/internal/tokenizer"
)

// unigrams is a small vocabulary of SentencePiece's, and what that makes of texts.
type unigrams struct {
	Tokens   []string
	Scores   []float32
	Types    []tokenizer.Type
	Charsmap string
	Unknown  int
	Texts    []struct {
		Text string
		IDs  []int32
	}
}

func readUnigrams(t testing.TB) (unigrams, tokenizer.Vocabulary) {
	t.Helper()
	f, err := os.Open("testdata/unigram.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var u unigrams
	if err := json.NewDecoder(z).Decode(&u); err != nil {
		t.Fatal(err)
	}
	v := tokenizer.Defaults("t5", "", len(u.Tokens))
	v.Tokens, v.Scores, v.Types, v.UNK = u.Tokens, u.Scores, u.Types, u.Unknown
	v.EOS, v.RemoveExtraSpaces = 2, true
	if v.Charsmap, err = base64.StdEncoding.DecodeString(u.Charsmap); err != nil {
		t.Fatal(err)
	}
	return u, v
}

// TestUnigrams compares with SentencePiece itself (tools/oracle/tokenizer/unigram.py).
func TestUnigrams(t *testing.T) {
	u, v := readUnigrams(t)
	tok, err := tokenizer.New(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range u.Texts {
		if got := tok.AppendLiteral(nil, c.Text); !slices.Equal(got, c.IDs) {
			t.Errorf("%q:\n got %v %q\nwant %v %q", c.Text, got, spelt(u, got), c.IDs, spelt(u, c.IDs))
		}
	}
}

func spelt(u unigrams, ids []int32) (out []string) {
	for _, id := range ids {
		out = append(out, u.Tokens[id])
	}
	return out
}

// TestHostileUnigrams: what a file says of its characters is not believed.
func TestHostileUnigrams(t *testing.T) {
	_, v := readUnigrams(t)
	with := func(change func(v *tokenizer.Vocabulary)) tokenizer.Vocabulary {
		c := v
		c.Tokens, c.Charsmap = slices.Clone(v.Tokens), slices.Clone(v.Charsmap)
		change(&c)
		return c
	}
	for want, c := range map[string]tokenizer.Vocabulary{
		"scores: missing":           with(func(v *tokenizer.Vocabulary) { v.Scores = nil }),
		"unknown_token_id: missing": with(func(v *tokenizer.Vocabulary) { v.UNK = tokenizer.None }),
		"more than 256 bytes":       with(func(v *tokenizer.Vocabulary) { v.Tokens[100] = strings.Repeat("x", 257) }),
		"charsmap: cut off":         with(func(v *tokenizer.Vocabulary) { v.Charsmap = v.Charsmap[:3] }),
		"bytes of":                  with(func(v *tokenizer.Vocabulary) { v.Charsmap[3] = 0x7f }),
		"without an end":            with(func(v *tokenizer.Vocabulary) { v.Charsmap = append(v.Charsmap, 'x') }),
		"a replacement of more": with(func(v *tokenizer.Vocabulary) {
			v.Charsmap = append(append(v.Charsmap, make([]byte, 100)...), strings.Repeat("y", 65)...)
			v.Charsmap = append(v.Charsmap, 0)
		}),
	} {
		if _, err := tokenizer.New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}

// FuzzUnigrams changes the map of characters, and encodes anything: nothing fails, and
// every id is one.
func FuzzUnigrams(f *testing.F) {
	_, v := readUnigrams(f)
	f.Add("ＦＵＬＬ ﬁne", 5, byte(0xff))
	f.Add("a\xffb", 4000, byte(1))
	f.Fuzz(func(t *testing.T, text string, at int, b byte) {
		c := v
		c.Charsmap = slices.Clone(v.Charsmap)
		if at >= 0 && at < len(c.Charsmap) {
			c.Charsmap[at] ^= b
		}
		tok, err := tokenizer.New(c)
		if err != nil {
			return
		}
		for _, id := range tok.Append(nil, text, true) {
			if id < 0 || int(id) >= tok.Size() {
				t.Fatalf("%q has token %d", text, id)
			}
		}
	})
}

func BenchmarkUnigrams(b *testing.B) {
	u, v := readUnigrams(b)
	tok, err := tokenizer.New(v)
	if err != nil {
		b.Fatal(err)
	}
	var text strings.Builder
	for _, c := range u.Texts {
		text.WriteString(c.Text)
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		tok.Append(nil, text.String(), false)
	}
}
