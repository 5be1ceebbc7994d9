package bench

import (
	"context"
	"iter"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
)

// seats answers so many at once, a token every 100 ms, first come, first served; who
// waits is told that it takes a second.
type seats chan struct{}

func (s seats) Generate(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	return func(yield func(hearth.Chunk, error) bool) {
		if len(r.Messages[0].Text) == 0 {
			yield(hearth.Chunk{}, hearth.NewError(hearth.InvalidValue))
			return
		}
		if !yield(hearth.Chunk{Place: &hearth.Place{Position: 1, Wait: time.Second}}, nil) {
			return
		}
		select {
		case s <- struct{}{}:
			defer func() { <-s }()
		case <-ctx.Done():
			yield(hearth.Chunk{}, hearth.NewError(hearth.Canceled))
			return
		}
		for range r.MaxTokens {
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
				yield(hearth.Chunk{}, hearth.NewError(hearth.Canceled))
				return
			}
			if !yield(hearth.Chunk{Text: "x"}, nil) {
				return
			}
		}
	}
}

// TestStampede: two tenants with one user each and one with two, two seats, answers of
// a second.
func TestStampede(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := []hearth.Generator{make(seats, 2)}
		s := &Stampede{Model: "m", Duration: 60*time.Second + time.Millisecond, Window: 10 * time.Second, Short: 10, Long: 10, Prompt: 3, Seed: 1,
			Tenants: []Tenant{{"a", 1, g}, {"b", 1, g}, {"c", 2, g}}}
		r := s.Run(t.Context())
		if r.Users != 4 || r.Tenants != 3 || r.Answered < 118 || r.Answered > 120 || len(r.Refused) != 0 || r.Cut == 0 {
			t.Errorf("%+v", r)
		}
		if math.Abs(r.Tokens-20) > 0.5 {
			t.Errorf("%.2f tokens a second", r.Tokens)
		}
		// One tenant has half of everything, the others a quarter each.
		if math.Abs(r.Fairness-1/(3*(0.25+0.0625+0.0625))) > 0.02 || r.Windows != 5 {
			t.Errorf("fairness %.3f over %d windows", r.Fairness, r.Windows)
		}
		// Each waits for one answer before it, which takes a second, and for its first token.
		if r.ETAMedian < 0.05 || r.ETAMedian > 0.15 {
			t.Errorf("waits were off by %.2f", r.ETAMedian)
		}
	})
}

func TestRefusedPeopleAskAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Stampede{Duration: time.Second + time.Millisecond, Window: time.Second, Tenants: []Tenant{{"a", 1, []hearth.Generator{make(seats, 1)}}}}
		r := s.Run(t.Context()) // prompts of no words, which are refused
		if n := r.Refused[hearth.InvalidValue]; n != 6 || r.Answered != 0 {
			t.Errorf("%+v", r)
		}
	})
}

func TestJain(t *testing.T) {
	for _, c := range []struct {
		x    []float64
		want float64
	}{{[]float64{3, 3, 3}, 1}, {[]float64{5, 0, 0, 0}, 0.25}, {[]float64{0, 0}, 1}} {
		if got := jain(c.x); got != c.want {
			t.Errorf("%v: %v", c.x, got)
		}
	}
}
