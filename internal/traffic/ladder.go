package traffic

import (
	"context"
	"time"

	"github.com/hearthbox/hearth"
)

// Step is something that may be done about a request that would wait long: let it be
// answered with less effort, by another model, or elsewhere.
type Step struct {
	Name string // as callers are told of it

	// After is how long the request would have to wait for the step to be taken. 0 is so
	// long that it would be refused.
	After time.Duration

	// Elsewhere says that the request waits in another line then, which is not entered if
	// it is no shorter.
	Elsewhere bool

	// Take changes the request, and says where it goes then. An error says that the step
	// can't be taken by this request.
	Take func(ctx context.Context, r *hearth.Request) (Ways, error)
}

// descend takes one step after the other for as long as a request would wait too long. It
// stands in line meanwhile, and nothing is done about it once its turn has come.
func (t *Traffic) descend(ctx context.Context, v *visit) {
	if !v.descends { // which only this goroutine changes
		return
	}
	for _, s := range v.ways.Steps {
		if !t.late(v, s.After) {
			continue
		}
		asked := *v.r
		ways, err := s.Take(ctx, &asked)
		if err != nil {
			continue
		}
		t.take(v, s, ways, &asked)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if v.descends = false; v.refused != nil {
		v.close(t.refusal(v, *v.refused))
	}
}

// late reports whether a request would wait for longer than that. Who is refused because
// too much waits, or too much of one tenant, is not late: that is a quota.
func (t *Traffic) late(v *visit, after time.Duration) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if v.refused != nil {
		return v.refused.Reason == Unreachable || v.refused.Reason == Expired
	}
	p, waits := t.queue.Place(v.id)
	return waits && after > 0 && p.Wait > after
}

// take lets a request stand in line as a step has made it, if that can be: it is not being
// answered yet, the line is shorter, and quotas have room for what it costs there.
func (t *Traffic) take(v *visit, s Step, ways Ways, asked *hearth.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	here, waits := t.queue.Place(v.id)
	if v.refused == nil && !waits {
		return
	}
	t.capacities(ways)
	a := arrivalOf(ways, asked, t.moment(asked.Deadline))
	there, ok := t.queue.Forecast(time.Since(t.began), a)
	if !ok || s.Elsewhere && waits && there >= here.Wait {
		return
	}
	in, out := t.queue.Expected(a)
	if v.bill.Move(ways.Model, hearth.Usage{PromptTokens: int(in), CompletionTokens: int(out)}) != nil {
		return
	}
	t.step(Leave{v.id})
	delete(t.visits, v.id)
	v.r, v.ways, v.in, v.refused = asked, ways, int(in), nil
	if v.steps != "" {
		v.steps += ", "
	}
	v.steps += s.Name
	v.r.Trail.AddVerdict(hearth.Verdict{By: "traffic", Class: "step." + s.Name, Action: "continue"})
	t.arrive(v, a)
}

// Forecast is how long a request would wait if it arrived now; ok is false if it would be
// refused, or if that is not known.
func (q *Queue) Forecast(now time.Duration, a Arrive) (wait time.Duration, ok bool) {
	q.now = max(q.now, now.Seconds())
	l := q.line(a.Model)
	q.bind(l, a.Backends)
	e := q.entry(l, a)
	defer func() { l.rest(e.share) }()
	if _, over := q.over(e); over {
		return 0, false
	}
	q.schedule(e, a.Deadline)
	_, crowded := l.waits()
	if !crowded && l.choose(e, q.now) != nil {
		return 0, true
	}
	l.enter(e, q.now)
	defer l.exit(e)
	before := l.ahead(e, q.now)
	return seconds(l.told(e, before.wait)), before.wait > 0 && q.unreachable(e, before) == nil
}
