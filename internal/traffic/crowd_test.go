package traffic

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// crowd is people who ask again as soon as they are answered, of a plant in virtual time.
type crowd struct {
	*plant
	r        *rand.Rand
	sent     map[ID]time.Duration
	long     map[ID]bool
	expected map[ID]time.Duration
	people   map[ID]string

	short, longs, off []float64
	windows           []map[string]float64
}

func newCrowd(slots int, rate float64, users map[string]int) *crowd {
	c := &crowd{plant: newPlant(slots, rate), r: rand.New(rand.NewPCG(7, 7)), sent: map[ID]time.Duration{}, long: map[ID]bool{},
		expected: map[ID]time.Duration{}, people: map[ID]string{}}
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for n := range users {
			if !yield(n) {
				return
			}
		}
	}) {
		for range users[name] {
			c.enter(name)
		}
	}
	return c
}

func (c *crowd) enter(tenant string) {
	long := c.r.Float64() < 0.3
	id := c.last + 1
	c.sent[id], c.long[id], c.people[id] = c.now, long, tenant
	c.ask(tenant, Default, map[bool]int{false: 16, true: 160}[long])
	if p, ok := c.q.Place(id); ok {
		c.expected[id] = p.Wait
	}
}

// run lets so much time pass; after warm it is written down.
func (c *crowd) run(warm, d, window time.Duration) {
	for c.now < d {
		var id ID
		for x, at := range c.runs {
			if id == 0 || at < c.runs[id] || at == c.runs[id] && x < id {
				id = x
			}
		}
		c.next(time.Duration(math.MaxInt64))
		took := (c.now - c.sent[id]).Seconds()
		if c.now > warm {
			if c.long[id] {
				c.longs = append(c.longs, took)
			} else {
				c.short = append(c.short, took)
			}
			waited := (c.began[id] - c.sent[id]).Seconds()
			if e := c.expected[id].Seconds(); e > 0 && waited > 0 {
				c.off = append(c.off, math.Abs(e-waited)/max(1, waited))
			}
			i := int((c.now - warm) / window)
			for len(c.windows) <= i {
				c.windows = append(c.windows, map[string]float64{})
			}
			c.windows[i][c.people[id]] += float64(c.out[id])
		}
		c.enter(c.people[id])
	}
}

// fairness is Jain's index, the mean over whole windows.
func (c *crowd) fairness() float64 {
	sum := 0.0
	whole := c.windows[:len(c.windows)-1]
	for _, w := range whole {
		s, q := 0.0, 0.0
		for _, x := range w {
			s, q = s+x, q+x*x
		}
		sum += s * s / (float64(len(w)) * q)
	}
	return sum / float64(len(whole))
}

// inOrder is the same crowd, first come, first served.
func inOrder(slots int, rate float64, users int, d time.Duration) (short, long []float64) {
	r := rand.New(rand.NewPCG(7, 7))
	type visit struct {
		sent float64
		long bool
	}
	var line []visit
	for range users {
		line = append(line, visit{0, r.Float64() < 0.3})
	}
	ends := make([]float64, slots)
	for {
		i := slices.Index(ends, slices.Min(ends))
		v := line[0]
		line = line[1:]
		at := max(ends[i], v.sent)
		ends[i] = at + map[bool]float64{false: 32, true: 320}[v.long]/rate
		if at > d.Seconds() {
			return short, long
		}
		if v.long {
			long = append(long, ends[i]-v.sent)
		} else {
			short = append(short, ends[i]-v.sent)
		}
		line = append(line, visit{ends[i], r.Float64() < 0.3})
		slices.SortStableFunc(line, func(a, b visit) int { return cmp.Compare(a.sent, b.sent) })
	}
}

// TestCrowd: four times and twelve times as many people as can be answered at once, and
// what they get beside those who are served in the order they come.
func TestCrowd(t *testing.T) {
	for _, load := range []int{4, 12} {
		users := map[string]int{}
		for i := range 8 {
			users[string(rune('a'+i))] = load
		}
		c := newCrowd(8, 80, users)
		c.run(2*time.Minute, 30*time.Minute, time.Minute)
		short, long := inOrder(8, 80, 8*load, 30*time.Minute)
		t.Logf("%d times: short p50 %.1f s, p99 %.1f s (in order %.1f, %.1f); long p50 %.1f s, p99 %.1f s (in order %.1f, %.1f); Jain %.3f; waits off by %.0f %%, p90 %.0f %%", load,
			percentile(c.short, 0.5), percentile(c.short, 0.99), percentile(short, 0.5), percentile(short, 0.99),
			percentile(c.longs, 0.5), percentile(c.longs, 0.99), percentile(long, 0.5), percentile(long, 0.99), c.fairness(),
			100*percentile(c.off, 0.5), 100*percentile(c.off, 0.9))
		if j := c.fairness(); j < 0.98 {
			t.Errorf("%d times: Jain's index is %.3f", load, j)
		}
		if m, p := percentile(c.off, 0.5), percentile(c.off, 0.9); m > 0.15 || p > 0.35 {
			t.Errorf("%d times: waits are off by %.0f %%, p90 %.0f %%", load, 100*m, 100*p)
		}
		if got, was := percentile(c.short, 0.5), percentile(short, 0.5); got > was/2 {
			t.Errorf("%d times: half of the short answers take %.1f s, and %.1f s in order", load, got, was)
		}
		if got, was := percentile(c.longs, 0.99), percentile(long, 0.99); got > 3*was {
			t.Errorf("%d times: long answers take %.1f s, and %.1f s in order", load, got, was)
		}
	}
}

// TestFirstWaits: what people are told in the first minute of a crowd, of whom nothing is
// known when they come.
func TestFirstWaits(t *testing.T) {
	for _, load := range []int{4, 12} {
		users := map[string]int{}
		for i := range 8 {
			users[string(rune('a'+i))] = load
		}
		c := newCrowd(8, 80, users)
		c.run(0, time.Minute, time.Minute)
		median, p90 := percentile(c.off, 0.5), percentile(c.off, 0.9)
		t.Logf("%d times: waits off by %.0f %%, p90 %.0f %%", load, 100*median, 100*p90)
		if median > 0.20 || p90 > 0.60 {
			t.Errorf("%d times: waits are off by %.0f %%, p90 %.0f %%", load, 100*median, 100*p90)
		}
	}
}

// TestShortWaitsSayLittle: that somebody waited for a millisecond longer than was thought
// says nothing of waits of a minute.
func TestShortWaitsSayLittle(t *testing.T) {
	var seen truth
	for range 20 {
		seen.add(0.003, 0.001, truthWeight)
	}
	if f := seen.factor(0.001); f < 2 {
		t.Errorf("of waits of a millisecond that took three: factor %.2f", f)
	}
	if f := seen.factor(60); f > 1.01 {
		t.Errorf("of waits of a minute: factor %.2f", f)
	}
	for range 20 {
		seen.add(90, 60, truthWeight)
	}
	if f := seen.factor(60); f < 1.4 || f > 1.6 {
		t.Errorf("of waits of a minute that took one and a half: factor %.2f", f)
	}
}

// TestCrowdOfOne: four people who could use half of what there is get most of that half,
// beside another tenant's four hundred.
func TestCrowdOfOne(t *testing.T) {
	c := newCrowd(8, 80, map[string]int{"few": 4, "many": 400})
	c.run(time.Minute, 20*time.Minute, time.Minute)
	few, many := 0.0, 0.0
	for _, w := range c.windows {
		few, many = few+w["few"], many+w["many"]
	}
	if part := few / (few + many); part < 0.35 {
		t.Errorf("the few get %.2f of it", part)
	}
	var waits []float64
	for id, at := range c.began {
		if c.people[id] == "few" {
			waits = append(waits, (at - c.sent[id]).Seconds())
		}
	}
	if p95 := percentile(waits, 0.95); p95 > 4 { // which is a long answer
		t.Errorf("the few wait for %.1f s (p95)", p95)
	}
}
