package simd

// Format is a storage format of weights: how a row's bytes are laid out, and how
// they are multiplied.
type Format struct {
	Name       string
	BlockLen   int // numbers in a block
	BlockBytes int

	// Input is the preparation Dot expects.
	Input Preparation

	// Dot multiplies a row with a prepared vector of the same length.
	Dot func(row []byte, in *Input) float32

	// Widen writes the row's numbers as floats; len(dst) is the row's length.
	Widen func(dst []float32, row []byte)
}

// The formats.
var (
	FormatF32   = &Format{"F32", 1, 4, Floats, dotF32, widenF32}
	FormatF16   = &Format{"F16", 1, 2, Floats, dotF16, widenF16}
	FormatBF16  = &Format{"BF16", 1, 2, Floats, dotBF16, widenBF16}
	FormatQ8_0  = &Format{"Q8_0", 32, q8_0Bytes, Bytes32, dotQ8_0, widenQ8_0}
	FormatQ4_0  = &Format{"Q4_0", 32, q4_0Bytes, Bytes32, dotQ4_0, widenQ4_0}
	FormatQ4_1  = &Format{"Q4_1", 32, q4_1Bytes, Bytes32, dotQ4_1, widenQ4_1}
	FormatQ5_0  = &Format{"Q5_0", 32, q5_0Bytes, Bytes32, dotQ5_0, widenQ5_0}
	FormatQ5_1  = &Format{"Q5_1", 32, q5_1Bytes, Bytes32, dotQ5_1, widenQ5_1}
	FormatIQ4NL = &Format{"IQ4_NL", 32, iq4NLBytes, Bytes32, dotIQ4NL, widenIQ4NL}
	FormatQ4K   = &Format{"Q4_K", 256, q4KBytes, Bytes256, dotQ4K, widenQ4K}
	FormatQ5K   = &Format{"Q5_K", 256, q5KBytes, Bytes256, dotQ5K, widenQ5K}
	FormatQ6K   = &Format{"Q6_K", 256, q6KBytes, Bytes256, dotQ6K, widenQ6K}
)

// Formats lists them all.
func Formats() []*Format {
	return []*Format{FormatF32, FormatF16, FormatBF16, FormatQ8_0, FormatQ4_0, FormatQ4_1,
		FormatQ5_0, FormatQ5_1, FormatIQ4NL, FormatQ4K, FormatQ5K, FormatQ6K, FormatMXFP4}
}

// RowBytes is how many bytes a row of n numbers takes.
func (f *Format) RowBytes(n int) int { return n / f.BlockLen * f.BlockBytes }
