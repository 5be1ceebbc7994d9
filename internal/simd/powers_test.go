package simd_test

import (
	"math"
	"testing"

	"github.com/hearthbox/hearth/internal/simd"
)

// TestPowersOfNothing: what may not be drawn has the logit −∞, and must weigh nothing.
func TestPowersOfNothing(t *testing.T) {
	x := make([]float32, 67)
	for i := range x {
		x[i] = float32(math.Inf(-1))
	}
	x[5], x[66] = 1, 2
	dst := make([]float32, len(x))
	for _, scale := range []float32{1e-3, 1, 1e30} {
		simd.Powers(dst, x, 2, scale)
		for i, v := range dst {
			if i != 5 && i != 66 && v != 0 {
				t.Fatalf("e^(−∞·%g) is %g at %d", scale, v, i)
			}
		}
	}
}
