package bench

import (
	"iter"
	"time"
)

// arrivals are the moments, from a common start, at which people who do not know of
// each other ask: a Poisson process of that rate per second. It does not end.
func arrivals(rate float64, seed uint64) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		r := draw(seed, arrivalStream, 0)
		at := 0.0
		for {
			at += r.ExpFloat64() / rate
			if !yield(time.Duration(at * float64(time.Second))) {
				return
			}
		}
	}
}

// Streams of random numbers, so that those of one use do not move those of another.
const (
	arrivalStream = 0x61727269766c
	promptStream  = 0x70726f6d7074
	prefixStream  = 0x707265666978
	lengthStream  = 0x6c656e677468
	warmupStream  = 0x7761726d7570
)
