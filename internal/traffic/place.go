package traffic

import (
	"math"
	"slices"
	"time"
)

// Place is where a waiting request stands: how many will run before it if nobody comes
// or goes, and how long that will take. Both are counted as if tenants were served in
// equal measure, so they may be off by one turn of each. ok is false if it does not
// wait.
func (q *Queue) Place(id ID) (p Place, ok bool) {
	e := q.entries[id]
	if e == nil || e.state != waiting {
		return Place{}, false
	}
	a := e.line.ahead(e, q.now)
	return Place{Position: a.count + 1, Wait: seconds(e.line.told(e, a.wait))}, true
}

// told is an expected wait, set right by experience.
func (l *line) told(e *entry, wait float64) float64 {
	return wait * l.truth[e.class][bucket(e.cost)].factor(wait)
}

// Seen is a backend as the queue knows it.
type Seen struct {
	Slots   int           // answers it is given at once
	Found   bool          // and nobody said so: it is what was found out so far
	Waiting int           // requests that may run on it; on others too, perhaps
	Pause   time.Duration // for how long it is still left in peace
}

// Seen is what the queue knows of a backend; the zero value if it has not met it.
func (q *Queue) Seen(name string, now time.Duration) (s Seen) {
	b := q.backends[name]
	if b == nil {
		return s
	}
	s = Seen{Slots: int(b.limit), Found: !b.fixed, Pause: max(0, seconds(b.pause)-now)}
	for _, l := range b.lines {
		for c := range l.bands {
			s.Waiting += int(l.bands[c].counts.total())
		}
	}
	return s
}

// truthMost is the factor by which an expected wait is set right at most, and truthWeight
// what one more wait counts.
const (
	truthMost   = 3.0
	truthWeight = 1.0 / 16
)

// truth is how long requests waited, and how long they were to.
type truth struct{ pace }

// factor is what an expected wait is to be set right by: by as much as is known, which
// is little if all that was seen were shorter waits.
func (t truth) factor(wait float64) float64 {
	if t.time == 0 || wait == 0 {
		return 1
	}
	n := min(t.seen, 1/truthWeight)
	return min(truthMost, max(1/truthMost, (n*t.work+wait)/(n*t.time+wait)))
}

// ahead is what comes before an entry.
type ahead struct {
	count       int
	wait, alone float64 // seconds, with those who will come and pass, and without; 0 is not known
}

func (l *line) ahead(e *entry, now float64) (a ahead) {
	n, cost := 0.0, 0.0
	for c := range e.class {
		n += l.bands[c].counts.total()
		cost += l.bands[c].costs.total()
	}
	b, s := &l.bands[e.class], &e.share.stands[e.class]
	own, ownCost := s.entries.before(&e.due)
	first, firstCost := b.stands.before(&s.node)
	tenants := float64(b.stands.len())
	// Others run as many as the tenant has in front of this one, as far as they have
	// them, and those before it in the round one more.
	others := b.counts.below(float64(own)) - min(float64(own), float64(s.entries.len()))
	more := 1.0
	if own > 0 && tenants > 1 {
		more = b.counts.above(float64(own)) / tenants
	}
	n += float64(own) + max(0, others) + more*float64(first)
	cost += ownCost + max(0, b.costs.below(ownCost)-min(ownCost, s.entries.total())) + more*firstCost
	a.count, a.alone = int(n), l.wait(n, cost, now)
	if a.alone > 0 {
		a.wait = l.passed(e, a.alone, float64(own), tenants, now)
	}
	return a
}

// passed is how long a wait becomes by those who will come and pass, if they come as they
// lately did: whatever is more urgent, and of those of the tenant who are answered sooner
// and ask again, whoever asks for so little that it should begin sooner. For each of these
// the other tenants have a turn as well.
func (l *line) passed(e *entry, wait, own, tenants, now float64) float64 {
	pace, slots := l.secondsPerCost(), 0.0
	for _, b := range l.backends {
		slots += b.limit
	}
	urgent := 0.0
	for c := range e.class {
		urgent += l.came[c].rate(now) * pace / slots
	}
	urgent = min(urgent, urgentMost)
	alone := wait
	for range passRounds {
		again, cost := 0.0, 0.0
		for i := range bucket(e.cost) {
			r := l.returns(e.share, i)
			if r == 0 {
				continue
			}
			// The longer ones stop passing sooner.
			until := e.due.key - now - patience*middle(i)*pace
			r *= min(1, max(0, until)/max(wait, 1e-3))
			again, cost = again+r, cost+r*middle(i)
		}
		again = min(again, againMost)
		wait = (alone + own/(1-again)*cost*tenants*pace/slots) / (1 - urgent)
	}
	return wait
}

// Limits of what is made of those who will come.
const (
	urgentMost = 0.8  // of all that is worked off
	againMost  = 0.95 // of those who are answered
	passRounds = 3    // of reckoning, as how long they pass hangs on how long the wait is
)

// wait is how long it takes until the next may run after so many, of so much cost
// together; 0 is not known.
func (l *line) wait(count, cost, now float64) float64 {
	pace, slots, left, runs := l.secondsPerCost(), 0.0, 0.0, 0
	for _, b := range l.backends {
		lines := 1.0 // that want it
		for _, other := range b.lines {
			if _, some := other.waits(); some && other != l {
				lines++
			}
		}
		slots += b.limit / lines
		left += (b.left(pace, now) + max(0, b.pause-now)*b.limit) / lines
		runs += len(b.runs)
		if lines > 1 || b.pause > now {
			runs = turnsMost + 1
		}
	}
	switch {
	case pace == 0 || slots == 0:
		return 0
	case runs > 0 && runs <= turnsMost && count < 4*float64(runs):
		return max(0.001, l.turns(int(count), cost*pace, pace, now))
	}
	// When its slot becomes free, the others are in the middle of something.
	work := cost*pace + left - (slots-1)*l.meanCost()*pace/2
	return max(0.001, work/slots)
}

// turnsMost is up to how many answers that run it is looked at one by one when they end.
const turnsMost = 128

// turns is when the next may run after a few who take so many seconds together: each takes
// the place of the answer that ends first.
func (l *line) turns(count int, seconds, pace, now float64) float64 {
	var room [turnsMost]float64
	ends := room[:0]
	for _, b := range l.backends {
		for _, e := range b.runs {
			takes := e.takes
			if takes == 0 {
				takes = e.cost * pace
			}
			ends = append(ends, max(0, e.started+takes-now))
		}
	}
	slices.Sort(ends)
	each := seconds / float64(max(1, count))
	var more [4 * turnsMost]float64
	started := more[:0] // and end in this order
	for {
		at := 0.0
		if len(ends) > 0 && (len(started) == 0 || ends[0] <= started[0]) {
			at, ends = ends[0], ends[1:]
		} else {
			at, started = started[0], started[1:]
		}
		if count == 0 {
			return at
		}
		count--
		started = append(started, at+each)
	}
}

// meanCost is that of what waits.
func (l *line) meanCost() float64 {
	count, cost := 0.0, 0.0
	for c := range l.bands {
		count, cost = count+l.bands[c].counts.total(), cost+l.bands[c].costs.total()
	}
	return cost / max(1, count)
}

// secondsPerCost is how long one answer takes for each unit of cost, for such requests
// as wait; 0 is not known.
func (l *line) secondsPerCost() float64 {
	cost, time := 0.0, 0.0
	for i, c := range l.mix {
		if c < 1 {
			continue
		}
		r := l.rate(i)
		if r == 0 {
			return 0
		}
		cost, time = cost+c, time+c/r
	}
	if cost == 0 {
		return 0
	}
	return time / cost
}

// spread counts numbers, such as how many requests each tenant has, so that it can be
// said what they come to if each is cut at some height. Numbers up to 16 are counted
// exactly, larger ones with those of about their size.
type spread struct {
	bins [steps]struct {
		count int
		sum   float64
	}
	count int
	sum   float64
}

const (
	exact  = 16
	octave = 4
	steps  = exact + 1 + octave*36
)

func step(x float64) int {
	if x <= exact {
		return int(x)
	}
	return min(steps-1, exact+1+int(octave*math.Log2(x/exact)))
}

func (s *spread) add(x float64, n int) {
	b := &s.bins[step(x)]
	b.count += n
	b.sum += float64(n) * x
	s.count += n
	s.sum += float64(n) * x
	if b.count == 0 {
		b.sum = 0
	}
	if s.count == 0 {
		s.sum = 0
	}
}

// total is the sum of the numbers.
func (s *spread) total() float64 { return s.sum }

// below is the sum of the numbers, none counting for more than x.
func (s *spread) below(x float64) float64 {
	at := step(x)
	sum, left := 0.0, s.count
	for i := range at {
		sum += s.bins[i].sum
		left -= s.bins[i].count
	}
	here := s.bins[at]
	return sum + min(here.sum, float64(here.count)*x) + float64(left-here.count)*x
}

// above is how many numbers are larger than x.
func (s *spread) above(x float64) float64 {
	left := s.count
	for i := range step(x) + 1 {
		left -= s.bins[i].count
	}
	return float64(left)
}
