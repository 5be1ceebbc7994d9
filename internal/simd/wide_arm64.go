package simd

import (
	"math"

	"golang.org/x/sys/cpu"
)

// floatNEON is whether the float kernels run. GODEBUG=cpu.asimd=off is honoured.
var floatNEON = cpu.ARM64.HasASIMD

// wide is how many of n numbers the kernels do: they work on 16 at a time.
func wide(n int) int {
	if !floatNEON {
		return 0
	}
	return n &^ 15
}

func addWide(a, b []float32) int {
	n := wide(len(a))
	if n > 0 {
		addNEON(&a[0], &b[0], n)
	}
	return n
}

func sumSquaresWide(x []float32) (float64, int) {
	n := wide(len(x))
	if n == 0 {
		return 0, 0
	}
	return sumSquaresNEON(&x[0], n), n
}

func normWide(dst, x, weights []float32, scale float32) int {
	n := wide(len(x))
	if n > 0 {
		normNEON(&dst[0], &x[0], &weights[0], scale, n)
	}
	return n
}

func swigluWide(gate, up []float32) int {
	n := wide(len(gate))
	if n > 0 {
		swigluNEON(&gate[0], &up[0], n)
	}
	return n
}

func largestWide(x []float32) (float32, int) {
	n := wide(len(x))
	if n == 0 {
		return float32(math.Inf(-1)), 0
	}
	return largestNEON(&x[0], n), n
}

func powersWide(dst, x []float32, subtract, scale float32) (float64, int) {
	n := wide(len(x))
	if n == 0 {
		return 0, 0
	}
	return powersNEON(&dst[0], &x[0], subtract, scale, n), n
}

func scaleWide(dst, x []float32, by float32) int {
	n := wide(len(x))
	if n > 0 {
		scaleNEON(&dst[0], &x[0], by, n)
	}
	return n
}

func blendWide(dst []float32, keep float32, src []float32, by float32) int {
	n := wide(len(dst))
	if n > 0 {
		blendNEON(&dst[0], &src[0], keep, by, n)
	}
	return n
}

// rotateWide says how many pairs it turned.
func rotateWide(x, cos, sin []float32, interleaved bool) int {
	n := wide(len(cos))
	switch {
	case n == 0:
	case interleaved:
		rotatePairsNEON(&x[0], &cos[0], &sin[0], n)
	default:
		rotateHalvesNEON(&x[0], &x[len(cos)], &cos[0], &sin[0], n)
	}
	return n
}

func toHalfWide(dst []uint16, src []float32) int {
	n := wide(len(src))
	if n > 0 {
		toHalfNEON(&dst[0], &src[0], n)
	}
	return n
}

// quantizeHeadWide says how many blocks it rounded.
func quantizeHeadWide(q []int8, scales []float32, f []float32) int {
	blocks := wide(len(f)) / 32
	if blocks > 0 {
		quantizeHeadNEON(&q[0], &scales[0], &f[0], blocks)
	}
	return blocks
}

// first is where f begins, nil if there is none.
func first[T any](f []T) *T {
	if len(f) == 0 {
		return nil
	}
	return &f[0]
}

// mixHalfWide says whether it did the work, like the functions below. There are
// registers for half of the columns.
func mixHalfWide(out, a Rows, b []uint16, stride, n int, keep []float32, ahead []uint16) bool {
	if !floatNEON {
		return false
	}
	k, next := first(keep), first(ahead)
	mixHalfNEON(&out.Data[0], 4*out.Stride, &a.Data[0], 4*a.Stride, &b[0], 2*stride, out.Count, n, k, next)
	mixHalfNEON(&out.Data[16], 4*out.Stride, &a.Data[0], 4*a.Stride, &b[16], 2*stride, out.Count, n, k, next)
	return true
}

func mixBytesWide(out, a Rows, b []int8, stride, n int, keep, scale []float32, ahead []int8) bool {
	if !floatNEON {
		return false
	}
	k, next := first(keep), first(ahead)
	mixBytesNEON(&out.Data[0], 4*out.Stride, &a.Data[0], 4*a.Stride, &b[0], stride, out.Count, n, k, &scale[0], next)
	mixBytesNEON(&out.Data[16], 4*out.Stride, &a.Data[0], 4*a.Stride, &b[16], stride, out.Count, n, k, &scale[16], next)
	return true
}

func softenWide(scores []float32, n int, largest, sum, keep []float32) bool {
	if !floatNEON {
		return false
	}
	softenNEON(&scores[0], len(largest), n, &largest[0], &sum[0], &keep[0])
	return true
}

func scaleColumnsWide(dst, src, by []float32) bool {
	if !floatNEON {
		return false
	}
	scaleColumnsNEON(&dst[0], &src[0], &by[0], len(src)/Lanes)
	return true
}
