package simd

import "math"

// Every function here has a machine-specific part, which works on as much of the
// row as fits its vectors and says how much that was, and a plain twin, which does
// the rest: all of it where there is no other. Twins spell out where products are
// rounded, so that compilers don't fuse them into sums and nothing differs but
// where it is said.

// Add adds b to a.
func Add(a, b []float32) {
	b = b[:len(a)]
	for i := addWide(a, b); i < len(a); i++ {
		a[i] += b[i]
	}
}

// RMSNorm writes x, divided by its root mean square and multiplied by the weights
// (Zhang and Sennrich 2019). dst may be x. The squares are summed in double
// precision; kernels differ from the twin in the order of that sum.
func RMSNorm(dst, x, weights []float32, epsilon float32) {
	dst, weights = dst[:len(x)], weights[:len(x)]
	sum, done := sumSquaresWide(x)
	for _, v := range x[done:] {
		sum += float64(v) * float64(v)
	}
	scale := float32(1 / math.Sqrt(sum/float64(len(x))+float64(epsilon)))
	for i := normWide(dst, x, weights, scale); i < len(x); i++ {
		dst[i] = x[i] * scale * weights[i]
	}
}

// SwiGLU replaces gate by silu(gate)·up (Shazeer 2020). Kernels compute the
// exponential to 2 units in the last place, and so the result to 4.
func SwiGLU(gate, up []float32) {
	up = up[:len(gate)]
	for i := swigluWide(gate, up); i < len(gate); i++ {
		g := gate[i]
		gate[i] = g / (1 + float32(math.Exp(-float64(g)))) * up[i]
	}
}

// GELU replaces x by x·Φ(x), where Φ is the normal distribution (Hendrycks and Gimpel
// 2016): by the distribution itself, not by the hyperbolic tangent that is near to it.
// Kernels are right to 4·10⁻⁷·|x|.
func GELU(x []float32) {
	for i := geluWide(x); i < len(x); i++ {
		v := float64(x[i])
		x[i] = float32(v / 2 * (1 + math.Erf(v/math.Sqrt2)))
	}
}

// LayerNorm takes the mean from x, divides it by its standard deviation, multiplies it
// with the weights and adds bias (Ba et al. 2016). Sums are taken in double precision.
func LayerNorm(x, weights, bias []float32, epsilon float32) {
	var s0, s1, s2, s3 float64
	i := 0
	for ; i+4 <= len(x); i += 4 {
		s0 += float64(x[i])
		s1 += float64(x[i+1])
		s2 += float64(x[i+2])
		s3 += float64(x[i+3])
	}
	for ; i < len(x); i++ {
		s0 += float64(x[i])
	}
	mean := float32((s0 + s1 + (s2 + s3)) / float64(len(x)))
	for i := range x {
		x[i] -= mean
	}
	RMSNorm(x, x, weights, epsilon)
	Add(x, bias)
}

// Largest is the largest number in x, leaving out what is not a number; −∞ if there
// is none.
func Largest(x []float32) float32 {
	top, done := largestWide(x)
	for _, v := range x[done:] {
		if v > top {
			top = v
		}
	}
	return top
}

// Powers writes e^((x−subtract)·scale) and returns the sum, which is taken in double
// precision. Kernels are right to 2 units in the last place of the exponential;
// that the exponent is rounded to a float weighs more where it is large: 1 part in
// 10⁵ at e^±100.
func Powers(dst, x []float32, subtract, scale float32) (sum float64) {
	dst = dst[:len(x)]
	sum, done := powersWide(dst, x, subtract, scale)
	for i, v := range x[done:] {
		dst[done+i] = float32(math.Exp(float64((v - subtract) * scale)))
		sum += float64(dst[done+i])
	}
	return sum
}

// Scale writes x·by. dst may be x.
func Scale(dst, x []float32, by float32) {
	dst = dst[:len(x)]
	for i := scaleWide(dst, x, by); i < len(x); i++ {
		dst[i] = x[i] * by
	}
}

// Blend replaces dst by keep·dst + by·src.
func Blend(dst []float32, keep float32, src []float32, by float32) {
	src = src[:len(dst)]
	for i := blendWide(dst, keep, src, by); i < len(dst); i++ {
		dst[i] = float32(keep*dst[i]) + float32(by*src[i])
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
	x, sin = x[:2*n], sin[:n]
	for i := rotateWide(x, cos, sin, interleaved); i < n; i++ {
		a, b := x[i*step], x[i*step+apart]
		x[i*step] = float32(a*cos[i]) - float32(b*sin[i])
		x[i*step+apart] = float32(a*sin[i]) + float32(b*cos[i])
	}
}

// ToHalf narrows floats to halves.
func ToHalf(dst []uint16, src []float32) {
	dst = dst[:len(src)]
	for i := toHalfWide(dst, src); i < len(src); i++ {
		dst[i] = ToF16(src[i])
	}
}
