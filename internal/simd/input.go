package simd

import "math"

// Preparation is how an [Input] must be prepared for a format's dot product.
type Preparation int

// The preparations. Their names say the numbers per scale.
const (
	Floats   Preparation = iota // as they are
	Bytes32                     // 8-bit integers, a scale per 32
	Bytes256                    // 8-bit integers, a scale per 256, for the K formats
)

// Input is a vector prepared to be multiplied with rows of weights. One Input
// serves every row, and is kept in several preparations when formats are mixed.
type Input struct {
	F []float32 // the vector itself

	// Number i is about Q[i] times the scale of its block.
	Q      []int8
	Scales []float32 // per 32 or per 256
	Sums   []int32   // of Q, per 32: what the minima of asymmetric formats multiply
}

// Prepare fills in for the vector f, which is kept, not copied. Storage of an
// earlier call is used again.
func (in *Input) Prepare(p Preparation, f []float32) {
	in.F = f
	if p == Floats {
		return
	}
	n := 32
	if p == Bytes256 {
		n = 256
	}
	in.Q = resize(in.Q, len(f))
	in.Scales = resize(in.Scales, len(f)/n)
	in.Sums = resize(in.Sums, len(f)/32)
	for i := range in.Scales {
		in.Scales[i] = quantize(in.Q[i*n:(i+1)*n], f[i*n:(i+1)*n])
	}
	for i := range in.Sums {
		var s int32
		for _, q := range in.Q[i*32 : (i+1)*32] {
			s += int32(q)
		}
		in.Sums[i] = s
	}
}

// quantize rounds a block so that its largest magnitude becomes 127, and returns
// the scale.
func quantize(q []int8, f []float32) float32 {
	var largest float32
	for _, v := range f {
		largest = max(largest, float32(math.Abs(float64(v))))
	}
	if largest == 0 {
		clear(q)
		return 0
	}
	inverse := 127 / largest
	const magic = 1<<23 + 1<<22 // adding it leaves the rounded integer in the low bits
	for i, v := range f {
		q[i] = int8(math.Float32bits(float32(v*inverse)+magic) & 0xff)
	}
	return largest / 127
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
