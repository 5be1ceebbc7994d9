package engine

import (
	"sync"
	"time"

	"github.com/hearthbox/hearth/internal/simd"
)

// How the pace is measured: rows of eight-bit weights, more of them than a cache of
// the second level holds.
const (
	paceRow   = 4096
	paceRows  = 512
	paceLasts = 40 * time.Millisecond
)

// Pace measures how many bytes of eight-bit weights a second so many threads work
// through here. A token of an answer takes about a model's active bytes divided by it.
// It takes 40 ms.
func Pace(threads int) float64 {
	f := simd.FormatQ8_0
	weights := make([]byte, paceRows*f.RowBytes(paceRow))
	var in simd.Input
	in.Prepare(f.Input, make([]float32, paceRow))
	var all sync.WaitGroup
	done := make([]float64, threads)
	for i := range done {
		all.Go(func() {
			began := time.Now()
			bytes := 0
			for time.Since(began) < paceLasts {
				for row := 0; row < len(weights); row += f.RowBytes(paceRow) {
					f.Dot(weights[row:row+f.RowBytes(paceRow)], &in)
					bytes += f.RowBytes(paceRow)
				}
			}
			done[i] = float64(bytes) / time.Since(began).Seconds()
		})
	}
	all.Wait()
	sum := 0.0
	for _, d := range done {
		sum += d
	}
	return sum
}
