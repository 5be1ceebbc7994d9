package verify_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"math"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/verify"
)

// vendor is a service that serves a model, and may serve it otherwise.
type vendor struct {
	weights   string  // other ones say other things
	letters   float64 // a token has
	coarse    float64 // how far the odds are off
	window    int     // tokens; more are refused
	forgets   int     // tokens; what comes before the last so many is cut
	toolBlind bool
	noOdds    bool
	flaky     bool // the ends of answers differ
	runs      int
	err       error
}

func (v *vendor) Generate(_ context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	text := r.Messages[len(r.Messages)-1].Text
	tokens := int(math.Ceil(float64(len(text)) / v.letters))
	switch {
	case v.err != nil:
		return hearth.Fail(v.err)
	case r.LogProbs && v.noOdds:
		return hearth.Fail(hearth.NewError(hearth.Unsupported, "what", "logprobs"))
	case v.window > 0 && tokens > v.window:
		return hearth.Fail(hearth.NewError(hearth.ContextOverflow))
	case v.forgets > 0 && tokens > v.forgets:
		text, tokens = text[len(text)-int(float64(v.forgets)*v.letters):], v.forgets
	}
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, v.weights, text)
	c := hearth.Chunk{Text: strings.Repeat(fmt.Sprintf("%x ", h.Sum64()), 6), Usage: &hearth.Usage{PromptTokens: tokens}, Finish: hearth.FinishStop}
	if v.flaky {
		v.runs++
		c.Text = c.Text[:len(c.Text)*9/10] + fmt.Sprint(v.runs)
	}
	if strings.Contains(text, "heliotrope") {
		c.Text = "heliotrope"
	}
	if len(r.Tools) > 0 {
		arguments := `{"name":"Wei","people":4,"day":"friday"}`
		if v.toolBlind {
			arguments = `{"name":"Wei","people":"four","day":"Fri"}`
		}
		c.Text, c.ToolCalls = "", []hearth.ToolCallDelta{{ID: "c", Name: "book_table", Arguments: arguments}}
	}
	if r.LogProbs {
		c.LogProbs = []hearth.TokenLogProb{{Token: "a", Top: []hearth.TokenLogProb{{Token: "a", LogProb: -0.2 - v.coarse}, {Token: "b", LogProb: -2 + v.coarse}}}}
	}
	return func(yield func(hearth.Chunk, error) bool) { yield(c, nil) }
}

func run(t *testing.T, v vendor) *verify.Report {
	t.Helper()
	if v.letters == 0 {
		v.letters = 4
	}
	if v.weights == "" {
		v.weights = "one"
	}
	r, err := verify.Run(t.Context(), &v, "u", "m")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestWhatIsFound: each way to change a model leaves its own traces, and none leaves none.
func TestWhatIsFound(t *testing.T) {
	before := run(t, vendor{window: 20_000})
	for _, c := range []struct {
		name string
		now  vendor
		want string
	}{
		{"the same", vendor{window: 20_000}, ""},
		{"the same, batched otherwise", vendor{window: 20_000, flaky: true}, ""},
		{"another one of the same family", vendor{window: 20_000, weights: "two"}, "answers!"},
		{"another one", vendor{window: 20_000, weights: "two", letters: 3.5}, "tokenizer! answers!"},
		{"coarser weights", vendor{window: 20_000, coarse: 0.4}, "odds!"},
		{"slightly coarser weights", vendor{window: 20_000, coarse: 0.05}, ""},
		{"no odds any more", vendor{window: 20_000, noOdds: true}, ""},
		{"another parser of tools", vendor{window: 20_000, toolBlind: true}, "tools!"},
		{"a shorter context", vendor{window: 5_000}, "context!"},
		{"a longer one", vendor{window: 200_000}, ""},
		{"one that is cut", vendor{window: 200_000, forgets: 4_000}, "context!"},
	} {
		var got []string
		for _, f := range run(t, c.now).Compare(before) {
			kind := f.Kind
			if f.Alarm {
				kind += "!"
			}
			got = append(got, kind)
			if f.Detail[0] == "" || f.Detail[1] == "" {
				t.Errorf("%s: %+v says nothing", c.name, f)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
	if got := run(t, vendor{forgets: 4_000}).Compare(nil); len(got) != 1 || got[0].Kind != "context" {
		t.Errorf("a first run of one that cuts: %+v", got)
	}
	other := *before
	other.Set++
	if got := run(t, vendor{weights: "two"}).Compare(&other); len(got) != 0 {
		t.Errorf("compared with other questions: %+v", got)
	}
	if s := before.Summary(); s.CallsRight != 4 || s.CallsAsked != 4 || s.ContextTokens < 8_000 || s.ContextTokens > 20_000 {
		t.Errorf("%+v", s)
	}
}

func TestServiceThatFails(t *testing.T) {
	want := hearth.NewError(hearth.UpstreamUnreachable, "upstream", "u")
	if r, err := verify.Run(t.Context(), &vendor{letters: 4, err: want}, "u", "m"); r != nil || !errors.Is(err, want) {
		t.Errorf("%+v %v", r, err)
	}
}
