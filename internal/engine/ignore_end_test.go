package engine_test

import (
	"testing"

	"github.com/hearthbox/hearth"
)

// TestIgnoreEnd makes the end of text the likeliest token by far: an answer that
// ignores it is as long as asked.
func TestIgnoreEnd(t *testing.T) {
	m := open(t, small)
	for ignore, want := range map[bool]struct {
		tokens int
		finish hearth.FinishReason
	}{false: {1, hearth.FinishStop}, true: {7, hearth.FinishLength}} {
		c := ask("a", 7, 1)
		c.Sampling.Bias, c.IgnoreEnd = map[int]float64{256: 100}, ignore
		r, err := collect(m, c)
		if err != nil || r.usage.CompletionTokens != want.tokens || r.finish[0] != want.finish {
			t.Errorf("ignoring it %v: %d tokens, %s (%v)", ignore, r.usage.CompletionTokens, r.finish[0], err)
		}
	}
}
