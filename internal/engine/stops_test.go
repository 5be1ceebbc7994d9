package engine

import (
	"math/rand/v2"
	"testing"

	"github.com/hearthbox/hearth"
)

func TestStopsInAnyPieces(t *testing.T) {
	think := hearth.Aside{Open: "<think>", Close: "</think>"}
	begun := think
	begun.Begun = true
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		text    string
		stops   []string
		aside   hearth.Aside
		want    string
		stopped bool
	}{
		{"one two three", []string{"two"}, hearth.Aside{}, "one ", true},
		{"one two three", []string{"three", "two t"}, hearth.Aside{}, "one ", true},
		{"one two three", []string{"four"}, hearth.Aside{}, "one two three", false},
		{"aaab", []string{"aab"}, hearth.Aside{}, "a", true},
		{"aaa", []string{"aab"}, hearth.Aside{}, "aaa", false},
		{"", []string{"x"}, think, "", false},
		{"a\n\nb", []string{"\n\n"}, think, "a", true},
		{"<think>a\n\nb</think>c\n\nd", []string{"\n\n"}, think, "<think>a\n\nb</think>c", true},
		{"\n <think>a\n\nb</think>\n\nd", []string{"\n\n"}, think, "\n <think>a\n\nb</think>", true},
		{"a\n\nb</think>c\n\nd", []string{"\n\n"}, begun, "a\n\nb</think>c", true},
		{"a\n\nb</thin", []string{"\n\n"}, begun, "a\n\nb</thin", false},
		{"<thin", []string{"x"}, think, "<thin", false},
		{"<thinx", []string{"x"}, think, "<thin", true},
		{"a <think>x</think>", []string{"x"}, think, "a <think>", true}, // only at the beginning
	} {
		for range 50 {
			s := newStops(c.stops, c.aside)
			got, stopped := "", false
			for rest := c.text; rest != "" && !stopped; {
				n := 1 + rng.IntN(len(rest))
				var out string
				out, stopped = s.feed(rest[:n])
				got, rest = got+out, rest[n:]
			}
			if !stopped {
				got += s.flush()
			}
			if got != c.want || stopped != c.stopped {
				t.Fatalf("%q with stops %q: got %q (%v), want %q (%v)", c.text, c.stops, got, stopped, c.want, c.stopped)
			}
		}
	}
}
