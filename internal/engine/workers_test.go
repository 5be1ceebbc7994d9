package engine_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hearthbox/hearth/internal/engine"
)

// TestWorkersDoEverythingOnce, with more and with fewer of them than processors, from
// several callers at a time, asleep or awake.
func TestWorkersDoEverythingOnce(t *testing.T) {
	for _, count := range []int{0, 1, 2, 3, 9} {
		w := engine.NewWorkers(count)
		var callers sync.WaitGroup
		for caller := range 3 {
			callers.Go(func() {
				for round := range 200 {
					n := (round*7 + caller) % 60
					seen := make([]int, n)
					busy := make([]atomic.Bool, w.Count())
					w.Run(n, func(worker, i int) {
						if busy[worker].Swap(true) {
							t.Errorf("worker %d does two things at once", worker)
						}
						seen[i]++
						busy[worker].Store(false)
					})
					for i, times := range seen {
						if times != 1 {
							t.Errorf("%d workers did %d of %d %d times", count, i, n, times)
						}
					}
				}
			})
		}
		callers.Wait()
		w.Stop()
	}
}

// TestWorkersHelp: the others work too, for the caller waits here until they do.
func TestWorkersHelp(t *testing.T) {
	w := engine.NewWorkers(3)
	defer w.Stop()
	for range 50 {
		var all sync.WaitGroup
		all.Add(3)
		w.Run(3, func(int, int) {
			all.Done()
			all.Wait()
		})
	}
}

// TestWorkersAreNotNeeded: a caller gets everything done when the others get no
// processor.
func TestWorkersAreNotNeeded(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	w := engine.NewWorkers(4)
	defer w.Stop()
	sum := make([]int, 4)
	for range 100 {
		w.Run(10, func(worker, i int) { sum[worker] += i })
	}
	if got := sum[0] + sum[1] + sum[2] + sum[3]; got != 4500 {
		t.Errorf("they add up to %d", got)
	}
}

func TestWorkersPassPanicsOn(t *testing.T) {
	w := engine.NewWorkers(3)
	defer w.Stop()
	for round := range 100 {
		func() {
			defer func() {
				if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), "seven") {
					t.Errorf("recovered %v", v)
				}
			}()
			var met sync.WaitGroup
			met.Add(2)
			w.Run(50, func(worker, i int) {
				if i < 2 { // so that one of them is not the caller
					met.Done()
					met.Wait()
				}
				if round%2 == 0 && i == 7 || round%2 == 1 && worker > 0 {
					panic("seven")
				}
			})
		}()
	}
	var sum [3]int
	w.Run(1000, func(worker, i int) { sum[worker] += i })
	if got := sum[0] + sum[1] + sum[2]; got != 499500 {
		t.Errorf("after panics the workers add up to %d", got)
	}
}

func TestWorkersDoNotAllocate(t *testing.T) {
	w := engine.NewWorkers(2)
	defer w.Stop()
	var sum [2]int
	f := func(worker, i int) { sum[worker] += i }
	if n := testing.AllocsPerRun(100, func() { w.Run(10, f) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkWorkers measures what it costs to share out nothing.
func BenchmarkWorkers(b *testing.B) {
	w := engine.NewWorkers(runtime.GOMAXPROCS(0))
	defer w.Stop()
	f := func(int, int) {}
	for b.Loop() {
		w.Run(16, f)
	}
}
