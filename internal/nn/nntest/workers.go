package nntest

import "sync"

// Workers runs parts of a computation on that many goroutines, started anew each
// time: slow and simple.
type Workers int

// Count is how many there are.
func (w Workers) Count() int { return int(w) }

// Run deals the calls out like cards.
func (w Workers) Run(n int, f func(worker, i int)) {
	var wg sync.WaitGroup
	for worker := range int(w) {
		wg.Go(func() {
			for i := worker; i < n; i += int(w) {
				f(worker, i)
			}
		})
	}
	wg.Wait()
}
