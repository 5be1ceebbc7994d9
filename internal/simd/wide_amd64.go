package simd

import (
	"math"

	"golang.org/x/sys/cpu"
)

//go:generate go run -C genfloat . -isa AVX2 -pkg simd -out ../float_avx2_amd64.s -stubs ../float_avx2_amd64.go
//go:generate go run -C genfloat . -isa AVX512 -pkg simd -out ../float_avx512_amd64.s -stubs ../float_avx512_amd64.go

// floatISA is which of the float kernels this machine runs. GODEBUG=cpu.avx512f=off
// and its like are honoured.
var floatISA = detectFloatISA()

type floatLevel int

const (
	floatPlain  floatLevel = iota
	floatAVX2              // with FMA and F16C
	floatAVX512            // F, BW, DQ and VL
)

func detectFloatISA() floatLevel {
	x := &cpu.X86
	switch {
	case !x.HasAVX2 || !x.HasFMA || !x.HasBMI2 || !x.HasF16C:
		return floatPlain
	case x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL:
		return floatAVX512
	}
	return floatAVX2
}

// wide is how many of n numbers the kernels do: they work on 16 at a time.
func wide(n int) int {
	if floatISA == floatPlain {
		return 0
	}
	return n &^ 15
}

func addWide(a, b []float32) int {
	n := wide(len(a))
	switch {
	case n == 0:
	case floatISA == floatAVX512:
		addAVX512(&a[0], &b[0], n)
	default:
		addAVX2(&a[0], &b[0], n)
	}
	return n
}

func sumSquaresWide(x []float32) (float64, int) {
	n := wide(len(x))
	switch {
	case n == 0:
		return 0, 0
	case floatISA == floatAVX512:
		return sumSquaresAVX512(&x[0], n), n
	}
	return sumSquaresAVX2(&x[0], n), n
}

func normWide(dst, x, weights []float32, scale float32) int {
	n := wide(len(x))
	switch {
	case n == 0:
	case floatISA == floatAVX512:
		normAVX512(&dst[0], &x[0], &weights[0], scale, n)
	default:
		normAVX2(&dst[0], &x[0], &weights[0], scale, n)
	}
	return n
}

func swigluWide(gate, up []float32) int {
	n := wide(len(gate))
	switch {
	case n == 0:
	case floatISA == floatAVX512:
		swigluAVX512(&gate[0], &up[0], n)
	default:
		swigluAVX2(&gate[0], &up[0], n)
	}
	return n
}

func largestWide(x []float32) (float32, int) {
	n := wide(len(x))
	switch {
	case n == 0:
		return float32(math.Inf(-1)), 0
	case floatISA == floatAVX512:
		return largestAVX512(&x[0], n), n
	}
	return largestAVX2(&x[0], n), n
}

func powersWide(dst, x []float32, subtract, scale float32) (float64, int) {
	n := wide(len(x))
	switch {
	case n == 0:
		return 0, 0
	case floatISA == floatAVX512:
		return powersAVX512(&dst[0], &x[0], subtract, scale, n), n
	}
	return powersAVX2(&dst[0], &x[0], subtract, scale, n), n
}

func scaleWide(dst, x []float32, by float32) int {
	n := wide(len(x))
	switch {
	case n == 0:
	case floatISA == floatAVX512:
		scaleAVX512(&dst[0], &x[0], by, n)
	default:
		scaleAVX2(&dst[0], &x[0], by, n)
	}
	return n
}

func blendWide(dst []float32, keep float32, src []float32, by float32) int {
	n := wide(len(dst))
	switch {
	case n == 0:
	case floatISA == floatAVX512:
		blendAVX512(&dst[0], keep, &src[0], by, n)
	default:
		blendAVX2(&dst[0], keep, &src[0], by, n)
	}
	return n
}

// rotateWide says how many pairs it turned.
func rotateWide(x, cos, sin []float32, interleaved bool) int {
	n := wide(len(cos))
	switch {
	case n == 0:
	case interleaved && floatISA == floatAVX512:
		rotatePairsAVX512(&x[0], &cos[0], &sin[0], n)
	case interleaved:
		rotatePairsAVX2(&x[0], &cos[0], &sin[0], n)
	case floatISA == floatAVX512:
		rotateHalvesAVX512(&x[0], &cos[0], &sin[0], len(cos), n)
	default:
		rotateHalvesAVX2(&x[0], &cos[0], &sin[0], len(cos), n)
	}
	return n
}

func toHalfWide(dst []uint16, src []float32) int {
	n := wide(len(src))
	switch {
	case n == 0:
	case floatISA == floatAVX512:
		toHalfAVX512(&dst[0], &src[0], n)
	default:
		toHalfAVX2(&dst[0], &src[0], n)
	}
	return n
}

// quantizeHeadWide says how many blocks it rounded.
func quantizeHeadWide(q []int8, scales []float32, f []float32) int {
	blocks := wide(len(f)) / 32
	switch {
	case blocks == 0:
	case floatISA == floatAVX512:
		quantizeHeadAVX512(&q[0], &scales[0], &f[0], blocks)
	default:
		quantizeHeadAVX2(&q[0], &scales[0], &f[0], blocks)
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

// mixHalfWide says whether it did the work, like the functions below. AVX2 has the
// registers for half of the columns.
func mixHalfWide(out, a Rows, b []uint16, stride, n int, keep []float32, ahead []uint16) bool {
	k, next := first(keep), first(ahead)
	switch floatISA {
	case floatPlain:
		return false
	case floatAVX512:
		mixHalfAVX512(&out.Data[0], 4*out.Stride, &a.Data[0], 4*a.Stride, &b[0], 2*stride, out.Count, n, k, next)
	default:
		mixHalfAVX2(&out.Data[0], 4*out.Stride, &a.Data[0], 4*a.Stride, &b[0], 2*stride, out.Count, n, k, next)
		mixHalfAVX2(&out.Data[16], 4*out.Stride, &a.Data[0], 4*a.Stride, &b[16], 2*stride, out.Count, n, k, next)
	}
	return true
}

func mixBytesWide(out, a Rows, b []int8, stride, n int, keep, scale []float32, ahead []int8) bool {
	k, next := first(keep), first(ahead)
	switch floatISA {
	case floatPlain:
		return false
	case floatAVX512:
		mixBytesAVX512(&out.Data[0], 4*out.Stride, &a.Data[0], 4*a.Stride, &b[0], stride, out.Count, n, k, &scale[0], next)
	default:
		mixBytesAVX2(&out.Data[0], 4*out.Stride, &a.Data[0], 4*a.Stride, &b[0], stride, out.Count, n, k, &scale[0], next)
		mixBytesAVX2(&out.Data[16], 4*out.Stride, &a.Data[0], 4*a.Stride, &b[16], stride, out.Count, n, k, &scale[16], next)
	}
	return true
}

func softenWide(scores []float32, n int, largest, sum, keep []float32) bool {
	switch floatISA {
	case floatPlain:
		return false
	case floatAVX512:
		softenAVX512(&scores[0], len(largest), n, &largest[0], &sum[0], &keep[0])
	default:
		softenAVX2(&scores[0], len(largest), n, &largest[0], &sum[0], &keep[0])
	}
	return true
}

func scaleColumnsWide(dst, src, by []float32) bool {
	switch floatISA {
	case floatPlain:
		return false
	case floatAVX512:
		scaleColumnsAVX512(&dst[0], &src[0], &by[0], len(src)/Lanes)
	default:
		scaleColumnsAVX2(&dst[0], &src[0], &by[0], len(src)/Lanes)
	}
	return true
}
