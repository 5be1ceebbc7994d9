package traffic

import (
	"math"
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
	count, cost := e.line.ahead(e)
	wait := e.line.wait(cost, q.now)
	if r := e.line.truth[e.class][bucket(e.cost)].rate(); r > 0 {
		wait *= min(truthMost, max(1/truthMost, r))
	}
	return Place{Position: count + 1, Wait: seconds(wait)}, true
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

// truthMost is the factor by which an expected wait is set right at most. What is to be
// set right are those who will come and pass, of whom nothing is known yet: if they did
// lately, they will.
const truthMost = 3.0

// ahead is how many entries come before one, and their cost.
func (l *line) ahead(e *entry) (count int, cost float64) {
	n := 0.0
	for c := range e.class {
		n += l.bands[c].counts.total()
		cost += l.bands[c].costs.total()
	}
	b, s := &l.bands[e.class], &e.share.stands[e.class]
	own, ownCost := s.entries.before(&e.due)
	first, _ := b.stands.before(&s.node)
	tenants := float64(b.stands.len())
	// Others run as many as the tenant has in front of this one, as far as they have
	// them, and those before it in the round one more.
	others := b.counts.below(float64(own)) - min(float64(own), float64(s.entries.len()))
	more := float64(first)
	if own > 0 && tenants > 1 {
		more *= b.counts.above(float64(own)) / tenants
	}
	n += float64(own) + max(0, others) + more
	mean := b.costs.total() / max(1, b.counts.total())
	cost += ownCost + max(0, b.costs.below(ownCost)-min(ownCost, s.entries.total())) + more*mean
	return int(n), cost
}

// wait is how long it takes until so much cost has been given out; 0 is not known.
func (l *line) wait(cost, now float64) float64 {
	pace, slots, left := l.secondsPerCost(), 0.0, 0.0
	for _, b := range l.backends {
		lines := 1.0 // that want it
		for _, other := range b.lines {
			if _, some := other.waits(); some && other != l {
				lines++
			}
		}
		slots += b.limit / lines
		left += (b.left(pace, now) + max(0, b.pause-now)*b.limit) / lines
	}
	if pace == 0 || slots == 0 {
		return 0
	}
	// When its slot becomes free, the others are in the middle of something.
	work := cost*pace + left - (slots-1)*l.meanCost()*pace/2
	return max(0.001, work/slots)
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
