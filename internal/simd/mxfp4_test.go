package simd_test

import (
	"math"
	"testing"

	"github.com/hearthbox/hearth/internal/simd"
)

// TestExponentsOfMXFP4 goes through all of them, the smallest and the largest included:
// kernels make of them what the plain code does.
func TestExponentsOfMXFP4(t *testing.T) {
	f := simd.FormatMXFP4
	const rows, length = 256, 32
	weights := make([]byte, rows*f.RowBytes(length))
	for e := range rows {
		block := weights[e*f.BlockBytes:][:f.BlockBytes]
		block[0] = byte(e)
		for i := range block[1:] {
			block[1+i] = byte(37*i + e)
		}
	}
	x := make([]float32, length)
	for i := range x {
		x[i] = float32(i%7) - 2.5
	}
	wide := make([]float32, length)
	f.Widen(wide, weights[:f.BlockBytes])
	if level := float64(wide[0]); weights[1]&15 != 0 || level != 0 {
		t.Fatalf("the first level is %v", level)
	}
	var in simd.Input
	in.Prepare(f.Input, x)
	everyMachine(t, func(t *testing.T) {
		var b simd.Batch
		prepare(&b, f.Input, x, 1)
		got := make([]float32, rows)
		f.Mul(got, rows, weights, rows, &b)
		for e := range rows {
			want := f.Dot(weights[e*f.BlockBytes:][:f.BlockBytes], &in)
			if math.Float32bits(got[e]) != math.Float32bits(want) {
				t.Errorf("exponent %d: %v, want %v", e, got[e], want)
			}
		}
	})
}
