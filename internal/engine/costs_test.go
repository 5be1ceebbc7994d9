package engine

import (
	"testing"
	"time"
)

// TestCosts plays machines of several kinds: what a batch takes there of so many
// tokens of answers and of prompts, in milliseconds. Beside answers a batch must
// settle below three times the answers alone, and prompts must get on.
func TestCosts(t *testing.T) {
	for name, c := range map[string]struct {
		took  func(answers, prompts int) float64
		least int // tokens of a prompt beside one answer
	}{
		"waits for memory":         {func(a, p int) float64 { return max(60, 5*float64(a+p)) }, 20},
		"computes":                 {func(a, p int) float64 { return 10 * float64(a+p) }, 1},
		"has a dear second token":  {func(a, p int) float64 { return 40 + min(40, 40*float64(a+p-1)) + 4*float64(a+p-1) }, 4},
		"computes prompts in bulk": {func(a, p int) float64 { return 60*float64(min(a, 1)) + 3*float64(a+p) }, 18},
	} {
		took := func(a, p int) time.Duration { return time.Duration(c.took(a, p) * float64(time.Millisecond)) }
		var costs costs
		for range 4 {
			n := costs.prompts(0)
			costs.add(took(0, n), 0, n)
		}
		if n := costs.prompts(0); n < 100 {
			t.Errorf("%s: alone, a prompt gets on by %d tokens", name, n)
		}
		for range 20 {
			costs.add(took(1, 0), 1, 0)
		}
		n := 0
		for range 30 {
			n = costs.prompts(1)
			costs.add(took(1, n), 1, n)
		}
		if times := c.took(1, n) / c.took(1, 0); n < c.least || times > 3 {
			t.Errorf("%s: beside an answer, %d tokens of prompts make a batch take %.1f times as long", name, n, times)
		}
	}
}
