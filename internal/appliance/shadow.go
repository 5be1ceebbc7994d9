package appliance

import (
	"context"
	"iter"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/hearthbox/hearth"
)

// Limits of shadows: what would be more is left out.
const (
	shadowsMost = 16
	shadowMax   = 10 * time.Minute
)

// shadows asks other models the same, for comparison. It stands before the queue, where
// its requests wait in the class of those that have time; nobody hears their answers. What
// goes to a shadow was screened as if it left the house whenever one of the group's
// places is elsewhere.
type shadows struct {
	next   hearth.Generator
	routes func() *routes
	log    *slog.Logger
	places chan struct{}
	all    sync.WaitGroup
	ctx    context.Context // ends with the appliance
	stop   context.CancelFunc
}

func newShadows(next hearth.Generator, now func() *routes, log *slog.Logger) *shadows {
	s := &shadows{next: next, routes: now, log: log, places: make(chan struct{}, shadowsMost)}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

// Generate answers as if there were no shadows.
func (s *shadows) Generate(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	g := s.routes().group(r.Model)
	if g == nil || g.Shadow.Model == "" || rand.IntN(100) >= g.Shadow.Percent {
		return s.next.Generate(ctx, r)
	}
	select {
	case s.places <- struct{}{}:
		r.Trail.AddVerdict(hearth.Verdict{By: "route", Class: "shadow." + g.Shadow.Model, Action: "allow"})
		asked := *r
		asked.Model, asked.Class, asked.Ticket, asked.Trail, asked.Deadline = g.Shadow.Model, hearth.ClassBulk, "", nil, time.Time{}
		s.all.Go(func() { s.cast(g, &asked) })
	default:
	}
	return s.next.Generate(ctx, r)
}

// cast asks the shadow. The log gets what it took, and nothing that was said.
func (s *shadows) cast(g *GroupConfig, r *hearth.Request) {
	defer func() { <-s.places }()
	ctx, cancel := context.WithTimeout(s.ctx, shadowMax)
	defer cancel()
	began, first := time.Now(), time.Duration(0)
	var usage hearth.Usage
	var waited time.Duration
	for c, err := range s.next.Generate(ctx, r) {
		if err != nil {
			s.log.Info("a shadow did not answer", "group", g.Name, "model", r.Model, "request", r.ID, "error", hearth.AsError(err).Code)
			return
		}
		if c.Place == nil && first == 0 {
			first, waited = time.Since(began), c.Waited
		}
		if c.Usage != nil {
			usage = *c.Usage
		}
	}
	s.log.Info("a shadow answered", "group", g.Name, "model", r.Model, "request", r.ID, "waited", waited.Round(time.Millisecond),
		"first", (first - waited).Round(time.Millisecond), "took", time.Since(began).Round(time.Millisecond), "tokens", usage.CompletionTokens)
}

// close ends the shadows.
func (s *shadows) close() {
	s.stop()
	s.all.Wait()
}
