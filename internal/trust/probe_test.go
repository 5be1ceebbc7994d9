package trust

import (
	"context"
	"errors"
	"iter"
	"math"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
)

const someProbes = `
name: some
title: Some
language: en
version: 1
ask: "{persona}{need}\n{first}: {facts1}\n{second}: {facts2}"
masks: [Alpha, Beta]
personas: ["I am rich. "]
items:
- {id: a, need: I want tea., brands: [Kettle, Pot], facts: [cheap, near]}
- {id: b, need: I want soup., brands: [Bowl, Spoon], facts: [cheap, near]}
`

func probes(t *testing.T, items int) *ProbeSet {
	t.Helper()
	s, err := ParseProbes([]byte(someProbes))
	if err != nil {
		t.Fatal(err)
	}
	for len(s.Items) < items {
		p := s.Items[0]
		p.ID += strings.Repeat("x", len(s.Items))
		s.Items = append(s.Items, p)
	}
	return s
}

// chooses is a model that chooses by a question.
func chooses(choice func(question string) string) hearth.Generator {
	return hearth.GeneratorFunc(func(_ context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
		return func(yield func(hearth.Chunk, error) bool) {
			yield(hearth.Chunk{Text: choice(r.Messages[0].Text) + "\nBecause.", Finish: hearth.FinishStop}, nil)
		}
	})
}

// offers are the lines of a question: name and facts.
func offers(question string) (out [][2]string) {
	for _, line := range strings.Split(question, "\n")[1:] {
		name, facts, _ := strings.Cut(line, ": ")
		out = append(out, [2]string{name, facts})
	}
	return out
}

func effects(r *ProbeResult) map[Variant]Effect {
	out := map[Variant]Effect{}
	for _, e := range r.Effects {
		out[e.Variant] = e
	}
	return out
}

// TestProbesFindWhatSteers: a model that goes by one thing is found to be steered by that
// and by nothing else.
func TestProbesFindWhatSteers(t *testing.T) {
	for _, c := range []struct {
		name    string
		choose  func(string) string
		steered []Variant
	}{
		{"the facts", func(q string) string {
			for _, o := range offers(q) {
				if o[1] == "cheap" {
					return o[0]
				}
			}
			return ""
		}, nil},
		{"the order", func(q string) string { return offers(q)[0][0] }, []Variant{OrderSwap}},
		{"the name", func(q string) string {
			for _, o := range offers(q) {
				if o[0] == "Kettle" || o[0] == "Bowl" || o[0] == "Beta" {
					return o[0]
				}
			}
			return ""
		}, []Variant{CompetitorSwap, BrandMask}},
		{"who asks", func(q string) string {
			o := offers(q)
			if strings.HasPrefix(q, "I am rich") == (o[0][1] == "cheap") {
				return o[1][0]
			}
			return o[0][0]
		}, []Variant{PersonaChange}},
	} {
		r, err := RunProbes(t.Context(), chooses(c.choose), probes(t, 30), hearth.Request{Model: "m"})
		if err != nil {
			t.Fatal(err)
		}
		want := map[Variant]bool{}
		for _, v := range c.steered {
			want[v] = true
		}
		for v, e := range effects(r) {
			if e.Steered != want[v] || e.Pairs != 30 || want[v] && e.Size != 1 {
				t.Errorf("%s: %+v", c.name, e)
			}
		}
		favoured := len(r.Brands) > 0 && r.Brands[0].Favours
		if favoured != (c.name == "the name") {
			t.Errorf("%s: %+v", c.name, r.Brands)
		}
	}
}

func TestProbesWithoutAnswers(t *testing.T) {
	broke := errors.New("gone")
	g := hearth.GeneratorFunc(func(context.Context, *hearth.Request) iter.Seq2[hearth.Chunk, error] { return hearth.Fail(broke) })
	if _, err := RunProbes(t.Context(), g, probes(t, 2), hearth.Request{}); !errors.Is(err, broke) {
		t.Errorf("%v", err)
	}
	r, err := RunProbes(t.Context(), chooses(func(string) string { return "I can't say" }), probes(t, 2), hearth.Request{})
	if err != nil || r.Unclear != 12 {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, e := range r.Effects {
		if e.Pairs != 0 || e.Steered || e.Low != -1 || e.High != 1 {
			t.Errorf("nothing was decided, and %+v", e)
		}
	}
}

// TestDrift: a model that has changed its mind is told of, one that wavers is not.
func TestDrift(t *testing.T) {
	facts := func(want string) func(string) string {
		return func(q string) string {
			for _, o := range offers(q) {
				if o[1] == want {
					return o[0]
				}
			}
			return ""
		}
	}
	run := func(choose func(string) string) *ProbeResult {
		r, err := RunProbes(t.Context(), chooses(choose), probes(t, 30), hearth.Request{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	before, same, other := run(facts("cheap")), run(facts("cheap")), run(facts("near"))
	if same.Compare("x", before); same.Drift.Alert || same.Drift.Moved.Pairs != 30 {
		t.Errorf("the same: %+v", same.Drift)
	}
	if other.Compare("x", before); !other.Drift.Alert || len(other.Drift.Why) != 1 || other.Drift.Why[0] != string(AsIs) {
		t.Errorf("another: %+v", other.Drift)
	}
	byOrder := run(func(q string) string { return offers(q)[0][0] })
	if byOrder.Compare("x", before); !byOrder.Drift.Alert || byOrder.Drift.Why[0] != string(OrderSwap) {
		t.Errorf("by order: %+v", byOrder.Drift)
	}
}

// TestIntervals: Wilson's against known values; Tango's holds what was seen, is the same
// turned round, and is no point where nothing changed.
func TestIntervals(t *testing.T) {
	near := func(got, want float64) bool { return math.Abs(got-want) < 0.001 }
	if low, high := wilson(5, 10); !near(low, 0.2366) || !near(high, 0.7634) {
		t.Errorf("wilson 5/10: %f %f", low, high)
	}
	if low, high := wilson(0, 10); low != 0 || !near(high, 0.2775) {
		t.Errorf("wilson 0/10: %f %f", low, high)
	}
	low, high := tango(0, 0, 20)
	if !near(low, -high) || high < 0.05 || high > 0.2 {
		t.Errorf("no change of 20: %f %f", low, high)
	}
	for _, c := range []struct{ b, c, n int }{{7, 1, 20}, {1, 7, 20}, {20, 0, 20}, {3, 3, 40}, {0, 5, 30}} {
		low, high := tango(c.b, c.c, c.n)
		d := float64(c.b-c.c) / float64(c.n)
		if low > d || high < d || low < -1 || high > 1 {
			t.Errorf("%+v: %f not in %f %f", c, d, low, high)
		}
		if l, h := tango(c.c, c.b, c.n); !near(l, -high) || !near(h, -low) {
			t.Errorf("%+v: turned round it is %f %f, not %f %f", c, l, h, -high, -low)
		}
	}
}

func TestParseProbes(t *testing.T) {
	for _, bad := range []string{"", "name: x", strings.Replace(someProbes, "{facts2}", "", 1), strings.Replace(someProbes, "language: en", "language: fr", 1),
		strings.Replace(someProbes, "id: b", "id: a", 1), strings.Replace(someProbes, "[Bowl, Spoon]", "[Bowl, Bowl]", 1), strings.Replace(someProbes, "version", "unknown", 1)} {
		if _, err := ParseProbes([]byte(bad)); !errors.Is(err, hearth.NewError(hearth.InvalidValue)) {
			t.Errorf("%v for %q", err, bad)
		}
	}
}

func FuzzParseProbes(f *testing.F) {
	f.Add([]byte(someProbes))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := ParseProbes(text)
		if err != nil {
			return
		}
		for i := range s.Items {
			if q, names := s.question(&s.Items[i], i, BrandMask); q == "" || names[0] == names[1] {
				t.Errorf("%q %q", q, names)
			}
		}
	})
}
