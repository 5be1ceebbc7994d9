package traffic

import (
	"slices"
	"time"
)

// Queue is the state machine. The zero value is not ready: use [NewQueue].
type Queue struct {
	limits   Limits
	lines    map[string]*line // by model
	backends map[string]*backend
	order    []*backend // all, as they came
	tenants  map[string]*tenant
	entries  map[ID]*entry

	deadlines tree    // of waiting entries
	bytes     int64   // they hold
	waiting   int     // they are, those who will be back included
	kept      int     // of them, those who will be back
	now       float64 // seconds
	serial    uint64  // of entries and shares
	actions   []Action
}

// tenant counts what waits for one.
type tenant struct {
	requests int
	bytes    int64
	cost     float64
}

// NewQueue makes an empty one.
func NewQueue(l Limits) *Queue {
	return &Queue{limits: l, lines: map[string]*line{}, backends: map[string]*backend{}, tenants: map[string]*tenant{}, entries: map[ID]*entry{}}
}

// Step takes an event that happened so long after the beginning, and returns what is to
// be done about it. Time does not go back. The actions are valid until the next Step.
func (q *Queue) Step(now time.Duration, e Event) []Action {
	q.now = max(q.now, now.Seconds())
	q.actions = q.actions[:0]
	q.expire()
	e.apply(q)
	for _, b := range q.order {
		q.fill(b)
	}
	return q.actions
}

// Waiting is how many requests wait.
func (q *Queue) Waiting() int { return q.waiting }

// expire refuses what has waited for as long as it may.
func (q *Queue) expire() {
	for n := q.deadlines.first(); n != nil && n.key <= q.now; n = q.deadlines.first() {
		e := n.entry
		q.forget(e)
		q.refuse(e.id, Refusal{Reason: Expired, Wait: seconds(q.now - e.arrived), May: seconds(e.deadline.key - e.arrived)})
	}
}

func (q *Queue) refuse(id ID, r Refusal) {
	q.actions = append(q.actions, Action{ID: id, Refused: &r})
}

func (a Arrive) apply(q *Queue) {
	if q.entries[a.ID] != nil || len(a.Backends) == 0 {
		return
	}
	l := q.line(a.Model)
	q.bind(l, a.Backends)
	e := q.entry(l, a)
	if r, over := q.over(e); over {
		q.refuse(e.id, r)
		return
	}
	q.entries[e.id] = e
	q.count(e, 1)
	q.schedule(e, a.Deadline)
	q.deadlines.insert(&e.deadline)
	l.arrived(e, q.now)
	l.enter(e, q.now)
	for _, b := range l.backends {
		q.fill(b)
	}
	if e.state != waiting {
		return
	}
	before := l.ahead(e, q.now)
	e.expected = before.wait
	if r := q.unreachable(e, before); r != nil {
		q.forget(e)
		q.refuse(e.id, *r)
	}
}

// schedule says when an entry has to begin, and when it should.
func (q *Queue) schedule(e *entry, deadline time.Duration) {
	e.deadline.key = e.arrived + q.limits.WaitMax[e.class].Seconds()
	if at := deadline.Seconds(); at > 0 {
		e.deadline.key = min(e.deadline.key, at)
	}
	takes := e.line.seconds(e)
	e.due.key = min(e.arrived+patience*takes, e.deadline.key-takes)
}

// unreachable refuses what would wait for longer than it may. Whoever is refused must not
// have been answered in time by any reckoning: by experience or without, and if nobody
// comes who passes.
func (q *Queue) unreachable(e *entry, before ahead) *Refusal {
	may := seconds(e.deadline.key - q.now)
	wait := seconds(min(e.line.told(e, before.wait), before.wait, before.alone))
	if wait <= may {
		return nil
	}
	return &Refusal{Reason: Unreachable, Wait: wait, May: may}
}

// over says which limit the entry would be beyond.
func (q *Queue) over(e *entry) (Refusal, bool) {
	t := q.tenants[e.tenant]
	if t == nil {
		t = &tenant{}
	}
	switch l := q.limits; {
	case t.requests+1 > l.TenantRequests:
		return Refusal{Reason: TenantRequests, Limit: float64(l.TenantRequests)}, true
	case t.bytes+e.bytes > l.TenantBytes:
		return Refusal{Reason: TenantBytes, Limit: float64(l.TenantBytes)}, true
	case t.cost+e.cost > l.TenantCost:
		return Refusal{Reason: TenantCost, Limit: l.TenantCost}, true
	case q.waiting+1 > l.Requests:
		return Refusal{Reason: Full, Limit: float64(l.Requests)}, true
	case q.bytes+e.bytes > l.Bytes:
		return Refusal{Reason: Full, Limit: float64(l.Bytes)}, true
	}
	return Refusal{}, false
}

// count adds a waiting entry to what its tenant has, or takes it away.
func (q *Queue) count(e *entry, n int) {
	t := q.tenants[e.tenant]
	if t == nil {
		t = &tenant{}
		q.tenants[e.tenant] = t
	}
	t.requests += n
	t.bytes += int64(n) * e.bytes
	t.cost += float64(n) * e.cost
	q.waiting += n
	q.bytes += int64(n) * e.bytes
	if t.requests == 0 {
		delete(q.tenants, e.tenant)
	}
}

// forget takes an entry out, whatever it does.
func (q *Queue) forget(e *entry) {
	switch e.state {
	case waiting:
		e.line.exit(e)
	case detached:
		q.kept--
	case running:
		e.on.release(e, q.now)
	}
	if e.state != running {
		q.deadlines.remove(&e.deadline)
		q.count(e, -1)
	}
	delete(q.entries, e.id)
	e.line.rest(e.share)
}

func (l Leave) apply(q *Queue) {
	if e := q.entries[l.ID]; e != nil {
		q.forget(e)
	}
}

func (d Detach) apply(q *Queue) {
	e := q.entries[d.ID]
	if e == nil || e.state != waiting {
		return
	}
	e.line.exit(e)
	e.state = detached
	q.kept++
}

func (a Attach) apply(q *Queue) {
	e := q.entries[a.ID]
	if e == nil || e.state != detached {
		return
	}
	q.kept--
	e.line.enter(e, q.now)
}

func (b Begun) apply(q *Queue) {
	if e := q.entries[b.ID]; e != nil && e.state == running && !e.begun {
		e.begun = true
		e.on.began(e, q.now)
	}
}

func (d Done) apply(q *Queue) {
	e := q.entries[d.ID]
	if e == nil || e.state != running {
		return
	}
	e.line.learn(e, d, q.now)
	e.on.succeeded(q.now)
	q.forget(e)
}

func (b Busy) apply(q *Queue) {
	e := q.entries[b.ID]
	if e == nil || e.state != running {
		return
	}
	e.on.release(e, q.now)
	e.on.refused(q.now, b)
	e.line.charge(e.share, -e.cost)
	e.on, e.begun = nil, false
	q.count(e, 1)
	q.deadlines.insert(&e.deadline)
	e.line.enter(e, q.now)
}

func (c Capacity) apply(q *Queue) { q.backend(c.Backend).take(c.Slots, c.Tokens) }

func (s State) apply(q *Queue) {
	b := q.backend(s.Backend)
	b.down, b.busy = s.Down, min(1, max(0, s.Load))
	if b.fell = b.fell && s.Down; !s.Down && b.pauses > 0 && b.trial {
		b.pause, b.pauses, b.trial = 0, 0, false // somebody saw it work
	}
}

func (Tick) apply(*Queue) {}

// Wake is when time itself changes something: a deadline passes, or a backend may be
// asked again. ok is false if nothing does.
func (q *Queue) Wake() (at time.Duration, ok bool) {
	soonest := 0.0
	if n := q.deadlines.first(); n != nil {
		soonest, ok = n.key, true
	}
	for _, b := range q.order {
		if b.pause > q.now && b.next(b.pause) != nil && (!ok || b.pause < soonest) {
			soonest, ok = b.pause, true
		}
	}
	return seconds(soonest), ok
}

// fill runs requests for as long as the backend has room.
func (q *Queue) fill(b *backend) {
	for b.free(q.now) {
		l := b.next(q.now)
		if l == nil {
			return
		}
		e := l.next(q.now)
		to := l.choose(e, q.now)
		if to == nil {
			return // it is too large for what room there is, and nobody passes it
		}
		q.run(e, to)
	}
}

func (q *Queue) run(e *entry, b *backend) {
	e.line.served(e, b, q.now)
	q.deadlines.remove(&e.deadline)
	q.count(e, -1)
	b.start(e, q.now)
	q.actions = append(q.actions, Action{ID: e.id, Backend: b.name})
}

// line is the one of a model.
func (q *Queue) line(model string) *line {
	l := q.lines[model]
	if l == nil {
		l = newLine(model)
		q.lines[model] = l
	}
	return l
}

func (q *Queue) backend(name string) *backend {
	b := q.backends[name]
	if b == nil {
		b = newBackend(name)
		q.backends[name] = b
		q.order = append(q.order, b)
	}
	return b
}

// bind says which backends answer for the line from now on.
func (q *Queue) bind(l *line, options []Option) {
	if slices.Equal(l.options, options) {
		return
	}
	l.options, l.credit = options, map[*backend]float64{}
	for _, b := range l.backends {
		b.lines = slices.DeleteFunc(b.lines, func(x *line) bool { return x == l })
	}
	l.backends = nil
	for _, o := range options {
		b := q.backend(o.Backend)
		b.lines = append(b.lines, l)
		l.backends = append(l.backends, b)
	}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
