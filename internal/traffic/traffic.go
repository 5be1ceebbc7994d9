package traffic

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/hearthbox/hearth"
)

// Route is what requests wait for.
type Route interface {
	hearth.Generator

	// Backends are where a request may be answered.
	Backends(ctx context.Context, r *hearth.Request) (Ways, error)
}

// Ways are where a request may be answered.
type Ways struct {
	Model string // by the name it is listed by

	// Line is where it waits: with all that may go to the same places. Empty is the
	// model's.
	Line string

	Backends []Backend

	// Steps are what may be done, one after the other, about a request that would wait long
	// here. Each changes what those before it have made of the request.
	Steps []Step
}

// Backend is something that answers for a model.
type Backend struct {
	Source string // its name, for hearth.Request.Source
	Slots  int    // answers at once; 0 is to be found out
	Tokens int    // of prompts and answers together; 0 is no limit

	Rank   int     // 0 is asked first; others only while all of lower rank are out of order
	Weight float64 // its part of new conversations; 0 leaves that to who has room

	// Continues says that it can go on with an answer that another one began.
	Continues bool
}

// Config is what a Traffic is made of.
type Config struct {
	Route   Route
	Account hearth.Account // of what answers take; nil is none
	Limits  Limits

	Keep   time.Duration // how long a place is kept for a caller who will be back
	Update time.Duration // how often those who wait are told where they stand
}

// Traffic is the Generator before which requests wait. It tells them where they stand,
// and answers when their turn has come. Answers are taken from the backend as fast as
// they come and given to the caller as fast as he reads: nobody keeps a backend by
// being slow.
type Traffic struct {
	Config
	began time.Time

	mu     sync.Mutex
	queue  *Queue
	last   ID
	visits map[ID]*visit
	kept   map[string][]*visit // by ticket
	told   map[string]Capacity // what the queue knows of backends
	alarm  *time.Timer
	alarms time.Duration // when it goes off; 0 is never
}

var _ hearth.Generator = (*Traffic)(nil)

// New makes one in which nobody waits.
func New(c Config) *Traffic {
	return &Traffic{Config: c, began: time.Now(), queue: NewQueue(c.Limits), visits: map[ID]*visit{}, kept: map[string][]*visit{}, told: map[string]Capacity{}}
}

// Generate waits for the request's turn and answers it.
func (t *Traffic) Generate(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	return func(yield func(hearth.Chunk, error) bool) {
		v, err := t.enter(ctx, r)
		if err != nil {
			yield(hearth.Chunk{}, err)
			return
		}
		defer t.leave(ctx, v)
		t.descend(ctx, v)
		if err := t.attend(ctx, v, func(c hearth.Chunk) bool { return yield(c, nil) }); err != nil {
			yield(hearth.Chunk{}, err)
		}
	}
}

// enter takes up the place that was kept, or a new one.
func (t *Traffic) enter(ctx context.Context, r *hearth.Request) (*visit, error) {
	if v := t.again(r.Ticket); v != nil {
		return v, nil
	}
	ways, err := t.Route.Backends(ctx, r)
	if err != nil {
		return nil, err
	}
	v := newVisit(ctx, ways, r)
	arrival := arrivalOf(ways, r, t.moment(r.Deadline))
	if v.bill, err = t.open(ctx, v, arrival); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.capacities(ways)
	v.descends = len(ways.Steps) > 0
	t.arrive(v, arrival)
	return v, nil
}

// capacities tells the queue what backends take, if that is news. t.mu is held.
func (t *Traffic) capacities(ways Ways) {
	for _, b := range ways.Backends {
		if c := (Capacity{Backend: b.Source, Slots: b.Slots, Tokens: b.Tokens}); t.told[b.Source] != c {
			t.told[b.Source] = c
			t.step(c)
		}
	}
}

// arrive puts a visit in line. t.mu is held.
func (t *Traffic) arrive(v *visit, a Arrive) {
	t.last++
	v.id, a.ID = t.last, t.last
	t.visits[v.id] = v
	t.step(a)
	p, _ := t.queue.Place(v.id)
	v.expected = p.Wait
}

// open reserves what the request is expected to take.
func (t *Traffic) open(ctx context.Context, v *visit, a Arrive) (hearth.Bill, error) {
	if t.Account == nil {
		return nobodysBill{}, nil
	}
	t.mu.Lock()
	in, out := t.queue.Expected(a)
	t.mu.Unlock()
	v.in = int(in)
	return t.Account.Open(ctx, v.r, v.ways.Model, hearth.Usage{PromptTokens: v.in, CompletionTokens: int(out)})
}

// nobodysBill is that of a request nobody counts.
type nobodysBill struct{}

func (nobodysBill) Settle(string, hearth.Usage)     {}
func (nobodysBill) Move(string, hearth.Usage) error { return nil }
func (nobodysBill) Close()                          {}

// moment is a time as the queue counts; 0 is no time.
func (t *Traffic) moment(at time.Time) time.Duration {
	if at.IsZero() {
		return 0
	}
	return max(1, at.Sub(t.began))
}

// attend passes on where the visit stands, and then its answer. It returns nil when the
// answer is complete or the caller has had enough.
func (t *Traffic) attend(ctx context.Context, v *visit, emit func(hearth.Chunk) bool) error {
	tick := time.NewTicker(t.Update)
	defer tick.Stop()
	at, stood := 0, false
	for {
		chunks, closed, err := v.take(&at)
		for _, c := range chunks {
			if ctx.Err() != nil {
				break // said below
			}
			if !emit(c) {
				return nil
			}
		}
		if closed && ctx.Err() == nil {
			return err
		}
		stood = stood && len(chunks) == 0
		if p, waits := t.place(v); waits || stood {
			if stood = waits; !emit(hearth.Chunk{Place: &p, Steps: v.steps}) {
				return nil
			}
		}
		select {
		case <-v.news:
		case <-tick.C:
		case <-ctx.Done():
			return hearth.NewError(hearth.Canceled).Because(context.Cause(ctx))
		}
	}
}

// Report tells how a backend is.
func (t *Traffic) Report(s State) { t.tell(s) }

// Seen is what is known here of a backend.
func (t *Traffic) Seen(backend string) Seen {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.queue.Seen(backend, time.Since(t.began))
}

// place is where a visit stands; it stands nowhere once something of its answer has come,
// though it may wait for another backend to go on with it.
func (t *Traffic) place(v *visit) (hearth.Place, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if v.said.begun {
		return hearth.Place{}, false
	}
	p, ok := t.queue.Place(v.id)
	return hearth.Place(p), ok
}

// leave lets go of all that a visit holds, unless the caller will be back.
func (t *Traffic) leave(ctx context.Context, v *visit) {
	t.mu.Lock()
	if v.ticket != "" && errors.Is(context.Cause(ctx), hearth.NewError(hearth.PlaceKept)) {
		t.keep(v)
		t.mu.Unlock()
		return
	}
	t.drop(v)
	running := v.running
	t.mu.Unlock()
	if running != nil {
		<-running
	}
}

// drop ends a visit. If its answer is being made, that is told to stop.
func (t *Traffic) drop(v *visit) {
	v.cancel(context.Canceled)
	if v.running == nil {
		t.step(Leave{v.id})
		v.bill.Close()
	}
	delete(t.visits, v.id)
}

// keep holds a visit's place, and what there is of its answer, for a while.
func (t *Traffic) keep(v *visit) {
	t.kept[v.ticket] = append(t.kept[v.ticket], v)
	v.gone = time.AfterFunc(t.Keep, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.unkeep(v) {
			t.drop(v)
		}
	})
	t.step(Detach{v.id})
}

// unkeep reports whether the place was kept, and no longer keeps it.
func (t *Traffic) unkeep(v *visit) bool {
	list := t.kept[v.ticket]
	i := slices.Index(list, v)
	if i < 0 {
		return false
	}
	if list = slices.Delete(list, i, i+1); len(list) == 0 {
		delete(t.kept, v.ticket)
	} else {
		t.kept[v.ticket] = list
	}
	return true
}

// again is the visit of a caller who has come back; nil if none is kept for him.
func (t *Traffic) again(ticket string) *visit {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := t.kept[ticket]
	if ticket == "" || len(list) == 0 {
		return nil
	}
	v := list[0]
	t.unkeep(v)
	v.gone.Stop()
	t.step(Attach{v.id})
	return v
}

// Close ends the answers that are made for callers who are away.
func (t *Traffic) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, list := range t.kept {
		for _, v := range list {
			v.gone.Stop()
			t.drop(v)
		}
	}
	clear(t.kept)
	if t.alarm != nil {
		t.alarm.Stop()
	}
}

// step lets the queue decide and does what it says. t.mu is held.
func (t *Traffic) step(e Event) {
	for _, a := range t.queue.Step(time.Since(t.began), e) {
		v := t.visits[a.ID]
		if a.Refused != nil {
			switch {
			case v == nil:
			case v.descends:
				v.refused = a.Refused
			default:
				v.close(t.refusal(v, *a.Refused))
			}
			continue
		}
		v.running = make(chan struct{})
		go t.run(v, a.Backend, v.running)
	}
	t.wake()
}

// wake sets the alarm for when time itself changes something.
func (t *Traffic) wake() {
	at, ok := t.queue.Wake()
	if !ok {
		at = 0
	}
	if at == t.alarms {
		return
	}
	if t.alarm != nil {
		t.alarm.Stop()
	}
	if t.alarms = at; at == 0 {
		return
	}
	t.alarm = time.AfterFunc(max(0, at-time.Since(t.began))+time.Millisecond, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.alarms = 0
		t.step(Tick{})
	})
}

// refusal puts the queue's reasons in words.
func (t *Traffic) refusal(v *visit, r Refusal) error {
	quota := func(what, things, setting string) error {
		n := int64(r.Limit)
		return hearth.NewError(hearth.QuotaExceeded, "whom", hearth.Words{"this key", "此密钥"}, "setting", setting,
			"limit", hearth.Words{plural(n, what) + " waiting", "排队中的请求合计 " + say(n, things)},
			"until", hearth.Words{"for answers before sending more", "已有请求得到回答"})
	}
	switch r.Reason {
	case TenantRequests:
		return quota("request", "个", "queue.key_requests")
	case TenantBytes:
		return quota("byte", "字节", "queue.key_bytes")
	case TenantCost:
		return quota("token", "个词元", "queue.key_tokens")
	case Full:
		return hearth.NewError(hearth.QueueFull, "waiting", t.queue.Waiting(), "model", v.ways.Model)
	}
	return hearth.NewError(hearth.DeadlineUnreachable, "wait", r.Wait.Round(time.Second), "limit", r.May.Round(time.Second)).After(r.Wait)
}

// Line shows requests, those that run first and then by place: those of a key, or all for
// those who may watch; no more than so many.
func (t *Traffic) Line(by hearth.Principal, most int) hearth.Line {
	t.mu.Lock()
	var list []*visit
	for _, v := range t.visits {
		if by.May(hearth.RightWatch) || v.r.By.KeyID == by.KeyID {
			list = append(list, v)
		}
	}
	t.mu.Unlock()
	var out hearth.Line
	for part := range slices.Chunk(list, 256) { // others get their turns in between
		t.mu.Lock()
		for _, v := range part {
			q, waits, runs := t.queued(v)
			switch {
			case waits:
				out.Waiting++
			case runs:
				out.Running++
			default:
				continue
			}
			out.Requests = append(out.Requests, q)
		}
		t.mu.Unlock()
	}
	slices.SortFunc(out.Requests, func(a, b hearth.Queued) int {
		return cmp.Or(cmp.Compare(a.Place.Position, b.Place.Position), a.Arrived.Compare(b.Arrived))
	})
	out.Requests = out.Requests[:min(len(out.Requests), most)]
	return out
}

// queued describes a visit. One whose caller is away waits, without a position.
func (t *Traffic) queued(v *visit) (q hearth.Queued, waits, runs bool) {
	e := t.queue.entries[v.id]
	if e == nil {
		return q, false, false
	}
	q = hearth.Queued{By: v.r.By, Model: v.ways.Model, Class: hearth.Class(e.class.String()), Arrived: v.arrived}
	if e.state == running {
		q.ServedBy = e.on.name
		return q, false, true
	}
	p, _ := t.queue.Place(v.id)
	q.Place = hearth.Place(p)
	q.Why, q.Slots = e.why(t.queue.now)
	return q, true, false
}
