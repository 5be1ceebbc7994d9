package tokenizer_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/hearthbox/hearth/internal/tokenizer"
)

// The merging of both kinds against the plainest code for it, over small random
// vocabularies that hold what trained ones never do: merges in any order, merges
// through texts that are no tokens, tokens that begin and end within a character.

const trials = 100

func TestBPEMergesLikeThePlainestCode(t *testing.T) {
	for seed := range uint64(trials) {
		rng := rand.New(rand.NewPCG(seed, 1))
		v := randomBPE(rng)
		tok, err := tokenizer.New(v)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			text := randomWord(rng)
			got, want := tok.Append(nil, text, false), plainBPE(v, text)
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d, %q:\n got %v\nwant %v\nmerges %q", seed, text, got, want, v.Merges)
			}
			if back := tok.Decode(got, tokenizer.Decoding{}); back != text {
				t.Fatalf("seed %d: %q came back as %q", seed, text, back)
			}
		}
	}
}

// randomWord is letters only, so that every splitter leaves it whole.
func randomWord(rng *rand.Rand) string {
	letters := []rune("abcdéêж中文丮字𠀀")
	n := 1 + rng.IntN(12)
	if rng.IntN(4) == 0 {
		n = 200
	}
	var text strings.Builder
	few := 1 + rng.IntN(len(letters))
	for range n {
		text.WriteRune(letters[rng.IntN(few)])
	}
	return text.String()
}

func randomBPE(rng *rand.Rand) tokenizer.Vocabulary {
	v := tokenizer.Defaults("gpt2", "gpt-2", 0)
	var texts []string // what merges may join
	for b := range 256 {
		v.Tokens = append(v.Tokens, written([]byte{byte(b)}))
	}
	for _, r := range randomWord(rng) + "abcé中" {
		for _, b := range []byte(string(r)) {
			texts = append(texts, written([]byte{b}))
		}
	}
	known := map[string]bool{}
	merge := func(left, right string) {
		v.Merges = append(v.Merges, left+" "+right)
		texts = append(texts, left+right)
		if !known[left+right] && rng.IntN(5) > 0 && !slices.Contains(v.Tokens, left+right) {
			v.Tokens = append(v.Tokens, left+right)
		}
		known[left+right] = true
	}
	for _, r := range "é中文ж" { // most trained vocabularies hold whole characters
		for b := []byte(string(r)); len(b) > 1 && rng.IntN(3) > 0; b = b[:len(b)-1] {
			merge(written(b[:len(b)-1]), written(b[len(b)-1:]))
		}
	}
	for range 5 + rng.IntN(60) {
		left, right := texts[rng.IntN(len(texts))], texts[rng.IntN(len(texts))]
		if len(left)+len(right) <= 40 {
			merge(left, right)
		}
	}
	rng.Shuffle(len(v.Merges), func(i, j int) {
		if rng.IntN(3) == 0 {
			v.Merges[i], v.Merges[j] = v.Merges[j], v.Merges[i]
		}
	})
	return v
}

// written is how GPT-2 writes bytes.
func written(text []byte) string {
	var out strings.Builder
	for _, b := range text {
		out.WriteString(byteCharacters[b])
	}
	return out.String()
}

var byteCharacters = func() (list [256]string) {
	next := rune(0x100)
	for b := range list {
		switch r := rune(b); {
		case r > ' ' && r < 0x7f || r > 0xa0 && r != 0xad:
			list[b] = string(r)
		default:
			list[b] = string(next)
			next++
		}
	}
	return list
}()

func plainBPE(v tokenizer.Vocabulary, text string) []int32 {
	ranks := map[[2]string]int{}
	for i, m := range v.Merges {
		left, right, _ := strings.Cut(m, " ")
		if _, ok := ranks[[2]string{left, right}]; !ok {
			ranks[[2]string{left, right}] = i
		}
	}
	var parts []string
	for _, b := range []byte(text) {
		parts = append(parts, written([]byte{b}))
	}
	parts = mergeAll(parts, func(left, right string) (float64, bool) {
		rank, ok := ranks[[2]string{left, right}]
		return float64(rank), ok
	})
	var ids []int32
	for _, part := range parts {
		if id := slices.Index(v.Tokens, part); id >= 0 {
			ids = append(ids, int32(id))
			continue
		}
		for _, r := range part {
			ids = append(ids, int32(slices.Index(v.Tokens, string(r))))
		}
	}
	return ids
}

// mergeAll joins the neighbours of the lowest order, the leftmost of equals, until
// no two may be joined.
func mergeAll(parts []string, order func(left, right string) (float64, bool)) []string {
	for {
		best, at := 0.0, -1
		for i := range len(parts) - 1 {
			if o, ok := order(parts[i], parts[i+1]); ok && (at < 0 || o < best) {
				best, at = o, i
			}
		}
		if at < 0 {
			return parts
		}
		parts[at] += parts[at+1]
		parts = slices.Delete(parts, at+1, at+2)
	}
}

func TestSPMMergesLikeThePlainestCode(t *testing.T) {
	for seed := range uint64(trials) {
		rng := rand.New(rand.NewPCG(seed, 2))
		v := randomSPM(rng)
		tok, err := tokenizer.New(v)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			text := randomWord(rng) + strings.Repeat(" ", rng.IntN(3)) + randomWord(rng)
			got, want := tok.Append(nil, text, false), plainSPM(v, text)
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d, %q:\n got %v\nwant %v\ntokens %q", seed, text, got, want, v.Tokens[259:])
			}
			if back := tok.Decode(got, tokenizer.Decoding{}); back != text {
				t.Fatalf("seed %d: %q came back as %q", seed, text, back)
			}
		}
	}
}

func randomSPM(rng *rand.Rand) tokenizer.Vocabulary {
	v := tokenizer.Defaults("llama", "", 1000)
	v.Tokens = []string{"<unk>", "<s>", "</s>"}
	v.Types = []tokenizer.Type{tokenizer.Unknown, tokenizer.Control, tokenizer.Control}
	for b := range 256 {
		v.Tokens = append(v.Tokens, fmt.Sprintf("<0x%02X>", b))
		v.Types = append(v.Types, tokenizer.Byte)
	}
	for range 5 + rng.IntN(60) {
		runes := []rune("▁" + randomWord(rng) + "▁")
		from := rng.IntN(len(runes))
		text := string(runes[from:min(len(runes), from+1+rng.IntN(5))])
		if !slices.Contains(v.Tokens, text) {
			v.Tokens, v.Types = append(v.Tokens, text), append(v.Types, tokenizer.Normal)
		}
	}
	for range v.Tokens {
		v.Scores = append(v.Scores, float32(rng.IntN(20)-10))
	}
	return v
}

func plainSPM(v tokenizer.Vocabulary, text string) []int32 {
	parts := strings.Split(strings.ReplaceAll(" "+text, " ", "▁"), "")
	find := func(text string) int {
		if i := slices.Index(v.Tokens, text); i >= 259 {
			return i
		}
		return -1
	}
	parts = mergeAll(parts, func(left, right string) (float64, bool) {
		id := find(left + right)
		if id < 0 {
			return 0, false
		}
		return -float64(v.Scores[id]), true
	})
	var ids []int32
	for _, part := range parts {
		if id := find(part); id >= 0 {
			ids = append(ids, int32(id))
			continue
		}
		// llama.cpp spells U+2581, which would come back as that.
		for _, b := range []byte(strings.ReplaceAll(part, "▁", " ")) {
			ids = append(ids, int32(b)+3)
		}
	}
	return ids
}
