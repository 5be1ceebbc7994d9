package traffic_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/traffic"
)

// stairs is a plant with steps down from its model.
type stairs struct {
	plant
	steps []traffic.Step
}

func (s *stairs) Backends(ctx context.Context, r *hearth.Request) (traffic.Ways, error) {
	w, err := s.plant.Backends(ctx, r)
	if r.By.KeyID != "patient" {
		w.Steps = s.steps
	}
	return w, err
}

// place is another line, of one slot.
func place(name string) traffic.Ways {
	return traffic.Ways{Model: name, Backends: []traffic.Backend{{Source: name, Slots: 1}}}
}

// TestSteps: what waits long is asked for less, then elsewhere, as far as each step may be
// taken; callers and the record are told which were.
func TestSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &stairs{plant: plant{backends: []traffic.Backend{{Source: "gpu", Slots: 1}}}}
		forbidden := errors.New("not this one")
		p.steps = []traffic.Step{
			{Name: "effort", After: 10 * time.Second, Take: func(_ context.Context, r *hearth.Request) (traffic.Ways, error) {
				r.MaxTokens = min(r.MaxTokens, 20)
				return traffic.Ways{Model: "m", Backends: p.backends}, nil
			}},
			{Name: "model=forbidden", After: 10 * time.Second, Elsewhere: true, Take: func(context.Context, *hearth.Request) (traffic.Ways, error) { return traffic.Ways{}, forbidden }},
			{Name: "model=small", After: 15 * time.Second, Elsewhere: true, Take: func(_ context.Context, r *hearth.Request) (traffic.Ways, error) {
				r.Model = "small"
				return place("small"), nil
			}},
			{Name: "upstream=cloud", Elsewhere: true, Take: func(_ context.Context, r *hearth.Request) (traffic.Ways, error) { return place("cloud"), nil }},
		}
		g := p.traffic()
		g.Route = p
		listen(t.Context(), g, ask("patient", "first", 20)) // so that the pace is known
		type told struct {
			words int
			steps []string
			trail []hearth.Verdict
			err   error
		}
		hear := func(key, prompt string, words int, deadline time.Duration) (h told) {
			r := ask(key, prompt, words)
			r.Trail = &hearth.Trail{}
			if deadline > 0 {
				r.Deadline = time.Now().Add(deadline)
			}
			for c, err := range g.Generate(t.Context(), r) {
				if err != nil {
					h.err = err
				}
				if c.Steps != "" && !slices.Contains(h.steps, c.Steps) {
					h.steps = append(h.steps, c.Steps)
				}
				h.words += len(strings.Fields(c.Text))
			}
			_, h.trail = r.Trail.Found()
			return h
		}
		var all sync.WaitGroup
		at := func(after time.Duration, key, prompt string, words int, deadline time.Duration, check func(told)) {
			all.Go(func() {
				time.Sleep(after)
				check(hear(key, prompt, words, deadline))
			})
		}
		is := func(prompt, steps string, words int) func(told) {
			return func(h told) {
				if got := strings.Join(h.steps, "; "); got != steps || h.words != words || h.err != nil {
					t.Errorf("%s: %d words after %q (%v), want %d after %q", prompt, h.words, got, h.err, words, steps)
				}
				if want := len(strings.Split(steps, ", ")); steps != "" && len(h.trail) != want {
					t.Errorf("%s: the record has %+v", prompt, h.trail)
				}
			}
		}
		second := time.Second
		at(1*second, "patient", "long", 8, 0, is("long", "", 8))                  // runs until 9 s
		at(2*second, "a", "soon", 8, 0, is("soon", "", 8))                        // waits for 7 s
		at(3*second, "b", "less", 40, 0, is("less", "effort", 20))                // would wait for 14 s
		at(4*second, "patient", "crowd", 60, 0, is("crowd", "", 60))              // behind it
		at(5*second, "c", "small", 40, 0, is("small", "effort, model=small", 20)) // would wait for 32 s even so
		at(6*second, "d", "far", 3, 2*second, is("far", "upstream=cloud", 3))     // would be refused
		at(6500*time.Millisecond, "e", "taken", 3, 1*second, func(h told) {
			if !errors.Is(h.err, hearth.NewError(hearth.DeadlineUnreachable)) || h.words != 0 {
				t.Errorf("with nowhere to go: %+v", h)
			}
		})
		all.Wait()
		synctest.Wait()
		for _, want := range []string{"gpu:less", "small:small", "cloud:far"} {
			if !slices.Contains(p.asked, want) {
				t.Errorf("%s is not among %q", want, p.asked)
			}
		}
	})
}

// TestStepsMoveTheBill: what is reserved is what the answer is expected to take where it is
// made now; a step for which a quota has no room is not taken.
func TestStepsMoveTheBill(t *testing.T) {
	for _, full := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			a := &accountant{}
			p := &stairs{plant: plant{backends: []traffic.Backend{{Source: "gpu", Slots: 1}}}}
			p.steps = []traffic.Step{{Name: "model=small", After: time.Second, Elsewhere: true, Take: func(_ context.Context, r *hearth.Request) (traffic.Ways, error) {
				r.MaxTokens = 3
				return place("small"), nil
			}}}
			g := p.traffic()
			g.Route, g.Account = p, a
			listen(t.Context(), g, ask("patient", "first", 10))
			if full {
				a.refuseMove = hearth.NewError(hearth.QuotaExceeded)
			}
			go listen(t.Context(), g, ask("patient", "long", 10))
			time.Sleep(time.Second)
			l := listen(t.Context(), g, ask("k", "x", 8))
			synctest.Wait()
			want, words := "move x to small out=3", 3
			if full {
				want, words = "", 8
			}
			if got := len(strings.Fields(l.text)); l.err != nil || got != words {
				t.Errorf("%d words (%v), want %d", got, l.err, words)
			}
			if (want != "") != slices.Contains(a.notes, want) {
				t.Errorf("full %v: %q", full, a.notes)
			}
		})
	}
}
