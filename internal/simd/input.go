package simd

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
	if p == Bytes32 {
		quantise32(in.Q, in.Scales, in.Sums, f)
	} else {
		quantise256(in.Q, in.Scales, in.Sums, f)
	}
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
