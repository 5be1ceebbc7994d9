package traffic

import "math"

// What is expected of a request nobody knows anything about.
const (
	answerCost         = 2   // of a token written, beside 1 for one that is read
	usualAnswer        = 256 // tokens
	usualBytesPerToken = 3.6
	usualPace          = 100 // cost per second of one answer, to compare requests by
)

// average is an exponentially weighted one. The first value counts whole.
type average struct {
	value float64
	known bool
}

func (a *average) add(x, weight float64) {
	if !a.known {
		a.value, a.known = x, true
		return
	}
	a.value += (x - a.value) * weight
}

// pace is how much of something there is in so much of another, lately: how much cost
// answers work off in how many seconds, as a rule.
type pace struct {
	work, time float64
	seen       float64 // samples
}

// add takes a sample. The first few count alike, whatever their weight.
func (p *pace) add(work, time, weight float64) {
	p.seen++
	weight = max(weight, 1/p.seen)
	p.work += (work - p.work) * weight
	p.time += (time - p.time) * weight
}

func (p pace) rate() float64 {
	if p.time == 0 {
		return 0
	}
	return p.work / p.time
}

// flow is how much of something comes in a second, lately.
type flow struct {
	sum      float64 // what came, the older the less
	from, at float64 // since when it is counted; when sum was that
}

// lately is for how many seconds what came counts, on average; leastSeen are those before
// which little can be said.
const (
	lately    = 30.0
	leastSeen = 3.0
)

func (f *flow) add(x, now float64) {
	if f.sum == 0 {
		f.from = now
	}
	f.sum = f.sum*math.Exp((f.at-now)/lately) + x
	f.at = now
}

func (f *flow) rate(now float64) float64 {
	if f.sum == 0 {
		return 0
	}
	return f.sum * math.Exp((f.at-now)/lately) / lately / (1 - math.Exp(-max(leastSeen, now-f.from)/lately))
}

// paces are those of one model on one backend, by how much requests cost.
type paces struct {
	each [buckets]pace
	all  pace
}

// buckets of cost, each twice the one before: up to 32, up to 64 and so on.
const buckets = 14

// middle is a usual cost of those in a bucket.
func middle(i int) float64 { return 24 * math.Exp2(float64(i)) }

func bucket(cost float64) int { return min(buckets-1, max(0, math.Ilogb(max(1, cost))-4)) }

// rate is the cost per second of one answer that costs about so much; 0 is not known.
func (p *paces) rate(i int) float64 {
	if p == nil {
		return 0
	}
	if r := p.each[i].rate(); r > 0 {
		return r
	}
	return p.all.rate()
}

// secondsOn is how long the entry is expected to take on a backend; 0 is not known.
func (l *line) secondsOn(b *backend, e *entry) float64 {
	if r := l.paces[b].rate(bucket(e.cost)); r > 0 {
		return e.cost / r
	}
	return 0
}

// seconds is how long the entry will take, to compare it by: somewhere, or as a guess.
func (l *line) seconds(e *entry) float64 {
	if r := l.rate(bucket(e.cost)); r > 0 {
		return e.cost / r
	}
	return e.cost / usualPace
}

// rate is the mean of what is known of the backends.
func (l *line) rate(i int) float64 {
	sum, slots := 0.0, 0.0
	for _, b := range l.backends {
		if r := l.paces[b].rate(i); r > 0 {
			sum, slots = sum+r*b.limit, slots+b.limit
		}
	}
	if slots == 0 {
		return 0
	}
	return sum / slots
}

// learn takes what an answer took.
func (l *line) learn(e *entry, d Done, now float64) {
	cost := float64(d.In-d.Cached) + answerCost*float64(d.Out)
	if d.In == 0 && d.Out == 0 {
		return // the charge stays as it was expected
	}
	l.charge(e.share, cost-e.cost)
	l.ended(e.share)
	if !d.Whole || d.Out == 0 {
		return
	}
	if d.In > 0 && e.letters > 64 {
		l.bytesPerToken += (float64(e.letters)/float64(d.In) - l.bytesPerToken) / 16
		l.bytesPerToken = min(16, max(0.5, l.bytesPerToken))
	}
	each := float64(d.Out) / float64(e.slots)
	l.lengths[e.limit].add(each, 1.0/16)
	e.share.lengths[e.limit].add(each, 1.0/8)
	p := l.paces[e.on]
	if p == nil {
		p = &paces{}
		l.paces[e.on] = p
	}
	// Waits are those of full backends; what was seen of one that was not counts less.
	full := min(1, e.on.load(e, now)/e.on.limit)
	weight := max(0.02, full*full) / 8
	took := max(1e-4, now-e.started)
	p.each[bucket(e.cost)].add(cost, took, weight)
	p.all.add(cost, took, weight)
}

// again counts what is asked after answers have ended, by its cost: how many ask again,
// and for how much.
type again struct {
	came   [buckets]float64
	ended  float64
	credit int // answers that ended, for which nobody has asked again yet
}

// creditMost is for how many answers somebody may ask again later, and endedMost how many
// are remembered.
const (
	creditMost = 4
	endedMost  = 64
	fewEnded   = 4
)

func (a *again) end() {
	if a.ended++; a.ended > endedMost {
		a.ended /= 2
		for i := range a.came {
			a.came[i] /= 2
		}
	}
	a.credit = min(creditMost, a.credit+1)
}

// part is how many ask again, for about so much, for each answer that ends. A few answers
// say little.
func (a *again) part(i int) float64 { return a.came[i] / (fewEnded + a.ended) }

// arrived takes note of an entry as one of those who ask again, if an answer has ended
// for it. Those beyond that are a crowd that comes once, and is seen waiting.
func (l *line) arrived(e *entry, now float64) {
	if e.share.again.credit == 0 {
		return
	}
	e.share.again.credit--
	e.share.again.came[bucket(e.cost)]++
	l.again.came[bucket(e.cost)]++
	l.came[e.class].add(e.cost, now)
}

func (l *line) ended(s *share) {
	s.again.end()
	l.again.end()
}

// returns is how many of a tenant will ask again for about so much, for each answer that
// ends: as its own did, and before those are many, as all did.
func (l *line) returns(s *share, i int) float64 {
	return (s.again.came[i] + fewEnded*l.again.part(i)) / (fewEnded + s.again.ended)
}

// Expected is what a request that has not arrived yet will take, in tokens read and
// written.
func (q *Queue) Expected(a Arrive) (in, out float64) {
	l := q.lines[a.Model]
	if l == nil {
		l = newLine(a.Model)
	}
	s := l.shares[a.Tenant]
	if s == nil {
		s = &share{}
	}
	return float64(a.PromptBytes) / l.bytesPerToken, l.expected(s, lengthClass(a.MaxTokens), a.MaxTokens) * float64(max(1, a.Choices))
}

// lengths are how long answers were, by how long they were allowed to be.
type lengths [26]average

// lengthClass is the one of answers of up to so many tokens.
func lengthClass(maxTokens int) int {
	if maxTokens <= 0 {
		return 0
	}
	return min(25, 1+math.Ilogb(float64(maxTokens)))
}

// expected is how long an answer will be: as the tenant's were, as all were, as usual.
func (l *line) expected(s *share, class, maxTokens int) float64 {
	out := float64(usualAnswer)
	switch {
	case s.lengths[class].known:
		out = s.lengths[class].value
	case l.lengths[class].known:
		out = l.lengths[class].value
	}
	if maxTokens > 0 {
		out = min(out, float64(maxTokens))
	}
	return max(1, out)
}
