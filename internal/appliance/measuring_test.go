package appliance

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
)

func TestPeopleServed(t *testing.T) {
	for speed, want := range map[float64]int{0: 0, -1: 0, 0.5: 1, 10: 6, 1000: 600} {
		if got := peopleServed(speed); got != want {
			t.Errorf("%v tokens a second serve %d, want %d", speed, got, want)
		}
	}
}

// steady answers with a token each tenth of a second, whoever else asks.
type steady struct {
	mu sync.Mutex
	by map[string]int
}

func (s *steady) Generate(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	return func(yield func(hearth.Chunk, error) bool) {
		s.mu.Lock()
		s.by[r.By.KeyID]++
		s.mu.Unlock()
		if r.Model == "missing" {
			yield(hearth.Chunk{}, hearth.NewError(hearth.NoSuchModel, "model", r.Model))
			return
		}
		for range r.MaxTokens {
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
				yield(hearth.Chunk{}, context.Cause(ctx))
				return
			}
			if !yield(hearth.Chunk{Text: "x"}, nil) {
				return
			}
		}
		yield(hearth.Chunk{Usage: &hearth.Usage{PromptTokens: 100, CompletionTokens: r.MaxTokens}}, nil)
	}
}

func (s *steady) HoldKey(ctx context.Context, id string) (context.Context, hearth.Principal, func(), error) {
	return ctx, hearth.Principal{KeyID: id}, func() {}, nil
}

type shelf struct{ bodies [][]byte }

func (s *shelf) AddMeasurement(_ context.Context, _ time.Time, _ string, body []byte, _ int) error {
	s.bodies = append([][]byte{body}, s.bodies...)
	return nil
}

func (s *shelf) Measurements(context.Context, int) ([][]byte, error) { return s.bodies, nil }

// TestMeasuring measures what answers at a known speed, on somebody's account; one at a time;
// and remembers what came of it, also of what failed and what was stopped.
func TestMeasuring(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := &steady{by: map[string]int{}}
		m := &measuring{answers: answers, holders: answers, rows: &shelf{}, log: slog.New(slog.DiscardHandler)}
		m.ctx, m.stop = context.WithCancel(t.Context())
		defer m.close()
		by := hearth.Principal{KeyID: "k", Name: "Li"}
		order := admin.MeasureOrder{Model: "m", Clients: []int{1, 4}, Prompt: 32, Generate: 10}
		if _, err := m.Begin(by, order); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Begin(by, order); !errors.Is(err, hearth.NewError(hearth.MeasuringBusy)) {
			t.Errorf("a second: %v", err)
		}
		m.all.Wait()
		order.Model = "missing"
		_, _ = m.Begin(by, order)
		m.all.Wait()
		order.Model, order.Generate = "m", 1000
		_, _ = m.Begin(by, order)
		time.Sleep(5 * time.Second)
		if now, ok := m.Running(); !ok || now.State != "running" || now.Total != 10 {
			t.Errorf("%v %+v", ok, now)
		}
		_ = m.Stop()
		m.all.Wait()
		past, err := m.Past(t.Context(), 10, hearth.Chinese)
		if err != nil || len(past) != 3 {
			t.Fatalf("%d of them (%v)", len(past), err)
		}
		if x := past[0]; x.State != "cancelled" || x.Problem != nil {
			t.Errorf("stopped: %+v", x)
		}
		if x := past[1]; x.State != "failed" || x.Problem == nil || x.Problem.Code != string(hearth.NoSuchModel) || x.Problem.Message == "" {
			t.Errorf("failed: %+v", x)
		}
		x := past[2]
		if x.State != "done" || x.By != "Li" || x.Done != 10 || len(x.Levels) != 2 || x.People != peopleServed(x.Speed) {
			t.Fatalf("done: %+v", x)
		}
		for i, want := range []float64{10, 40} {
			if l := x.Levels[i]; l.Answers < 0.95*want || l.Answers > 1.15*want || l.Failed > 0 || l.TTFT < 0.09 || l.TTFT > 0.11 {
				t.Errorf("level %+v, want %v tokens a second", l, want)
			}
		}
		if answers.by["k"] == 0 || len(answers.by) != 1 {
			t.Errorf("asked on account of %v", answers.by)
		}
		if _, err := m.Begin(by, admin.MeasureOrder{Model: "m", Clients: []int{65}}); !errors.Is(err, hearth.NewError(hearth.OutOfRange)) {
			t.Errorf("too many clients: %v", err)
		}
	})
}
