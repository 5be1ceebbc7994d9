package bench

import (
	"context"
	"errors"
	"iter"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
)

// completer answers in virtual time: a millisecond for a word of the prompt, ten for
// each token.
type completer struct {
	t       *testing.T
	cached  int
	prompts []string
	asked   func(n int)
	fail    error
}

func (m *completer) Complete(ctx context.Context, c *hearth.Completion) iter.Seq2[hearth.Chunk, error] {
	return func(yield func(hearth.Chunk, error) bool) {
		if m.fail != nil {
			yield(hearth.Chunk{}, m.fail)
			return
		}
		if !c.IgnoreEnd || *c.Sampling.Temperature != 0 {
			m.t.Errorf("asked with %+v", c.Decoding)
		}
		m.prompts = append(m.prompts, c.Prompt[0].Text)
		if m.asked != nil {
			m.asked(len(m.prompts))
		}
		n := len(strings.Fields(c.Prompt[0].Text))
		time.Sleep(time.Duration(n-m.cached) * time.Millisecond)
		for i := range c.MaxTokens {
			if i > 0 {
				time.Sleep(10 * time.Millisecond)
			}
			if ctx.Err() != nil {
				yield(hearth.Chunk{}, hearth.NewError(hearth.Canceled))
				return
			}
			chunk := hearth.Chunk{Tokens: 1}
			if i == c.MaxTokens-1 {
				chunk.Usage = &hearth.Usage{PromptTokens: n, CachedTokens: m.cached, CompletionTokens: c.MaxTokens}
			}
			if !yield(chunk, nil) {
				return
			}
		}
	}
}

func countWords(s string) int { return len(strings.Fields(s)) }

func TestSolo(t *testing.T) {
	for _, cached := range []int{0, 30} {
		synctest.Test(t, func(t *testing.T) {
			m := &completer{t: t, cached: cached}
			s := &Solo{Model: m, Count: countWords, Prompt: 120, Generate: 20, Repeat: 4, Seed: 1}
			steps, last := 0, 0
			r, err := s.Run(t.Context(), func(done, total int) {
				if done <= last || total != 4*140 {
					t.Errorf("%d of %d after %d", done, total, last)
				}
				steps, last = steps+1, done
			})
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(r.Prefill-1000) > 1e-6 || math.Abs(r.Decode-100) > 1e-6 || r.PromptTokens != 120 || r.AnswerTokens != 20 {
				t.Errorf("got %+v, want 1000 and 100 tokens per second", r)
			}
			if len(r.PrefillRuns.Samples) != 4 || len(r.DecodeRuns.Samples) != 4 || len(r.FirstToken) != 4 || r.Stopped != "" || last != 4*140 || steps != 4*20 {
				t.Errorf("got %+v, told %d times", r, steps)
			}
			seen := map[string]bool{}
			for _, p := range m.prompts {
				seen[p] = true
			}
			if len(seen) != 5 { // the warm-up is one
				t.Errorf("%d different prompts, want each run to have its own", len(seen))
			}
		})
	}
}

func TestSoloEndsEarly(t *testing.T) {
	for after, runs := range map[int]int{1: 0, 2: 0, 3: 1, 4: 2} { // the first is the warm-up
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			m := &completer{t: t, asked: func(n int) {
				if n == after {
					cancel()
				}
			}}
			r, err := (&Solo{Model: m, Count: countWords, Prompt: 10, Generate: 5, Repeat: 9}).Run(ctx, nil)
			switch {
			case runs == 0 && !errors.Is(err, hearth.NewError(hearth.Canceled)):
				t.Errorf("canceled at once: %v", err)
			case runs > 0 && (err != nil || len(r.DecodeRuns.Samples) != runs || r.Stopped != StoppedInterrupted):
				t.Errorf("canceled in run %d: %+v (%v)", runs, r, err)
			}
		})
	}
	fails := &completer{t: t, fail: hearth.NewError(hearth.ModelInvalid)}
	if _, err := (&Solo{Model: fails, Count: countWords, Prompt: 10, Generate: 5, Repeat: 1}).Run(t.Context(), nil); !errors.Is(err, hearth.NewError(hearth.ModelInvalid)) {
		t.Errorf("got %v", err)
	}
}
