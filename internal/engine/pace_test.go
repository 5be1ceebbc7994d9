package engine

import (
	"runtime"
	"testing"
)

// TestPace: it is measured with any number of threads, those that get few rows included.
func TestPace(t *testing.T) {
	for _, threads := range []int{1, runtime.GOMAXPROCS(0), 1000} {
		if p := Pace(threads); p <= 0 {
			t.Errorf("%d threads: %g bytes a second", threads, p)
		}
	}
}
