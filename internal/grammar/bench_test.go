package grammar_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/hearthbox/hearth/internal/grammar"
)

// words is a vocabulary of the size and the make of those of large models: bytes,
// words with and without a space before them, numbers, punctuation, Chinese, and the
// runs of signs that code has.
func words(size int) *grammar.Vocabulary {
	rng := rand.New(rand.NewPCG(1, 1))
	var tokens []grammar.Token
	known := map[string]bool{}
	add := func(text string) {
		if !known[text] {
			known[text] = true
			tokens = append(tokens, grammar.Token{Text: text})
		}
	}
	for b := range 256 {
		add(string([]byte{byte(b)}))
	}
	for i := range 1000 {
		add(fmt.Sprint(i))
	}
	for n := 2; n < 84; n++ {
		add(strings.Repeat(" ", n))
	}
	signs := []rune("\"{}[]:,.;()<>=+-*/\\'!? \n\t_|&%$#@")
	for i := 0; i < size/24; i++ {
		add(spell(rng, signs, 2+rng.IntN(4)))
	}
	for len(tokens) < size*3/4 {
		word := spell(rng, []rune("etaoinshrdlucmfwypvbgkjqxz"), 2+rng.IntN(9))
		add([]string{"", " ", " ", "\"", "_", "."}[rng.IntN(6)] + word)
	}
	for len(tokens) < size {
		var text strings.Builder
		for range 1 + rng.IntN(4) {
			text.WriteRune(rune(0x4e00 + rng.IntN(6000)))
		}
		add(text.String())
	}
	return grammar.NewVocabulary(tokens)
}

func spell(rng *rand.Rand, letters []rune, n int) string {
	out := make([]rune, n)
	for i := range out {
		out[i] = letters[min(rng.IntN(len(letters)), rng.IntN(len(letters)))]
	}
	return string(out)
}

// order is a schema of about 2 KB, of the kind that applications send.
func order() string {
	var fields, names []string
	for i := range 12 {
		name := fmt.Sprintf("field_%d", i)
		names = append(names, fmt.Sprintf("%q", name))
		fields = append(fields, fmt.Sprintf("%q:%s", name, []string{
			`{"type":"string","description":"what it is called, as people say it"}`,
			`{"type":"integer","minimum":0,"maximum":99999}`,
			`{"type":"array","items":{"type":"object","properties":{"id":{"type":"string","maxLength":40},"n":{"type":"number"}},"required":["id","n"],"additionalProperties":false}}`,
			`{"enum":["low","middle","high"]}`,
			`{"anyOf":[{"type":"string","format":"date"},{"type":"null"}]}`,
			`{"type":"string","pattern":"^[A-Z]{2}[0-9]{4,8}$"}`,
		}[i%6]))
	}
	return `{"type":"object","properties":{` + strings.Join(fields, ",") + `},"required":[` + strings.Join(names, ",") + `],"additionalProperties":false}`
}

const largeVocabulary = 128 << 10

func BenchmarkVocabulary(b *testing.B) {
	for b.Loop() {
		words(largeVocabulary)
	}
}

// BenchmarkFirstUse is all that a schema costs before its first token.
func BenchmarkFirstUse(b *testing.B) {
	v, schema := words(largeVocabulary), order()
	b.ReportMetric(float64(len(schema)), "bytes")
	for b.Loop() {
		l, err := grammar.Schema(schema)
		if err != nil {
			b.Fatal(err)
		}
		g, err := grammar.Compile(l)
		if err != nil {
			b.Fatal(err)
		}
		grammar.Bind(g, v)
	}
}

// BenchmarkMask is what a token costs, the mask and taking it, over whole answers.
func BenchmarkMask(b *testing.B) {
	v := words(largeVocabulary)
	m := grammar.Bind(compileSchema(b, order()), v)
	item := `{"id": "a name 中文 and \"more\"", "n": -12.5}`
	answer := []string{`"some words, and 中文 too"`, `417`, "[" + item + ",\n    " + item + "]", `"middle"`, `"2024-02-29"`, `"AB12345"`}
	text := "{"
	for i := range 12 {
		text += fmt.Sprintf("\n  \"field_%d\": %s,", i, answer[i%6])
	}
	text = strings.TrimSuffix(text, ",") + "\n}"
	var ids []int32
	for s, at := m.Start(), 0; at < len(text); {
		id, size := longest(m, v, s, text[at:])
		if size == 0 {
			b.Fatalf("nothing fits at %q", text[at:])
		}
		ids, s, at = append(ids, id), m.Take(s, id), at+size
	}
	set := make([]uint64, m.Words())
	pass := func() {
		s := m.Start()
		for _, id := range ids {
			m.Mask(s, set)
			s = m.Take(s, id)
		}
		if !s.Done() {
			b.Fatal("the answer is not whole")
		}
	}
	pass()
	for b.Loop() {
		pass()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(ids)), "ns/token")
	b.ReportMetric(float64(len(ids)), "tokens")
}

// longest is the longest token that a text begins with and that fits.
func longest(m *grammar.Masks, v *grammar.Vocabulary, s *grammar.State, text string) (id int32, size int) {
	for n := min(len(text), 12); n > 0; n-- {
		if id, ok := v.Find(text[:n]); ok && m.Take(s, id) != nil {
			return id, n
		}
	}
	return 0, 0
}
