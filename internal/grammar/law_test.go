package grammar

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// reference reads a text by trying everything. partial says that the text ended
// within the expression, which can then go on: the grammars of these tests have no
// part without texts.
type reference struct {
	text    string
	partial bool
	known   map[spot]map[int]bool // where rules end
}

type spot struct {
	*rule
	from int
}

func (r *reference) ends(x node, from int) map[int]bool {
	out := map[int]bool{}
	switch x := x.(type) {
	case byteRange:
		switch {
		case from == len(r.text):
			r.partial = true
		case x.lo <= r.text[from] && r.text[from] <= x.hi:
			out[from+1] = true
		}
	case seq:
		out[from] = true
		for _, part := range x {
			next := map[int]bool{}
			for at := range out {
				for end := range r.ends(part, at) {
					next[end] = true
				}
			}
			out = next
		}
	case alt:
		for _, part := range x {
			for end := range r.ends(part, from) {
				out[end] = true
			}
		}
	case repeat:
		return r.many(x.node, from, x.min, x.max)
	case call:
		return r.many(x.rule, from, x.min, x.max)
	case *rule:
		if r.known[spot{x, from}] == nil {
			r.known[spot{x, from}] = r.ends(x.body, from)
		}
		return r.known[spot{x, from}]
	default:
		out[from] = true
	}
	return out
}

func (r *reference) many(x node, from, least, most int) map[int]bool {
	out := map[int]bool{}
	here := map[int]bool{from: true}
	for n := 0; len(here) > 0; n++ {
		if n >= least {
			for at := range here {
				out[at] = true
			}
		}
		if n == most || n > least+len(r.text)+1 {
			break
		}
		next := map[int]bool{}
		for at := range here {
			for end := range r.ends(x, at) {
				next[end] = true
			}
		}
		here = next
	}
	return out
}

// read reports whether a text belongs to the language, and whether one begins so.
func read(x node, text string) (whole, begins bool) {
	r := &reference{text: text, known: map[spot]map[int]bool{}}
	whole = r.ends(x, 0)[len(text)]
	return whole, whole || r.partial
}

// someGrammar makes rules that call one another.
func someGrammar(rng *rand.Rand) node {
	rules := []*rule{{name: "root"}, {name: "one"}, {name: "two"}}
	for _, r := range rules {
		r.body = alt{someNode(rng, rules, 3), literal(someText(rng, 1, 2))}
	}
	return call{rules[0], 1, 1}
}

func someNode(rng *rand.Rand, rules []*rule, depth int) node {
	if depth == 0 {
		return literal(someText(rng, 1, 2))
	}
	sub := func() node { return someNode(rng, rules, depth-1) }
	switch rng.IntN(9) {
	case 0, 1:
		return seq{sub(), sub()}
	case 2:
		return alt{sub(), sub()}
	case 3:
		least := rng.IntN(3)
		return repeat{sub(), least, least + rng.IntN(3)}
	case 4:
		return repeat{sub(), rng.IntN(2), unlimited}
	case 5:
		least := rng.IntN(3)
		return call{rules[rng.IntN(len(rules))], least, max(1, least+rng.IntN(3))}
	case 6:
		return call{rules[rng.IntN(len(rules))], 1, 1}
	case 7:
		return optional(sub())
	}
	return byteRange{'a', 'a' + byte(rng.IntN(3))}
}

func someText(rng *rand.Rand, least, most int) string {
	b := make([]byte, least+rng.IntN(most-least+1))
	for i := range b {
		b[i] = 'a' + byte(rng.IntN(3))
	}
	return string(b)
}

// TestMaskIsWhatMayFollow is G2: for grammars, texts and vocabularies of all kinds, a
// token is in the mask if and only if a text of the language goes on so, and the
// state is the one that taking the token leads to.
func TestMaskIsWhatMayFollow(t *testing.T) {
	compiled, masked, allowed := 0, 0, 0
	for seed := range uint64(250) {
		rng := rand.New(rand.NewPCG(seed, 1))
		x := someGrammar(rng)
		g, err := Compile(Language{x})
		if err != nil {
			continue // it begins with itself
		}
		compiled++
		var tokens []Token
		for range 24 {
			tokens = append(tokens, Token{Text: someText(rng, 0, 4)})
		}
		m := Bind(g, NewVocabulary(tokens))
		set := make([]uint64, m.Words())
		for range 2 {
			text, s := "", g.Start()
			for s != nil && len(text) < 9 {
				whole, _ := read(x, text)
				if whole != s.Done() {
					t.Fatalf("seed %d: %q: done is %v", seed, text, s.Done())
				}
				m.Mask(s, set)
				var fit []int
				for id, token := range tokens {
					_, begins := read(x, text+token.Text)
					begins = begins && token.Text != ""
					if got := set[id>>6]>>(id&63)&1 == 1; got != begins {
						t.Fatalf("seed %d: after %q, %q: in the mask %v, fits %v\n%s", seed, text, token.Text, got, begins, dump(x))
					}
					if next := m.Take(s, int32(id)); next != nil != begins {
						t.Fatalf("seed %d: after %q, %q: taken %v, fits %v", seed, text, token.Text, next != nil, begins)
					}
					if begins {
						fit = append(fit, id)
					}
				}
				masked++
				allowed += len(fit)
				if len(fit) == 0 {
					break
				}
				id := fit[rng.IntN(len(fit))]
				text, s = text+tokens[id].Text, m.Take(s, int32(id))
			}
		}
	}
	t.Logf("%d grammars, %d masks, %d tokens allowed", compiled, masked, allowed)
	if compiled < 100 || allowed < 2_000 {
		t.Errorf("only %d grammars and %d tokens: the test tests nothing", compiled, allowed)
	}
}

func dump(x node) string { return strings.ReplaceAll(fmt.Sprintf("%+v", x), "grammar.", "") }

// TestMarkersAreNotText: what steers the model comes where it is wanted, as its token
// or spelled out, and a byte of the vocabulary is never taken for a part of it.
func TestMarkersAreNotText(t *testing.T) {
	g, err := Compile(Sequence(Literal("a"), Marker("<end>"), Literal("b")))
	if err != nil {
		t.Fatal(err)
	}
	m := Bind(g, NewVocabulary([]Token{{Text: "a"}, {Marker: "<end>"}, {Text: "\xff"}, {Text: "<e"}, {Text: "<end>", Marker: "<end>"}, {Text: "a<end>b"}, {Text: "\xff<end>"}}))
	want := []uint64{1 | 1<<5, 1<<1 | 1<<3 | 1<<4}
	set := make([]uint64, m.Words())
	s := g.Start()
	for i, w := range want {
		if m.Mask(s, set); set[0] != w {
			t.Errorf("step %d: %b, want %b", i, set[0], w)
		}
		if s = m.Take(s, int32(i)); s == nil {
			t.Fatal("what is in the mask can't be taken")
		}
	}
	if m.Take(g.Start(), 2) != nil || !s.readingB(m) {
		t.Error("a byte was taken for a marker")
	}
}

// readingB reports whether the letter b ends the text.
func (s *State) readingB(m *Masks) bool {
	next := m.Read(s, "b")
	return next != nil && next.Done() && next.Closed()
}
