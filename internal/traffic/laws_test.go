package traffic

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// world drives a queue with events made of bytes, and holds what comes of it against
// the package's invariants.
type world struct {
	t      *testing.T
	q      *Queue
	now    time.Duration
	last   ID
	states map[ID]string // waits, kept, runs; gone if ended
	sent   map[ID]int    // times it ran, less those that were sent back
	input  []byte
}

var worldLimits = Limits{TenantRequests: 20, TenantBytes: 2000, TenantCost: 40_000, Requests: 60, Bytes: 5000,
	WaitMax: [classes]time.Duration{time.Minute, time.Minute, time.Minute, time.Hour}}

func (w *world) byte() int {
	if len(w.input) == 0 {
		return 0
	}
	b := w.input[0]
	w.input = w.input[1:]
	return int(b)
}

// pick is one of the requests in a state; ok is false if there is none.
func (w *world) pick(state string) (ID, bool) {
	for i, n := ID(1), ID(w.byte()); i <= w.last; i++ {
		id := 1 + (i+n)%w.last
		if w.states[id] == state {
			return id, true
		}
	}
	return 0, false
}

func (w *world) step(e Event) {
	before := len(w.states)
	for _, a := range w.q.Step(w.now, e) {
		switch state := w.states[a.ID]; {
		case a.Refused != nil:
			if state != "waits" && state != "kept" {
				w.t.Fatalf("%T: request %d is refused and %q", e, a.ID, state)
			}
			w.states[a.ID] = "gone"
		case state != "waits":
			w.t.Fatalf("%T: request %d runs and %q", e, a.ID, state)
		default:
			w.states[a.ID] = "runs"
			w.sent[a.ID]++
			if w.sent[a.ID] != 1 {
				w.t.Fatalf("request %d runs %d times", a.ID, w.sent[a.ID])
			}
		}
	}
	w.check(e, before)
}

// check holds the queue against T1, T2 and T3.
func (w *world) check(e Event, _ int) {
	count := map[string]int{}
	for _, s := range w.states {
		count[s]++
	}
	if w.q.waiting != count["waits"]+count["kept"] || w.q.kept != count["kept"] || len(w.q.entries) != count["waits"]+count["kept"]+count["runs"] {
		w.t.Fatalf("%T: %d wait of whom %d are kept, and %d are known; of %v", e, w.q.waiting, w.q.kept, len(w.q.entries), count)
	}
	requests, bytes, cost := map[string]int{}, map[string]int64{}, map[string]float64{}
	sent := 0
	for id, x := range w.q.entries {
		if x.state == running {
			continue
		}
		if w.sentBack(id) {
			sent++
			continue
		}
		requests[x.tenant]++
		bytes[x.tenant] += x.bytes
		cost[x.tenant] += x.cost
	}
	for tenant, n := range requests {
		if n > worldLimits.TenantRequests || bytes[tenant] > worldLimits.TenantBytes || cost[tenant] > worldLimits.TenantCost+1 {
			w.t.Fatalf("%T: tenant %s has %d waiting with %d bytes and cost %.0f", e, tenant, n, bytes[tenant], cost[tenant])
		}
	}
	if w.q.waiting-sent > worldLimits.Requests {
		w.t.Fatalf("%T: %d wait", e, w.q.waiting)
	}
	w.checkWork(e)
}

func (w *world) sentBack(id ID) bool { _, ok := w.sent[id]; return ok && w.states[id] != "runs" }

// checkWork is T2, and that the books of backends are right.
func (w *world) checkWork(e Event) {
	slots, used := map[*backend]int{}, map[*backend]int{}
	for _, x := range w.q.entries {
		if x.state == running {
			slots[x.on] += x.slots
			used[x.on] += x.tokens()
		}
	}
	for _, b := range w.q.backends {
		if slots[b] != b.slots || used[b] != b.used {
			w.t.Fatalf("%T: backend %s counts %d slots and %d tokens, and has %d and %d", e, b.name, b.slots, b.used, slots[b], used[b])
		}
		if l := b.next(w.now.Seconds()); l != nil && b.free(w.now.Seconds()) {
			if x := l.next(w.now.Seconds()); l.choose(x, w.now.Seconds()) != nil {
				w.t.Fatalf("%T: backend %s has room and request %d waits", e, b.name, x.id)
			}
		}
	}
	for id, state := range w.states {
		p, ok := w.q.Place(id)
		if ok != (state == "waits") || ok && (p.Position < 1 || p.Position > w.q.waiting || p.Wait < 0) {
			w.t.Fatalf("%T: request %d %s at %+v of %d", e, id, state, p, w.q.waiting)
		}
	}
}

func (w *world) event() {
	w.now += time.Duration(w.byte()) * 20 * time.Millisecond
	w.step(Tick{})
	switch w.byte() % 10 {
	case 0, 1, 2, 3:
		w.arrive()
	case 4, 5:
		if id, ok := w.pick("runs"); ok {
			w.states[id] = "gone"
			w.step(Done{ID: id, In: w.byte(), Out: 1 + 4*w.byte(), Whole: w.byte()%4 > 0})
		}
	case 6:
		if id, ok := w.pick("waits"); ok {
			w.states[id] = "kept"
			w.step(Detach{id})
		}
	case 7:
		if id, ok := w.pick("kept"); ok {
			w.states[id] = "waits"
			w.step(Attach{id})
		}
	case 8:
		if id, ok := w.pick([]string{"runs", "waits", "kept"}[w.byte()%3]); ok {
			w.states[id] = "gone"
			w.step(Leave{id})
		}
	case 9:
		if id, ok := w.pick("runs"); ok {
			w.states[id], w.sent[id] = "waits", 0
			w.step(Busy{ID: id, Pause: time.Duration(w.byte()) * time.Millisecond, Down: w.byte()%3 == 0, Asked: w.byte()%5 == 0})
		}
		w.step(Capacity{Backend: "b", Slots: w.byte() % 4, Tokens: 100 * (w.byte() % 20)})
	}
}

func (w *world) arrive() {
	w.last++
	w.states[w.last] = "waits"
	model := string(rune('x' + w.byte()%2))
	on := [][]string{{"a"}, {"a", "b"}}[model[0]-'x'] // a is asked for both
	w.step(Arrive{ID: w.last, Tenant: string(rune('p' + w.byte()%5)), Weight: float64(w.byte() % 3), Model: model, Backends: options(on),
		Class: Class(w.byte() % int(classes)), PromptBytes: 20 * w.byte(), MaxTokens: 8 * w.byte(), Choices: w.byte() % 3,
		Prefix: []uint64{uint64(w.byte() % 4)}, HeldBytes: int64(2 * w.byte()), Deadline: w.deadline()})
}

func (w *world) deadline() time.Duration {
	if n := w.byte(); n%4 == 0 {
		return w.now + time.Duration(n)*100*time.Millisecond
	}
	return 0
}

// FuzzLaws is T1 to T3 for any events at all.
func FuzzLaws(f *testing.F) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		b := make([]byte, 3000)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		w := &world{t: t, q: NewQueue(worldLimits), states: map[ID]string{}, sent: map[ID]int{}, input: input}
		w.step(Capacity{Backend: "a", Slots: 3, Tokens: 4000})
		w.step(Capacity{Backend: "b"})
		for len(w.input) > 0 {
			w.event()
		}
		w.drain()
	})
}

// drain lets everything end: whatever still waits is run or refused at last, and nothing
// is left behind.
func (w *world) drain() {
	for range 10_000 {
		if id, ok := w.pick("kept"); ok {
			w.states[id] = "waits"
			w.step(Attach{id})
		}
		w.now += 100 * time.Millisecond
		if id, ok := w.pick("runs"); ok {
			w.states[id] = "gone"
			w.step(Done{ID: id, In: 10, Out: 10, Whole: true})
		} else {
			w.step(Tick{})
		}
		if len(w.q.entries) == 0 {
			break
		}
	}
	if len(w.q.entries) > 0 || w.q.waiting != 0 || w.q.bytes != 0 || len(w.q.tenants) != 0 || w.q.deadlines.len() != 0 {
		w.t.Fatalf("left behind: %d entries, %d waiting, %d bytes, %d tenants, %d deadlines",
			len(w.q.entries), w.q.waiting, w.q.bytes, len(w.q.tenants), w.q.deadlines.len())
	}
	for _, l := range w.q.lines {
		for c := range l.bands {
			if b := &l.bands[c]; b.oldest != nil || b.stands.len() > 0 || b.counts.count != 0 || b.costs.count != 0 || math.Abs(b.costs.total()) > 1e-6 {
				w.t.Fatalf("left behind in band %v: %+v", Class(c), b.costs.total())
			}
		}
	}
}

// plant is a backend of so many slots, each of which works off so much cost a second.
type plant struct {
	q     *Queue
	now   time.Duration
	slots int
	rate  float64
	last  ID
	runs  map[ID]time.Duration // when each ends
	out   map[ID]int
	began map[ID]time.Duration
	had   map[string]float64
	who   map[ID]string
}

func newPlant(slots int, rate float64) *plant {
	p := &plant{q: NewQueue(roomy), slots: slots, rate: rate, runs: map[ID]time.Duration{}, out: map[ID]int{}, began: map[ID]time.Duration{},
		had: map[string]float64{}, who: map[ID]string{}}
	p.act(p.q.Step(0, Capacity{Backend: "gpu", Slots: slots}))
	return p
}

func (p *plant) act(actions []Action) {
	for _, a := range actions {
		if a.Refused != nil {
			continue
		}
		p.began[a.ID] = p.now
		p.had[p.who[a.ID]] += 2 * float64(p.out[a.ID])
		p.runs[a.ID] = p.now + seconds(2*float64(p.out[a.ID])/p.rate)
	}
}

func (p *plant) ask(tenant string, class Class, out int) ID {
	p.last++
	p.out[p.last], p.who[p.last] = out, tenant
	p.act(p.q.Step(p.now, Arrive{ID: p.last, Tenant: tenant, Model: "m", Backends: options([]string{"gpu"}), Class: class, MaxTokens: out}))
	return p.last
}

// next lets the answer end that ends next, not later than so; it reports whether one did.
func (p *plant) next(until time.Duration) bool {
	var id ID
	for x, at := range p.runs {
		if id == 0 || at < p.runs[id] || at == p.runs[id] && x < id {
			id = x
		}
	}
	if id == 0 || p.runs[id] > until {
		p.now = until
		p.act(p.q.Step(p.now, Tick{}))
		return false
	}
	p.now = p.runs[id]
	delete(p.runs, id)
	p.act(p.q.Step(p.now, Done{ID: id, In: 1, Out: p.out[id], Whole: true}))
	return true
}

// TestFairness is T4: tenants who always have something waiting are served alike, at
// every moment, whatever the sizes of their requests and their numbers.
func TestFairness(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	p := newPlant(4, 100)
	tenants, sizes := []string{"a", "b", "c", "d"}, []int{10, 50, 200, 400}
	for i, tenant := range tenants {
		for range 400 * 10 / sizes[i] * 2 {
			p.ask(tenant, Interactive, 1+r.IntN(2*sizes[i]))
		}
	}
	bound := 2.0*2*800 + quantum
	for range 400 {
		p.next(time.Hour)
		lo, hi := math.Inf(1), 0.0
		for _, tenant := range tenants {
			lo, hi = min(lo, p.had[tenant]), max(hi, p.had[tenant])
		}
		if hi-lo > bound {
			t.Fatalf("at %v tenants have had %v: they differ by %.0f, and may by %.0f", p.now, p.had, hi-lo, bound)
		}
	}
}

// TestNobodyStarves, neither the long among short ones of the same tenant, nor a tenant
// among many, nor bulk below a class that always has something waiting.
func TestNobodyStarves(t *testing.T) {
	p := newPlant(1, 100)
	for range 10 {
		p.ask("busy", Interactive, 10)
	}
	long, other, later, bulk := p.ask("busy", Interactive, 500), p.ask("quiet", Interactive, 100), p.ask("quiet", Default, 100), p.ask("quiet", Bulk, 100)
	for p.now < time.Hour && p.began[bulk] == 0 {
		if p.next(p.now + time.Second) {
			p.ask("busy", Interactive, 10)
		}
	}
	for _, x := range []struct {
		name string
		id   ID
		by   time.Duration
	}{{"the quiet tenant's", other, time.Minute}, {"its request of class default", later, 2 * time.Minute},
		{"the long one", long, 5 * time.Minute}, {"bulk", bulk, 15 * time.Minute}} {
		if at := p.began[x.id]; at == 0 || at > x.by {
			t.Errorf("%s begins after %v, not within %v", x.name, at, x.by)
		}
	}
}

// TestPlaces asks everybody where they stand until all are served. While nobody comes,
// positions go down and nobody's wait is far from what it turns out to be.
func TestPlaces(t *testing.T) {
	p := newPlant(4, 100)
	r := rand.New(rand.NewPCG(3, 4))
	for range 8 { // so that the pace is known
		p.ask("w", Interactive, 100)
	}
	for len(p.runs) > 0 {
		p.next(time.Hour)
	}
	tenants := []string{"a", "b", "c", "d", "e"}
	for range 200 {
		p.ask(tenants[min(4, r.IntN(8))], Interactive, 20+r.IntN(160))
	}
	type guess struct {
		at   time.Duration
		wait time.Duration
	}
	guesses, positions := map[ID]guess{}, map[ID]int{}
	for p.q.Waiting() > 0 {
		for id := range p.out {
			at, ok := p.q.Place(id)
			if !ok {
				continue
			}
			if was, seen := positions[id]; seen && at.Position > was+len(tenants) {
				t.Fatalf("request %d was %d and is %d", id, was, at.Position)
			}
			positions[id] = at.Position
			if _, seen := guesses[id]; !seen {
				guesses[id] = guess{p.now, at.Wait}
			}
		}
		p.next(time.Hour)
	}
	var off []float64
	for id, g := range guesses {
		if took := p.began[id] - g.at; took > 5*time.Second {
			off = append(off, math.Abs(g.wait.Seconds()-took.Seconds())/took.Seconds())
		}
	}
	median, p90 := percentile(off, 0.5), percentile(off, 0.9)
	t.Logf("of %d waits the median was off by %.0f %%, p90 by %.0f %%", len(off), 100*median, 100*p90)
	if median > 0.20 || p90 > 0.50 {
		t.Errorf("waits are off by %.0f %% (median) and %.0f %% (p90)", 100*median, 100*p90)
	}
}

func percentile(x []float64, p float64) float64 {
	sorted := slices.Sorted(slices.Values(x))
	return sorted[int(p*float64(len(sorted)-1))]
}

// TestFirstInFirstOut: alike requests of one tenant run in the order they came, and are
// told their exact positions.
func TestFirstInFirstOut(t *testing.T) {
	p := newPlant(1, 100)
	for range 50 {
		p.ask("a", Interactive, 10)
	}
	for first := ID(2); first <= 50; first++ {
		for id := first; id <= 50; id++ {
			if at, _ := p.q.Place(id); at.Position != int(id-first)+1 {
				t.Fatalf("request %d is %d, want %d", id, at.Position, id-first+1)
			}
		}
		p.next(time.Hour)
		if _, runs := p.runs[first]; !runs {
			t.Fatalf("request %d does not run next", first)
		}
	}
}
