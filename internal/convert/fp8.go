package convert

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/hearthbox/hearth/internal/convert/safetensors"
	"github.com/hearthbox/hearth/internal/simd"
)

// Weights of eight bits, as DeepSeek V3 is published, and Qwen3 too: floats of four bits of
// exponent and three of mantissa (OCP 8-bit floating point, E4M3), and beside each matrix one
// of factors, a number for each block of it (DeepSeek-AI 2024, 3.3).

// scaled are a folder's factors.
type scaled struct {
	rows, columns int // of a block; 0 where the folder has none
	factors       map[*safetensors.Tensor]*safetensors.Tensor
}

// scaleEnd is what the name of a matrix of factors has at its end.
const scaleEnd = "_scale_inv"

// blockMax bounds the sides of a block.
const blockMax = 1 << 16

// quantised reads how the weights are quantised, and refuses any way but this one.
func (m *Model) quantised() {
	q := m.config.object("quantization_config")
	if len(q.values) == 0 {
		return
	}
	sides, _ := q.values["weight_block_size"].([]any)
	if q.text("quant_method") != "fp8" || len(sides) != 2 || q.has("fmt") && q.text("fmt") != "e4m3" {
		m.config.fail("the weights are quantised (%v): %w; take the folder in BF16 or F16", q.values["quant_method"], ErrUnsupported)
		return
	}
	for i, to := range []*int{&m.scaled.rows, &m.scaled.columns} {
		n, ok := sides[i].(float64)
		if !ok || n != math.Trunc(n) || n < 1 || n > blockMax {
			q.fail("weight_block_size is %v, not two whole numbers from 1 to %d", sides, blockMax)
			return
		}
		*to = int(n)
	}
}

// matchFactors finds the factors of every matrix, and refuses those that do not fit, and
// matrices and factors that are alone.
func (m *Model) matchFactors() error {
	m.scaled.factors = map[*safetensors.Tensor]*safetensors.Tensor{}
	for _, t := range m.source.Tensors {
		if name, ok := strings.CutSuffix(t.Name, scaleEnd); ok && m.scaled.rows > 0 {
			of, ok := m.source.Tensor(name)
			if !ok || of.Type != safetensors.F8E4M3 {
				return t.Refuse("scales %s, which is no matrix of F8_E4M3", name)
			}
		}
		if t.Type != safetensors.F8E4M3 {
			continue
		}
		f, ok := m.source.Tensor(t.Name + scaleEnd)
		if !ok || m.scaled.rows == 0 {
			return t.Refuse("is F8_E4M3, and nothing says how it is scaled: %w", ErrUnsupported)
		}
		if len(t.Shape) != 2 {
			return t.Refuse("is F8_E4M3, of %d dimensions", len(t.Shape))
		}
		want := []int{blocks(t.Shape[0], m.scaled.rows), blocks(t.Shape[1], m.scaled.columns)}
		if !slices.Equal(f.Shape, want) || !isFull(f.Type) {
			return f.Refuse("is %s %v; blocks of %d × %d of a matrix %v need F32 or BF16 %v", f.Type, f.Shape, m.scaled.rows, m.scaled.columns, t.Shape, want)
		}
		m.scaled.factors[t] = f
	}
	return nil
}

func blocks(n, of int) int { return (n + of - 1) / of }

// isFactor reports whether a tensor is a matrix of factors.
func (m *Model) isFactor(t *safetensors.Tensor) bool {
	return m.scaled.rows > 0 && strings.HasSuffix(t.Name, scaleEnd)
}

func isFull(t safetensors.Type) bool {
	return t == safetensors.F32 || t == safetensors.F16 || t == safetensors.BF16
}

// readScaled reads rows of a matrix of eight bits as numbers.
func (m *Model) readScaled(dst []float32, b []byte, t *safetensors.Tensor, first int) error {
	factors, width := m.scaled.factors[t], t.Width()
	row, read := make([]float32, factors.Width()), -1
	for i := 0; i*width < len(b); i++ {
		if at := (first + i) / m.scaled.rows; at != read {
			if err := m.read(row, factors, at); err != nil {
				return err
			}
			read = at
		}
		for c, v := range b[i*width : (i+1)*width] {
			x := e4m3[v]
			if x != x {
				return fmt.Errorf("tensor %s holds what is no number, in row %d", t.Name, first+i)
			}
			dst[i*width+c] = x * row[c/m.scaled.columns]
		}
	}
	return nil
}

// e4m3 are the numbers by their bits. There is no infinity, and two that are none.
var e4m3 = func() (list [256]float32) {
	for i := range list {
		exponent, mantissa := i>>3&15, float64(i&7)
		v := math.Ldexp(1+mantissa/8, exponent-7)
		switch {
		case i&127 == 127:
			v = math.NaN()
		case exponent == 0:
			v = math.Ldexp(mantissa/8, -6)
		}
		if i > 127 {
			v = -v
		}
		list[i] = float32(v)
	}
	return list
}()

// read reads rows as numbers.
func (m *Model) read(dst []float32, t *safetensors.Tensor, first int) error {
	b := make([]byte, len(dst)*t.Type.Bytes())
	if err := t.ReadRows(b, first); err != nil {
		return err
	}
	switch t.Type {
	case safetensors.F8E4M3:
		return m.readScaled(dst, b, t, first)
	case safetensors.F16:
		simd.FormatF16.Widen(dst, b)
	case safetensors.BF16:
		simd.FormatBF16.Widen(dst, b)
	default:
		simd.FormatF32.Widen(dst, b)
	}
	return nil
}
