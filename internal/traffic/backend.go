package traffic

// Finding out what a backend takes that does not say: begin with a few, one more for
// each round of answers; when it refuses, what it had then is what it takes; when it
// gets slow, fewer. More than was once too much is tried again only after a while.
const (
	slotsFirst = 8
	slotsMost  = 512
	cutSlow    = 0.85
	slowTimes  = 2.0  // first tokens take so many times as long as they used to
	slowLeast  = 0.2  // seconds; less is noise
	tryAgain   = 60.0 // seconds
	pausesMost = 5    // doublings of a pause
)

// backend answers requests.
type backend struct {
	name  string
	lines []*line // it answers for

	fixed  bool
	limit  float64 // answers at once
	proven float64 // more was too much
	tokens int     // room in its cache; 0 is no limit
	pause  float64 // until when it is left in peace
	pauses int     // in a row
	cut    float64 // when limit was lowered last

	down  bool    // as is known from elsewhere
	busy  float64 // the same; the part of it that is in use
	fell  bool    // it is left in peace because it was down
	trial bool    // it was, and is given one request to see whether it is

	runs   []*entry
	slots  int     // in use
	used   int     // tokens
	ends   ends    // of entries whose time was known when they started
	begins begins  // of those whose time was not
	area   float64 // slots in use, summed over time
	at     float64 // when area was that
	turn   float64 // of the line it served last

	soon, usual average // seconds until the first token, lately and usually
	known       prefixes
}

// ends are when entries are expected to end, in sum; begins when they began, and what
// they cost.
type (
	ends   struct{ count, at float64 }
	begins struct{ count, at, cost float64 }
)

func newBackend(name string) *backend {
	return &backend{name: name, limit: slotsFirst, proven: slotsMost, cut: -1, known: prefixes{at: map[uint64]int{}}}
}

// take sets what it takes.
func (b *backend) take(slots, tokens int) {
	b.tokens = tokens
	switch {
	case slots > 0:
		b.fixed, b.limit = true, float64(slots)
	case b.fixed:
		b.fixed, b.limit = false, slotsFirst
	}
}

// free reports whether anything might run on it.
func (b *backend) free(now float64) bool {
	return now >= b.pause && b.slots < int(b.limit) && (!b.trial || len(b.runs) == 0)
}

// out reports whether it is out of order, or wants to be left in peace for long: who may
// go elsewhere does.
func (b *backend) out(now float64) bool {
	return b.down || b.trial && len(b.runs) > 0 || now < b.pause && (b.fell || b.pause-now > shortRest)
}

// shortRest is how many seconds of peace are waited for rather than evaded.
const shortRest = 5.0

// fits reports whether it has room for the entry. One that is alone always fits.
func (b *backend) fits(e *entry) bool {
	return len(b.runs) == 0 || b.slots+e.slots <= int(b.limit) && (b.tokens == 0 || b.used+e.tokens() <= b.tokens)
}

// headroom is the part of it that is free.
func (b *backend) headroom() float64 {
	return (b.limit - float64(b.slots)) / b.limit * (1 - 0.9*b.busy)
}

// next is the line whose turn it is: that with the most urgent class, then the one
// that has had least. Nil if nobody waits for whom it is the place.
func (b *backend) next(now float64) *line {
	var best *line
	var first Class
	for _, l := range b.lines {
		if c, some := l.waits(); some && l.takes(b, now) && (best == nil || c < first || c == first && l.turn < best.turn) {
			best, first = l, c
		}
	}
	return best
}

func (b *backend) elapse(now float64) {
	b.area += float64(b.slots) * (now - b.at)
	b.at = now
}

// start puts an entry on it.
func (b *backend) start(e *entry, now float64) {
	b.elapse(now)
	e.state, e.on, e.started, e.area, e.begun = running, b, now, b.area, false
	e.takes = e.line.secondsOn(b, e)
	e.seat = len(b.runs)
	b.runs = append(b.runs, e)
	b.slots += e.slots
	b.used += e.tokens()
	b.expect(e, 1)
	b.known.add(e.prefix)
}

// expect notes when an entry will end, or takes the note away.
func (b *backend) expect(e *entry, n float64) {
	if e.takes > 0 {
		b.ends.count += n
		b.ends.at += n * (e.started + e.takes)
		return
	}
	b.begins.count += n
	b.begins.at += n * e.started
	b.begins.cost += n * e.cost
}

// left is how long its entries will take still, in sum, if a unit of cost takes so
// many seconds.
func (b *backend) left(pace, now float64) float64 {
	return max(0, b.ends.at-b.ends.count*now) + max(0, b.begins.at+b.begins.cost*pace-b.begins.count*now)
}

// release takes an entry off it.
func (b *backend) release(e *entry, now float64) {
	b.elapse(now)
	last := len(b.runs) - 1
	b.runs[e.seat], b.runs[last].seat = b.runs[last], e.seat
	b.runs[last] = nil
	b.runs = b.runs[:last]
	b.slots -= e.slots
	b.used -= e.tokens()
	b.expect(e, -1)
	if len(b.runs) == 0 {
		b.ends, b.begins = ends{}, begins{} // and what rounding left of them
	}
}

// load is how many slots were in use, on average, since the entry started.
func (b *backend) load(e *entry, now float64) float64 {
	b.elapse(now)
	if now <= e.started {
		return float64(b.slots)
	}
	return (b.area - e.area) / (now - e.started)
}

// began learns from how long the first token took.
func (b *backend) began(e *entry, now float64) {
	took := now - e.started
	b.fell, b.trial = false, false
	b.soon.add(took, 1.0/8)
	b.usual.add(took, 1.0/128)
	if !b.fixed && b.soon.value > slowTimes*b.usual.value+slowLeast {
		b.slow(e, now)
	}
}

// succeeded learns that it could do what it had.
func (b *backend) succeeded(now float64) {
	b.pauses, b.fell, b.trial = 0, false, false
	if !b.fixed && b.slots >= int(b.limit) && (b.limit < b.proven || now > b.cut+tryAgain) {
		b.limit = min(slotsMost, b.limit+1/b.limit)
	}
}

// refused learns that it had too much: an entry that it has no longer. If it had
// nothing else, or is down, it is left in peace for a while, each time for longer.
func (b *backend) refused(now float64, r Busy) {
	pause := r.Pause.Seconds()
	switch {
	case r.Asked:
		b.pause = max(b.pause, now+pause)
	case len(b.runs) == 0 || r.Down && now >= b.pause:
		b.pause = now + pause*float64(int(1)<<b.pauses)
		b.pauses = min(pausesMost, b.pauses+1)
	}
	b.fell, b.trial = b.fell || r.Down, b.trial || r.Down
	if b.fixed || r.Down || b.down { // which says nothing of how much it takes
		return
	}
	b.limit = max(1, float64(b.slots))
	b.proven, b.cut = b.limit, now
}

// slow learns that it has too much, once for all that started before it was slow.
func (b *backend) slow(e *entry, now float64) {
	if e.started <= b.cut {
		return
	}
	b.limit = max(1, min(b.limit, float64(b.slots))*cutSlow)
	b.proven, b.cut = b.limit, now
	b.soon = b.usual
}

// prefixesMax is how many beginnings of prompts are remembered of a backend.
const prefixesMax = 4096

// prefixes are the beginnings a backend has seen lately.
type prefixes struct {
	ring []uint64
	next int
	at   map[uint64]int // where in the ring each is
}

func (p *prefixes) add(hashes []uint64) {
	for _, h := range hashes {
		if len(p.ring) < prefixesMax {
			p.ring = append(p.ring, h)
		} else {
			if old := p.ring[p.next]; p.at[old] == p.next {
				delete(p.at, old)
			}
			p.ring[p.next] = h
		}
		p.at[h] = p.next
		p.next = (p.next + 1) % prefixesMax
	}
}

// match is the part of the beginnings that is known, from 0 to 1.
func (p *prefixes) match(hashes []uint64) float64 {
	for i := len(hashes) - 1; i >= 0; i-- {
		if _, ok := p.at[hashes[i]]; ok {
			return float64(i+1) / float64(len(hashes))
		}
	}
	return 0
}
