package tokenizer_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hearthbox/hearth/internal/tokenizer"
)

func TestTextComesBack(t *testing.T) {
	toks := small(t)
	t.Run("small gpt2", func(t *testing.T) { comesBack(t, toks["gpt2"], randomText) })
	t.Run("small llama", func(t *testing.T) { comesBack(t, toks["llama"], unbroken) })
	for _, name := range []string{"gpt-2", "deepseek-llm", "llama-spm"} {
		t.Run(name, func(t *testing.T) { comesBack(t, open(t, shared+"tokenizer/ggml-vocab-"+name+".gguf"), randomText) })
	}
}

func comesBack(t *testing.T, tok *tokenizer.Tokenizer, make func(*rand.Rand) string) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 3000 {
		text := make(rng)
		ids := tok.Append(nil, text, false)
		if back := tok.Decode(ids, tokenizer.Decoding{}); back != text {
			t.Fatalf("%q came back as %q from %v", text, back, ids)
		}
	}
}

// unbroken makes a text without special texts: SentencePiece begins anew after one,
// with another artificial space.
func unbroken(rng *rand.Rand) string {
	return strings.NewReplacer("<think>", "", "\n", "").Replace(randomText(rng))
}

func TestSpecialTexts(t *testing.T) {
	for model, tok := range small(t) {
		id := func(token string) int32 {
			id, ok := tok.Lookup(token)
			if !ok {
				t.Fatalf("%s: no token %q", model, token)
			}
			return id
		}
		text := "hello<|im_start|><think>\n\n\n<|im_end|>"
		asked := tok.Append(nil, text, true)
		want := append(tok.Append(nil, "hello", false), id("<|im_start|>"), id("<think>\n"), id("\n\n"), id("<|im_end|>"))
		if !slices.Equal(asked, want) {
			t.Errorf("%s: got %v, want %v", model, asked, want)
		}
		plain := tok.Append(nil, text, false)
		if !slices.Contains(plain, id("<think>\n")) {
			t.Errorf("%s: a user-defined token was not found in %v", model, plain)
		}
		for _, id := range plain {
			if tok.IsControl(id) && model != "bert" { // where [UNK] may be one
				t.Errorf("%s: text became the control token %q", model, tok.Piece(id))
			}
		}
		for _, id := range tok.AppendLiteral(nil, text) {
			if (tok.IsControl(id) || tok.IsUserDefined(id)) && model != "bert" {
				t.Errorf("%s: literal text became the special token %q", model, tok.Piece(id))
			}
		}
	}
}

// TestSpecialTextsAreFoundLeftmostLongest compares with looking at every position.
func TestSpecialTextsAreFoundLeftmostLongest(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 300 {
		v := tokenizer.Defaults("gpt2", "gpt-2", 0)
		for b := range 256 {
			v.Tokens = append(v.Tokens, written([]byte{byte(b)}))
		}
		for range 1 + rng.IntN(12) {
			if token := letters(rng, 2+rng.IntN(5)); !slices.Contains(v.Tokens, token) {
				v.Tokens = append(v.Tokens, token)
			}
		}
		v.Types = append(slices.Repeat([]tokenizer.Type{tokenizer.Normal}, 256), slices.Repeat([]tokenizer.Type{tokenizer.UserDefined}, len(v.Tokens)-256)...)
		tok, err := tokenizer.New(v)
		if err != nil {
			t.Fatal(err)
		}
		text := letters(rng, 40)
		if got, want := tok.Append(nil, text, false), leftmostLongest(v.Tokens, text); !slices.Equal(got, want) {
			t.Fatalf("%q among %q:\n got %v\nwant %v", text, v.Tokens[256:], got, want)
		}
	}
}

func letters(rng *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = 'a' + byte(rng.IntN(2))
	}
	return string(b)
}

func leftmostLongest(tokens []string, text string) []int32 {
	var ids []int32
	for len(text) > 0 {
		best := slices.Index(tokens, text[:1])
		for i, t := range tokens {
			if strings.HasPrefix(text, t) && len(t) > len(tokens[best]) {
				best = i
			}
		}
		ids = append(ids, int32(best))
		text = text[len(tokens[best]):]
	}
	return ids
}

func TestMergesNeverSpellAControlToken(t *testing.T) {
	v := smallBPE()
	v.Pre = "llama-bpe" // where a whole word may be a token without merges
	at := slices.Index(v.Tokens, "hello")
	v.Types[at] = tokenizer.Control
	tok, err := tokenizer.New(v)
	if err != nil {
		t.Fatal(err)
	}
	if ids := tok.Append(nil, "hello", false); slices.Contains(ids, int32(at)) {
		t.Errorf("text became a control token: %v", ids)
	}
	if ids := tok.Append(nil, "hello", true); !slices.Equal(ids, []int32{int32(at)}) {
		t.Errorf("asked for, the control token was not found: %v", ids)
	}
}

func TestEnds(t *testing.T) {
	v := smallBPE()
	v.Tokens = append(v.Tokens, "<|endoftext|>", "<|call|>", "<|return|>", "<|end|>", "<｜end▁of▁sentence｜>", "</s>", "<bye>")
	v.Types = append(v.Types, slices.Repeat([]tokenizer.Type{tokenizer.Normal}, 7)...)
	v.EOS = len(v.Tokens) - 1
	tok, err := tokenizer.New(v)
	if err != nil {
		t.Fatal(err)
	}
	for token, want := range map[string]bool{
		"<|im_end|>": true, "<|endoftext|>": true, "<|return|>": true, "<｜end▁of▁sentence｜>": true, "<bye>": true,
		"<|end|>": false, // closes a message where <|return|> and <|call|> close the turn
		"</s>":    false, // HTML, unless the file says that it is more
		"hello":   false, "<|im_start|>": false,
	} {
		id, _ := tok.Lookup(token)
		if tok.IsEnd(id) != want {
			t.Errorf("IsEnd(%q) = %v", token, !want)
		}
	}
	id, _ := tok.Lookup("<|endoftext|>")
	if !tok.IsControl(id) {
		t.Error("what ends a text is no control token, if the file says so")
	}
	if tok.IsEnd(tokenizer.None) || tok.IsControl(tokenizer.None) || tok.IsControl(1<<30) {
		t.Error("an id that is no token ends or steers something")
	}
}

func TestOpeningAndClosing(t *testing.T) {
	for _, c := range []struct {
		v                tokenizer.Vocabulary
		opening, closing []int32
	}{
		{smallBPE(), nil, nil},
		{smallSPM(), []int32{1}, nil},
		{smallBERT(), []int32{2}, []int32{3}},
	} {
		tok, err := tokenizer.New(c.v)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(tok.Opening(), c.opening) || !slices.Equal(tok.Closing(), c.closing) {
			t.Errorf("%s: %v … %v, want %v … %v", c.v.Model, tok.Opening(), tok.Closing(), c.opening, c.closing)
		}
	}
}

func TestWordPiece(t *testing.T) {
	tok := small(t)["bert"]
	for text, want := range map[string]string{
		"Hello, WORLD!":                 " hello , world !",
		"worlds":                        " worlds",
		"wor":                           " wor",
		"héllo É":                       " hello e",
		"中文hello":                       " 中 文 hello",
		"helloq":                        "[UNK]",
		"hel\u200blo\x00":               " hello",
		strings.Repeat("s", 101) + "!":  "[UNK] !",
		"▁world":                        "[UNK]",
		"hello\u00a0\u3000\n\t world\r": " hello world",
	} {
		var got strings.Builder
		for _, id := range tok.Append(nil, text, false) {
			got.WriteString(tok.Piece(id))
		}
		if got.String() != want {
			t.Errorf("%q: got %q, want %q", text, got.String(), want)
		}
	}
}

func TestBytesThatAreNotUTF8(t *testing.T) {
	for model, tok := range small(t) {
		if got, want := tok.Append(nil, "hello\xff\xe4\xb8 world", false), tok.Append(nil, "hello\ufffd\ufffd\ufffd world", false); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", model, got, want)
		}
	}
}

// TestLongWords would not end in a lifetime if a word took time in the square of
// its length.
func TestLongWords(t *testing.T) {
	size := 1 << 20
	if testing.Short() {
		size = 1 << 16
	}
	texts := []string{
		strings.Repeat("hello", size/5), strings.Repeat("l", size), strings.Repeat(" ", size) + "x",
		strings.Repeat("中文", size/6), strings.Repeat("\n", size), strings.Repeat("<think>", size/7),
		strings.Repeat("<think", size/6), strings.Repeat("q", size), strings.Repeat("1", size), strings.Repeat("'", size),
		strings.Repeat(" \n", size/2), strings.Repeat("\x01", size), strings.Repeat("e\u0301", size/3),
	}
	for model, tok := range small(t) {
		for _, text := range texts {
			ids := tok.Append(nil, text, true)
			if back := tok.Decode(ids, tokenizer.Decoding{}); model == "gpt2" && back != text {
				t.Errorf("%s: %.20q… does not come back", model, text)
			}
		}
	}
	for _, pre := range []string{"gpt-2", "starcoder", "default", "falcon", "llama-bpe", "qwen2", "qwen35", "gpt-4o", "tekken",
		"kimi-k2", "deepseek-llm", "deepseek-coder", "deepseek-v3"} {
		for _, text := range texts {
			if _, err := tokenizer.Split(pre, text); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestManyGoroutines(t *testing.T) {
	for _, tok := range small(t) {
		rng := rand.New(rand.NewPCG(5, 5))
		var texts []string
		var want [][]int32
		for range 50 {
			texts = append(texts, randomText(rng))
			want = append(want, tok.Append(nil, texts[len(texts)-1], true))
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for i, text := range texts {
					if !slices.Equal(tok.Append(nil, text, true), want[i]) {
						t.Errorf("%q: not the same ids again", text)
					}
				}
			})
		}
		wg.Wait()
	}
}
