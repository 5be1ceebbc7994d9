package engine

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Workers are the goroutines that compute. All models share one set, one batch at
// a time: two batches at once would only slow each other down.
type Workers struct {
	count int
	jobs  []chan *job
	turn  sync.Mutex
	done  sync.WaitGroup
}

// job is one call of Run. Workers draw the next index until none is left.
type job struct {
	n     int64
	next  atomic.Int64
	f     func(worker, i int)
	done  sync.WaitGroup
	fault atomic.Pointer[fault]
}

// fault is a panic on its way from a worker to the caller of Run.
type fault struct {
	value any
	stack []byte
}

func (f *fault) Error() string { return fmt.Sprintf("%v\n%s", f.value, f.stack) }

// NewWorkers starts count workers, the caller of Run being one of them.
func NewWorkers(count int) *Workers {
	w := &Workers{count: max(1, count)}
	for i := 1; i < w.count; i++ {
		jobs := make(chan *job)
		w.jobs = append(w.jobs, jobs)
		w.done.Go(func() {
			debug.SetPanicOnFault(true)
			for j := range jobs {
				j.work(i)
				j.done.Done()
			}
		})
	}
	return w
}

// Stop ends the workers once the running batch is computed.
func (w *Workers) Stop() {
	w.turn.Lock()
	defer w.turn.Unlock()
	for _, jobs := range w.jobs {
		close(jobs)
	}
	w.jobs = nil
	w.done.Wait()
}

// Count is how many there are.
func (w *Workers) Count() int { return w.count }

// Run calls f for every i below n. A panic in f reaches the caller.
func (w *Workers) Run(n int, f func(worker, i int)) {
	w.turn.Lock()
	defer w.turn.Unlock()
	j := &job{n: int64(n), f: f}
	for _, jobs := range w.jobs[:min(len(w.jobs), max(0, n-1))] {
		j.done.Add(1)
		jobs <- j
	}
	j.work(0)
	j.done.Wait()
	if fault := j.fault.Load(); fault != nil {
		panic(fault)
	}
}

func (j *job) work(worker int) {
	defer func() {
		if v := recover(); v != nil {
			j.fault.CompareAndSwap(nil, &fault{v, debug.Stack()})
			j.next.Store(j.n) // the others may stop
		}
	}()
	for {
		i := j.next.Add(1) - 1
		if i >= j.n {
			return
		}
		j.f(worker, int(i))
	}
}
