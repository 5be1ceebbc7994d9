package engine

import (
	"sync"
	"time"

	"github.com/hearthbox/hearth/internal/simd"
)

// How the pace is measured: rows of eight-bit weights, more of them than caches hold, as
// an answer's token reads them.
const (
	paceRow   = 4096
	paceRows  = 16 << 10 // 71 MB, of all threads together
	panelRows = 64       // multiplied at once
	paceLasts = 60 * time.Millisecond
)

// Pace measures how many bytes of eight-bit weights a second so many threads work
// through here, with the kernels that answer. A token of an answer takes about a model's
// active bytes divided by it. It takes some 100 ms, and 71 MB meanwhile.
func Pace(threads int) float64 {
	f := simd.FormatQ8_0
	threads = min(threads, paceRows/panelRows)
	bytes := f.RowBytes(paceRow)
	weights := make([]byte, paceRows*bytes)
	for i := 0; i < len(weights); i += 512 {
		weights[i] = 1 // pages that nobody has written are all the same one
	}
	part := len(weights) / threads / (panelRows * bytes) * panelRows * bytes
	var all sync.WaitGroup
	done := make([]float64, threads)
	for i := range done {
		all.Go(func() { done[i] = readFor(paceLasts, f, weights[i*part:(i+1)*part]) })
	}
	all.Wait()
	sum := 0.0
	for _, d := range done {
		sum += d
	}
	return sum
}

// readFor multiplies the rows with a vector for so long, and returns the bytes it took a
// second.
func readFor(lasts time.Duration, f *simd.Format, rows []byte) float64 {
	var in simd.Batch
	in.Prepare(f.Input, make([]float32, paceRow), 1)
	in.PrepareOne(0)
	out := make([]float32, panelRows)
	size, read, began := panelRows*f.RowBytes(paceRow), 0, time.Now()
	for time.Since(began) < lasts {
		for at := 0; at+size <= len(rows) && time.Since(began) < lasts; at += size {
			f.Mul(out, panelRows, rows[at:at+size], panelRows, &in)
			read += size
		}
	}
	return float64(read) / time.Since(began).Seconds()
}
