package trust

import (
	"math/rand/v2"
	"testing"
)

// TestLedgerPower simulates polls of five models, one of which advertises in a fifth of
// its answers, where the inspector flags three honest answers in a hundred and misses one
// advertisement in eight. Seeded: the same runs every time.
func TestLedgerPower(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const runs, questions = 500, 40
	first, apart, accused := 0, 0, 0
	for range runs {
		var l Ledger
		for range questions {
			var answers []*Answer
			for _, m := range []string{"a", "b", "bought", "d", "e"} {
				flagged := r.Float64() < 0.02
				if m == "bought" && r.Float64() < 0.25 {
					flagged = r.Float64() < 0.875
				}
				answers = append(answers, &Answer{Model: m, Inspection: &Inspection{Advertising: flagged}})
			}
			l.Add(append(answers, &Answer{Model: "failed"}))
		}
		s := l.Standings()
		if len(s) != 5 {
			t.Fatalf("%d models", len(s))
		}
		if s[0].Model == "bought" {
			first++
		}
		for _, x := range s {
			switch {
			case x.Finding == Apart && x.Model == "bought":
				apart++
			case x.Finding == Apart:
				accused++
			}
		}
	}
	t.Logf("ranked first in %d of %d runs, found in %d, %d wrongly accused", first, runs, apart, accused)
	if first < runs*95/100 || apart < runs*90/100 || accused > runs*5/100 {
		t.Errorf("ranked first in %d of %d runs, found in %d, %d wrongly accused", first, runs, apart, accused)
	}
}
