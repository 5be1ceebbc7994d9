package traffic

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// full is a queue in which 100,000 requests of 1,000 tenants wait for eight backends.
func full() (q *Queue, running []ID) {
	q = NewQueue(roomy)
	r := rand.New(rand.NewPCG(1, 1))
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	for _, n := range names {
		q.Step(0, Capacity{Backend: n, Slots: 16})
	}
	for i := range 100_000 {
		for _, a := range q.Step(time.Duration(i)*time.Microsecond, arrival(r, ID(i+1), names)) {
			running = append(running, a.ID)
		}
	}
	return q, running
}

func arrival(r *rand.Rand, id ID, names []string) Arrive {
	return Arrive{ID: id, Tenant: tenantNames[r.IntN(1000)], Model: "m", Backends: options(names), Class: Interactive + Class(r.IntN(3)),
		PromptBytes: r.IntN(20_000), MaxTokens: 1 + r.IntN(2000), Prefix: []uint64{r.Uint64N(100), r.Uint64N(1000), r.Uint64()}, HeldBytes: 1000}
}

var tenantNames = func() (names []string) {
	for i := range 1000 {
		names = append(names, "tenant-"+string(rune('a'+i%26))+string(rune('a'+i/26%26))+string(rune('a'+i/676)))
	}
	return names
}()

// BenchmarkDecision is one answer that ends, with the request that runs instead, and
// one that arrives; µs/p99 is over single decisions.
func BenchmarkDecision(b *testing.B) {
	q, running := full()
	r := rand.New(rand.NewPCG(2, 2))
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	now, last := time.Second, ID(100_000)
	took := make([]time.Duration, 0, 2*b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		now += 100 * time.Microsecond
		i := r.IntN(len(running))
		began := time.Now()
		actions := q.Step(now, Done{ID: running[i], In: 500, Out: 200, Whole: true})
		took = append(took, time.Since(began))
		running[i] = actions[0].ID
		last++
		a := arrival(r, last, names)
		began = time.Now()
		q.Step(now, a)
		took = append(took, time.Since(began))
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2])/1e3, "µs/p50")
	b.ReportMetric(float64(took[len(took)*99/100])/1e3, "µs/p99")
}

// BenchmarkPlace is what a heartbeat asks for.
func BenchmarkPlace(b *testing.B) {
	q, _ := full()
	b.ResetTimer()
	for i := range b.N {
		q.Place(ID(1 + i%100_000))
	}
}
