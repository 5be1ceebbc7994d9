package traffic

import "math"

// How requests are ordered.
const (
	// quantum is how much a tenant may have ahead of the others to go on with
	// requests that begin alike.
	quantum = 1024

	// patience is how many times the time it takes a request may be kept waiting
	// before it counts as late. The higher, the further short ones pass long ones. Of
	// those who ask again at once, twelve times as many as can be answered (TestCrowd),
	// with 8 half of the short answers take 6.0 s and half of the long ones 43 s; with 16
	// it is 0.8 s and 57 s. At four times both are the same.
	patience = 16
)

// A band whose oldest request has waited for lateAfter seconds is no longer passed by all
// above it: after so many requests of others it has a turn. So nobody keeps others waiting
// for ever by calling everything urgent, and still turns are by tenant in every band.
var (
	lateAfter = [classes]float64{Default: 5, Bulk: 600}
	passedBy  = [classes]int{Default: 1, Bulk: 7}
)

type state int

const (
	waiting state = iota
	detached
	running
)

// entry is a request.
type entry struct {
	id      ID
	tenant  string
	class   Class
	line    *line
	share   *share
	state   state
	arrived float64
	bytes   int64
	limit   int // which of the predictions of the answer's length it goes by
	letters int // bytes of the prompt
	in, out float64
	cost    float64
	slots   int
	prefix  []uint64

	due      node    // in its stand; the key is when it should have begun
	deadline node    // in the queue; the key is when it must have begun
	expected float64 // seconds to wait when it came, before that was set right by experience

	// While it waits.
	since        float64
	older, newer *entry // in the band

	// While it runs.
	on      *backend
	seat    int // in what runs there
	started float64
	area    float64 // of the backend when it started
	takes   float64 // seconds, as was expected then; 0 is not known
	begun   bool
}

// entry makes one, with what is expected of it.
func (q *Queue) entry(l *line, a Arrive) *entry {
	q.serial++
	s := l.share(a.Tenant, q)
	if s.weight = a.Weight; s.weight <= 0 {
		s.weight = 1
	}
	e := &entry{id: a.ID, tenant: a.Tenant, class: a.Class, line: l, share: s, arrived: q.now, bytes: a.HeldBytes,
		limit: lengthClass(a.MaxTokens), letters: a.PromptBytes, slots: max(1, a.Choices), prefix: a.Prefix}
	e.in = float64(a.PromptBytes) / l.bytesPerToken
	e.out = l.expected(s, e.limit, a.MaxTokens)
	e.cost = e.in + answerCost*e.out*float64(e.slots)
	e.due = node{tie: q.serial, weight: e.cost, entry: e}
	e.deadline = node{tie: q.serial, entry: e}
	return e
}

// tokens is the room it takes in a cache.
func (e *entry) tokens() int { return int(e.in + e.out*float64(e.slots)) }

// line is where requests for one model wait.
type line struct {
	model    string
	backends []*backend
	options  []Option             // as the backends
	credit   map[*backend]float64 // of those with weights: what each is behind
	bands    [classes]band
	shares   map[string]*share

	system  bool    // had the last turn
	turn    float64 // served so far, by how many wanted it: lines that have a backend in common take turns by it
	mix     [buckets]float64
	came    [classes]flow // of cost
	again   again
	truth   [classes][buckets]truth
	paces   map[*backend]*paces
	lengths lengths

	bytesPerToken float64
}

// band holds the tenants with requests of a class.
type band struct {
	stands         tree    // by what their tenants have had
	reached        float64 // what tenants had had who were served last
	turn           *stand  // whose turn it was last
	began          uint64  // how the request began that was served then
	oldest, newest *entry
	passed         int    // requests of others that ran since one of here did
	counts, costs  spread // how many requests, and what cost, tenants have here
}

// share is what a tenant has had of a line.
type share struct {
	tenant  string
	weight  float64
	had     float64 // cost, by weight
	stands  [classes]stand
	users   int // entries, waiting or not
	again   again
	lengths lengths
	serial  uint64
}

// stand is the requests of one tenant in one band.
type stand struct {
	node
	share   *share
	entries tree // by when they should have begun
}

func newLine(model string) *line {
	return &line{model: model, shares: map[string]*share{}, paces: map[*backend]*paces{}, bytesPerToken: usualBytesPerToken}
}

// sharesMax is how many tenants a line remembers that have nothing in it.
const sharesMax = 4096

func (l *line) share(tenant string, q *Queue) *share {
	s := l.shares[tenant]
	if s == nil {
		q.serial++
		s = &share{tenant: tenant, serial: q.serial}
		for c := range s.stands {
			s.stands[c].share = s
			s.stands[c].node = node{stand: &s.stands[c]}
		}
		l.shares[tenant] = s
	}
	s.users++
	return s
}

// rest lets go of a share that has one entry less. Who has had more than the others
// have by now is remembered, so that nobody is better off for having paused.
func (l *line) rest(s *share) {
	if s.users--; s.users > 0 || len(l.shares) <= sharesMax {
		return
	}
	for name, x := range l.shares {
		if x.users == 0 {
			delete(l.shares, name)
			return
		}
	}
}

// waits is the first band in which somebody waits.
func (l *line) waits() (Class, bool) { return l.waitsFrom(System) }

func (l *line) waitsFrom(c Class) (Class, bool) {
	for ; c < classes; c++ {
		if l.bands[c].oldest != nil {
			return c, true
		}
	}
	return 0, false
}

// enter puts an entry in line.
func (l *line) enter(e *entry, now float64) {
	if _, some := l.waits(); !some {
		for _, b := range l.backends {
			l.turn = max(l.turn, b.turn)
		}
	}
	e.state = waiting
	l.mix[bucket(e.cost)] += e.cost
	b, s := &l.bands[e.class], &e.share.stands[e.class]
	e.since = now
	e.older, e.newer = b.newest, nil
	if b.newest != nil {
		b.newest.newer = e
	} else {
		b.oldest = e
	}
	b.newest = e
	if s.entries.len() == 0 {
		e.share.had = max(e.share.had, b.reached) // for what one did not ask for there is no credit
		l.reorder(e.share)
	}
	b.change(s, func() { s.entries.insert(&e.due) })
}

// exit takes a waiting entry out.
func (l *line) exit(e *entry) {
	l.mix[bucket(e.cost)] -= e.cost
	b, s := &l.bands[e.class], &e.share.stands[e.class]
	if e.older != nil {
		e.older.newer = e.newer
	} else {
		b.oldest = e.newer
	}
	if e.newer != nil {
		e.newer.older = e.older
	} else {
		b.newest = e.older
	}
	e.older, e.newer = nil, nil
	b.change(s, func() { s.entries.remove(&e.due) })
}

// change keeps the band's books while a stand changes.
func (b *band) change(s *stand, f func()) {
	if n := s.entries.len(); n > 0 {
		b.counts.add(float64(n), -1)
		b.costs.add(s.entries.total(), -1)
		b.stands.remove(&s.node)
	}
	f()
	if n := s.entries.len(); n > 0 {
		b.counts.add(float64(n), 1)
		b.costs.add(s.entries.total(), 1)
		s.key, s.tie, s.weight = s.turn(), s.share.serial, s.entries.first().entry.cost
		b.stands.insert(&s.node)
	}
}

// turn is what the tenant will have had after its next request: of two who have had as
// much, the one with the shorter request comes first (weighted fair queueing, Demers et
// al. 1989).
func (s *stand) turn() float64 {
	return s.share.had + s.entries.first().entry.cost/s.share.weight
}

// charge adds to what a tenant has had.
func (l *line) charge(s *share, cost float64) {
	s.had += cost / s.weight
	l.reorder(s)
}

// reorder puts a tenant's stands where they belong by what it has had.
func (l *line) reorder(s *share) {
	for c := range s.stands {
		if x := &s.stands[c]; x.entries.len() > 0 && x.key != x.turn() {
			l.bands[c].stands.remove(&x.node)
			x.key = x.turn()
			l.bands[c].stands.insert(&x.node)
		}
	}
}

// whose is the band whose turn it is; somebody waits.
func (l *line) whose(now float64) Class {
	first, _ := l.waits()
	if first == System {
		c, others := l.waitsFrom(Interactive)
		if !l.system || !others { // which does not take two turns while others wait
			return System
		}
		first = c
	}
	for c := Bulk; c > first; c-- {
		if b := &l.bands[c]; b.oldest != nil && now-b.oldest.since >= lateAfter[c] && b.passed >= passedBy[c] {
			return c
		}
	}
	return first
}

// next is the entry whose turn it is; somebody waits.
func (l *line) next(now float64) *entry {
	c := l.whose(now)
	b := &l.bands[c]
	s := b.stands.first().stand
	if t := b.turn; t != nil && t != s && t.entries.len() > 0 && t.share.had-s.share.had <= quantum {
		if e := t.entries.first().entry; len(e.prefix) > 0 && e.prefix[0] == b.began {
			s = t
		}
	}
	return s.entries.first().entry
}

// served takes an entry out of line that is to run on a backend.
func (l *line) served(e *entry, on *backend, now float64) {
	b := &l.bands[e.class]
	b.reached = max(b.reached, min(e.share.had, b.stands.first().stand.share.had))
	b.turn, b.began = &e.share.stands[e.class], 0
	if len(e.prefix) > 0 {
		b.began = e.prefix[0]
	}
	l.system = e.class == System
	for c := range l.bands {
		if l.bands[c].passed++; Class(c) == e.class || l.bands[c].oldest == nil {
			l.bands[c].passed = 0
		}
	}
	if e.expected > 0 {
		l.truth[e.class][bucket(e.cost)].add(now-e.arrived, e.expected, truthWeight)
	}
	on.turn = max(on.turn, l.turn)
	l.turn += e.cost / float64(max(1, b.stands.len()))
	e.share.had += e.cost / e.share.weight // before it goes, so that its stand moves once
	l.exit(e)
	l.reorder(e.share)
}

// rank is that of the backends that requests go to now: the lowest of those of which one
// works. If none works, it is whichever is tried next: waiting would mend nothing.
func (l *line) rank(now float64) (rank int, some bool) {
	for i, b := range l.backends {
		if o := l.options[i]; !b.out(now) && (!some || o.Rank < rank) {
			rank, some = o.Rank, true
		}
	}
	return rank, some
}

// takes reports whether requests of the line may run on a backend now.
func (l *line) takes(b *backend, now float64) bool {
	rank, some := l.rank(now)
	for i, x := range l.backends {
		if x == b {
			return !some || l.options[i].Rank == rank && !b.out(now)
		}
	}
	return false
}

// choose is the backend with room for the entry that knows most of its beginning, by
// how much room that is; nil if none has. Where backends have weights, and none knows it
// well, each has its part in turn.
func (l *line) choose(e *entry, now float64) *backend {
	var best *backend
	var able []int
	score, weights := 0.0, 0.0
	for i, b := range l.backends {
		if !b.free(now) || !b.fits(e) || !l.takes(b, now) {
			continue
		}
		able = append(able, i)
		weights += l.options[i].Weight
		if s := (unknownPrefix + b.known.match(e.prefix)) * b.headroom(); best == nil || s > score {
			best, score = b, s
		}
	}
	if weights == 0 || best == nil {
		return best
	}
	return l.weighed(e, able, best, weights)
}

// weighed is the backend that is furthest behind its weight, unless best knows most of
// what the entry begins with (smooth weighted round robin, as nginx has it).
func (l *line) weighed(e *entry, able []int, best *backend, weights float64) *backend {
	sticks := len(e.prefix) > 0 && best.known.match(e.prefix) >= wellKnown
	behind := math.Inf(-1)
	for _, i := range able {
		b := l.backends[i]
		l.credit[b] += l.options[i].Weight
		if !sticks && l.credit[b] > behind {
			best, behind = b, l.credit[b]
		}
	}
	l.credit[best] -= weights
	return best
}

// wellKnown is how much of a beginning a backend must know for a request to stay with it,
// weights or not.
const wellKnown = 0.5

// unknownPrefix is what a backend with room is worth that knows nothing of a prompt,
// beside 1 for one that knows all of it.
const unknownPrefix = 0.25
