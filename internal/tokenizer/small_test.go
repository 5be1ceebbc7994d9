package tokenizer_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hearthbox/hearth/internal/tokenizer"
)

// Vocabularies small enough to read, one of each kind. They share their special
// tokens and a few words.

func smallBPE() tokenizer.Vocabulary {
	v := tokenizer.Defaults("gpt2", "qwen2", 0)
	for b := range 256 {
		v.Tokens = append(v.Tokens, written([]byte{byte(b)}))
	}
	for _, m := range []string{"h e", "l l", "he ll", "hell o", "Ġ w", "o r", "Ġw or", "Ġwor l", "Ġworl d"} {
		v.Merges = append(v.Merges, m)
		v.Tokens = append(v.Tokens, strings.ReplaceAll(m, " ", ""))
	}
	for _, text := range []string{"中", "文", "中文", "é", "Ġ中"} {
		b := []byte(strings.ReplaceAll(text, "Ġ", " "))
		for i := 1; i < len(b); i++ {
			v.Merges = append(v.Merges, written(b[:i])+" "+written(b[i:i+1]))
			if token := written(b[:i+1]); !slices.Contains(v.Tokens, token) {
				v.Tokens = append(v.Tokens, token)
			}
		}
	}
	v.Types = slices.Repeat([]tokenizer.Type{tokenizer.Normal}, len(v.Tokens))
	return withSpecials(v)
}

func smallSPM() tokenizer.Vocabulary {
	v := tokenizer.Defaults("llama", "", 3)
	v.Tokens = []string{"<unk>", "<s>", "</s>"}
	v.Types = []tokenizer.Type{tokenizer.Unknown, tokenizer.Control, tokenizer.Control}
	for b := range 256 {
		v.Tokens = append(v.Tokens, fmt.Sprintf("<0x%02X>", b))
		v.Types = append(v.Types, tokenizer.Byte)
	}
	for i, text := range []string{"▁", "h", "e", "l", "o", "w", "r", "d", "中", "文", "ll", "he", "▁w", "hell",
		"or", "hello", "▁wor", "▁worl", "▁world", "中文", "▁▁", "▁hello"} {
		v.Tokens, v.Types = append(v.Tokens, text), append(v.Types, tokenizer.Normal)
		v.Scores = append(v.Scores, float32(-i))
	}
	v.Scores = append(make([]float32, 259), v.Scores...)
	v = withSpecials(v)
	v.Scores = append(v.Scores, make([]float32, len(v.Tokens)-len(v.Scores))...)
	return v
}

func smallBERT() tokenizer.Vocabulary {
	v := tokenizer.Defaults("bert", "", 0)
	v.Tokens = []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁hello", "▁world", "▁wor", "ld", "▁中", "▁文", "s", "▁,", "▁!", "▁e"}
	v.Types = slices.Repeat([]tokenizer.Type{tokenizer.Normal}, len(v.Tokens))
	for i := range 4 {
		v.Types[i] = tokenizer.Control
	}
	v.PAD, v.UNK, v.CLS, v.SEP = 0, 1, 2, 3
	return withSpecials(v)
}

// withSpecials adds special tokens whose texts overlap.
func withSpecials(v tokenizer.Vocabulary) tokenizer.Vocabulary {
	for _, t := range []struct {
		text string
		kind tokenizer.Type
	}{
		{"<|im_start|>", tokenizer.Control}, {"<|im_end|>", tokenizer.Control},
		{"<think>", tokenizer.UserDefined}, {"<think>\n", tokenizer.UserDefined}, {"\n\n", tokenizer.UserDefined},
	} {
		v.Tokens, v.Types = append(v.Tokens, t.text), append(v.Types, t.kind)
	}
	return v
}

func small(t testing.TB) map[string]*tokenizer.Tokenizer {
	t.Helper()
	toks := map[string]*tokenizer.Tokenizer{}
	for _, v := range []tokenizer.Vocabulary{smallBPE(), smallSPM(), smallBERT()} {
		tok, err := tokenizer.New(v)
		if err != nil {
			t.Fatal(err)
		}
		toks[v.Model] = tok
	}
	return toks
}

// randomText mixes words, scripts, white space, special texts and any character.
func randomText(rng *rand.Rand) string {
	parts := strings.Split("hello| world|Hello|中文|中|é|e\u0301|ß|한국어|हिन्दी|😀|👍🏽|'s|'Re|12|1234|½|…|<|im_|>|"+
		"<|im_end|>|<think>|\n|\n\n|\r\n| |  |\t|\u3000|\u00a0|\u0085|\x00|\x7f|\ufffd|\ufeff|a|B|xyz", "|")
	var text strings.Builder
	for range rng.IntN(20) {
		if rng.IntN(4) > 0 {
			text.WriteString(parts[rng.IntN(len(parts))])
			continue
		}
		if r := rune(rng.IntN(utf8.MaxRune + 1)); utf8.ValidRune(r) {
			text.WriteRune(r)
		}
	}
	return text.String()
}
