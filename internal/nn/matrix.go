package nn

import (
	"fmt"

	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/simd"
)

// Matrix is a weight matrix, read in place: rows outputs of cols inputs each.
type Matrix struct {
	format *simd.Format
	rows   int
	cols   int
	data   []byte
	tensor *gguf.Tensor // that it is of
}

// Vector is a row of float weights: a norm or a bias. It is nil where an optional
// one is absent.
type Vector []float32

func (m *Matrix) row(i int) []byte {
	n := m.format.RowBytes(m.cols)
	return m.data[i*n : (i+1)*n]
}

// format is how simd reads a tensor type, nil if it can't.
func format(t gguf.Type) *simd.Format {
	switch t {
	case gguf.F32:
		return simd.FormatF32
	case gguf.F16:
		return simd.FormatF16
	case gguf.BF16:
		return simd.FormatBF16
	case gguf.Q8_0:
		return simd.FormatQ8_0
	case gguf.Q4_0:
		return simd.FormatQ4_0
	case gguf.Q4_1:
		return simd.FormatQ4_1
	case gguf.Q5_0:
		return simd.FormatQ5_0
	case gguf.Q5_1:
		return simd.FormatQ5_1
	case gguf.IQ4_NL:
		return simd.FormatIQ4NL
	case gguf.MXFP4:
		return simd.FormatMXFP4
	case gguf.Q4_K:
		return simd.FormatQ4K
	case gguf.Q5_K:
		return simd.FormatQ5K
	case gguf.Q6_K:
		return simd.FormatQ6K
	}
	return nil
}

func newMatrix(t *gguf.Tensor) (Matrix, error) {
	f := format(t.Type)
	if f == nil {
		return Matrix{}, fmt.Errorf("tensor %s of type %s: %w", t.Name, t.Type, ErrUnsupported)
	}
	return Matrix{format: f, rows: t.Rows(), cols: t.Shape[0], data: t.Data, tensor: t}, nil
}

// newVector copies a vector out of the file: norms and biases are small and read
// by every token.
func newVector(t *gguf.Tensor) (Vector, error) {
	m, err := newMatrix(t)
	if err != nil {
		return nil, err
	}
	v := make(Vector, m.cols)
	m.format.Widen(v, m.data)
	return v, nil
}
