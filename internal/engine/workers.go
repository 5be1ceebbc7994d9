package engine

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/hearthbox/hearth/internal/simd"
)

// Workers are the threads that compute. All models share one set, one batch at a
// time: two batches at once would only slow each other down.
//
// A batch is some hundred calls of Run with a little work between them. So workers
// first wait by looking, for spinMax looks, and only then sleep. Who comes late is
// not waited for: on a machine that is busy with other things, the caller computes
// alone what nobody takes.
type Workers struct {
	count int
	turn  sync.Mutex // held by the caller of Run
	done  sync.WaitGroup
	stop  atomic.Bool
	fault atomic.Pointer[fault]

	// The job, which changes only when nobody is at work.
	n int64
	f func(worker, i int)

	_     [64]byte // what follows changes all the time
	next  atomic.Int64
	_     [64]byte
	state atomic.Uint64 // number of the job, whether it is closed, who is at work
	_     [64]byte

	caller seat
	seats  []*seat // of workers 1 and up
}

const (
	// spinMax looks take about a tenth of a millisecond: longer than what lies between
	// two calls of Run in a batch, shorter than waking a thread often would cost.
	spinMax = 2000

	atWork = 1<<31 - 1 // part of state: workers
	closed = 1 << 31   // part of state: nobody may join
	number = 1 << 32   // part of state: one job more
)

// seat is where one goroutine sleeps.
type seat struct {
	asleep atomic.Bool
	wake   chan struct{}
	_      [48]byte
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
	w.caller.wake = make(chan struct{}, 1)
	w.state.Store(closed)
	for i := 1; i < w.count; i++ {
		s := &seat{wake: make(chan struct{}, 1)}
		w.seats = append(w.seats, s)
		w.done.Go(func() {
			runtime.LockOSThread()
			debug.SetPanicOnFault(true)
			for w.serve(s, i) {
			}
		})
	}
	return w
}

// Stop ends the workers once the running batch is computed.
func (w *Workers) Stop() {
	w.turn.Lock()
	defer w.turn.Unlock()
	w.stop.Store(true)
	for _, s := range w.seats {
		s.rouse()
	}
	w.done.Wait()
}

// Count is how many there are.
func (w *Workers) Count() int { return w.count }

// Run calls f for every i below n. A panic in f reaches the caller.
func (w *Workers) Run(n int, f func(worker, i int)) {
	w.turn.Lock()
	defer w.finish()
	w.n, w.f = int64(n), f
	w.next.Store(0)
	w.state.Store(w.state.Load()&^closed + number)
	for _, s := range w.seats[:min(len(w.seats), max(0, n-1))] {
		s.rouse()
	}
	w.work(0)
}

// finish waits for who is still at work, after a panic too.
func (w *Workers) finish() {
	w.next.Store(w.n)
	w.state.Or(closed)
	w.caller.await(w.everybodyLeft)
	fault := w.fault.Swap(nil)
	w.turn.Unlock()
	if fault != nil {
		panic(fault)
	}
}

func (w *Workers) everybodyLeft() bool { return w.state.Load()&atWork == 0 }

// work draws indices until none is left.
func (w *Workers) work(worker int) {
	for {
		i := w.next.Add(1) - 1
		if i >= w.n {
			return
		}
		w.f(worker, int(i))
	}
}

// serve works at one job after the other. It reports whether to go on, which after
// a panic it is for the caller to do.
func (w *Workers) serve(s *seat, worker int) (again bool) {
	defer func() {
		if v := recover(); v != nil {
			w.fault.CompareAndSwap(nil, &fault{v, debug.Stack()})
			w.next.Store(w.n) // the others may stop
			w.leave()
			again = true
		}
	}()
	var seen uint64 // the last job joined or missed
	open := func() bool {
		state := w.state.Load()
		return w.stop.Load() || state&closed == 0 && state/number != seen
	}
	for {
		s.await(open)
		if w.stop.Load() {
			return false
		}
		state := w.state.Load()
		if state&closed == 0 && w.state.CompareAndSwap(state, state+1) {
			seen = state / number
			w.work(worker)
			w.leave()
		}
	}
}

// leave is called by who joined.
func (w *Workers) leave() {
	if state := w.state.Add(^uint64(0)); state&closed != 0 && state&atWork == 0 {
		w.caller.rouse()
	}
}

// await returns when ready says so. Who makes it so calls rouse afterwards.
func (s *seat) await(ready func() bool) {
	for {
		for range spinMax {
			if ready() {
				return
			}
			simd.Pause()
		}
		s.asleep.Store(true)
		if ready() && s.asleep.CompareAndSwap(true, false) {
			return
		}
		<-s.wake
	}
}

// rouse wakes who sleeps here.
func (s *seat) rouse() {
	if s.asleep.Load() && s.asleep.CompareAndSwap(true, false) {
		s.wake <- struct{}{}
	}
}
