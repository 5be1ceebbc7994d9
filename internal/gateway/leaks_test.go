package gateway_test

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/guard"
)

var leakCases = flag.Int("leaks", 20_000, "words that TestNoDialectLeaks hides")

// TestNoDialectLeaks hides words, with symbols and invisible characters inside, in what a
// model thinks, says and calls tools with, cut anywhere into tokens; screens that as it
// comes, and reads what is left through every dialect. A case is a word, its disguise,
// where it was cut and how it was told.
func TestNoDialectLeaks(t *testing.T) {
	seed := rand.Uint64()
	t.Log("seed", seed)
	rnd := rand.New(rand.NewPCG(seed, 45438))
	tables, err := guard.LoadTables()
	if err != nil {
		t.Fatal(err)
	}
	var words []guard.Word
	for range 400 {
		words = append(words, guard.Word{Text: han(rnd, 1+rnd.IntN(5), 60)})
	}
	library, err := guard.NewLibrary(tables, words)
	if err != nil {
		t.Fatal(err)
	}
	g := guard.New(library, guard.Policy{AnswerViews: guard.Streaming, WordsElse: guard.Mask})
	here := func(context.Context, string) bool { return false }
	cases := map[string]int{}
	for done := 0; done < *leakCases; {
		s := dialects[rnd.IntN(len(dialects))]
		streamed := rnd.IntN(4) > 0
		var hidden []string
		lane := func(n int) string {
			text := ""
			for range n {
				text += han(rnd, rnd.IntN(12), 90)
				word := disguise(rnd, words[rnd.IntN(len(words))].Text)
				hidden, text = append(hidden, word), text+word
			}
			return text + han(rnd, rnd.IntN(6), 90)
		}
		var chunks []hearth.Chunk
		for _, p := range cuts(rnd, lane(rnd.IntN(8))) {
			chunks = append(chunks, hearth.Chunk{Reasoning: p})
		}
		for _, p := range cuts(rnd, lane(1+rnd.IntN(12))) {
			chunks = append(chunks, hearth.Chunk{Text: p})
		}
		finish := hearth.FinishStop
		if rnd.IntN(3) == 0 {
			finish = hearth.FinishToolCalls
			chunks = append(chunks, hearth.Chunk{ToolCalls: []hearth.ToolCallDelta{{ID: "call_1", Name: "f"}}})
			for _, p := range cuts(rnd, `{"q":"`+lane(1+rnd.IntN(4))+`"}`) {
				chunks = append(chunks, hearth.Chunk{ToolCalls: []hearth.ToolCallDelta{{Arguments: p}}})
			}
		}
		chunks = append(chunks, hearth.Chunk{Finish: finish, Usage: &hearth.Usage{PromptTokens: 1, CompletionTokens: 1}})
		model := hearth.GeneratorFunc(func(context.Context, *hearth.Request) iter.Seq2[hearth.Chunk, error] {
			return func(yield func(hearth.Chunk, error) bool) {
				for _, c := range chunks {
					if !yield(c, nil) {
						return
					}
				}
			}
		})
		d := &door{}
		for c, err := range g.Wrap(model, here, slog.New(slog.DiscardHandler)).Generate(t.Context(), &hearth.Request{Model: "m"}) {
			if err != nil {
				t.Fatal(err)
			}
			d.chunks = append(d.chunks, c)
		}
		body := s.ask(d, streamed).Body.String()
		read := s.whole
		if streamed {
			read = s.streamed
		}
		answer, err := read(body)
		if err != nil {
			t.Fatal(err)
		}
		told := fmt.Sprintf("%+v", answer)
		for _, word := range hidden {
			if strings.Contains(told, word) || strings.Contains(body, word) {
				t.Fatalf("%s, streamed %t: leaked %q: %s", s.name, streamed, word, told)
			}
		}
		if !strings.Contains(told, "＊") {
			t.Fatalf("%s, streamed %t: nothing was hidden: %s", s.name, streamed, told)
		}
		done += len(hidden)
		cases[fmt.Sprintf("%s/%t", s.name, streamed)] += len(hidden)
	}
	t.Log("cases", cases)
}

// han is n characters of the first so many Chinese ones.
func han(rnd *rand.Rand, n, of int) string {
	var b strings.Builder
	for range n {
		b.WriteRune(rune(0x4E00 + rnd.IntN(of)))
	}
	return b.String()
}

// disguise puts something between the characters of a word, or nothing.
func disguise(rnd *rand.Rand, word string) string {
	skips := []string{"", "", "*", "\u200b", "~*", "\ufeff#"}
	return strings.Join(strings.Split(word, ""), skips[rnd.IntN(len(skips))])
}

// cuts is a text as tokens, which end anywhere, inside characters too.
func cuts(rnd *rand.Rand, text string) []string {
	var list []string
	for text != "" {
		n := min(1+rnd.IntN(7), len(text))
		list, text = append(list, text[:n]), text[n:]
	}
	return list
}
