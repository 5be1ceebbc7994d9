package simd

import "math"

// Add adds b to a.
func Add(a, b []float32) {
	b = b[:len(a)]
	for i := range a {
		a[i] += b[i]
	}
}

// RMSNorm writes x, divided by its root mean square and multiplied by the weights
// (Zhang and Sennrich 2019). dst may be x.
func RMSNorm(dst, x, weights []float32, epsilon float32) {
	var sum float64
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	scale := float32(1 / math.Sqrt(sum/float64(len(x))+float64(epsilon)))
	dst, weights = dst[:len(x)], weights[:len(x)]
	for i, v := range x {
		dst[i] = v * scale * weights[i]
	}
}

// SwiGLU replaces gate by silu(gate)·up (Shazeer 2020).
func SwiGLU(gate, up []float32) {
	up = up[:len(gate)]
	for i, g := range gate {
		gate[i] = g / (1 + float32(math.Exp(-float64(g)))) * up[i]
	}
}

// Softmax replaces x by its softmax. The largest is subtracted first, so that
// nothing overflows.
func Softmax(x []float32) {
	largest := float32(math.Inf(-1))
	for _, v := range x {
		largest = max(largest, v)
	}
	var sum float64
	for i, v := range x {
		e := math.Exp(float64(v - largest))
		x[i] = float32(e)
		sum += e
	}
	scale := float32(1 / sum)
	for i := range x {
		x[i] *= scale
	}
}

// Rotate applies rotary position embedding to one head (Su et al. 2021). cos and
// sin hold one value per rotated pair; what lies beyond them in x is left alone.
// Pairs are neighbours when interleaved is set, else the two halves of the rotated
// part face each other.
func Rotate(x, cos, sin []float32, interleaved bool) {
	n := len(cos)
	step, apart := 1, n
	if interleaved {
		step, apart = 2, 1
	}
	sin = sin[:n]
	for i, c := range cos {
		s := sin[i]
		a, b := x[i*step], x[i*step+apart]
		x[i*step] = a*c - b*s
		x[i*step+apart] = a*s + b*c
	}
}
