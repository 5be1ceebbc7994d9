// Package simdtest makes random rows of weights, for the tests and benchmarks of
// simd and of what is built on it. It is no part of the product.
package simdtest

import (
	"encoding/binary"
	"math"
	"math/rand/v2"

	"github.com/hearthbox/hearth/internal/simd"
)

// half is a half-precision scale in a block: where it stands, and its size
// relative to the block's first scale. The minima cancel the mean of the levels.
type half struct {
	at    int
	ratio float64
}

var halves = map[string][]half{
	"Q8_0": {{0, 1}}, "Q4_0": {{0, 1}}, "Q5_0": {{0, 1}}, "IQ4_NL": {{0, 1}},
	"Q4_1": {{0, 1}, {2, -7.5}}, "Q5_1": {{0, 1}, {2, -15.5}},
	"Q4_K": {{0, 1}, {2, 7.5}}, "Q5_K": {{0, 1}, {2, 15.5}}, "Q6_K": {{208, 1}},
}

// Row is n random weights around zero with the given standard deviation. All bits
// of quantised blocks but the scales are random, so that every level occurs.
func Row(rng *rand.Rand, f *simd.Format, n int, deviation float64) []byte {
	row := make([]byte, f.RowBytes(n))
	if f.BlockLen == 1 {
		floats(rng, f, row, deviation)
		return row
	}
	for i := range row {
		row[i] = byte(rng.Uint32())
	}
	signs := make([]float64, n/f.BlockLen)
	for i := range signs {
		signs[i] = float64(rng.IntN(2)*2 - 1)
	}
	SetScales(row, f, func(block int) float64 { return signs[block] })
	measured := measure(f, row, n)
	SetScales(row, f, func(block int) float64 { return signs[block] * deviation / measured })
	return row
}

// SetScales sets the scales of every block of a quantised row.
func SetScales(row []byte, f *simd.Format, scale func(block int) float64) {
	for block := range len(row) / f.BlockBytes {
		if f == simd.FormatMXFP4 { // a power of two, which has no sign
			exponent := math.Round(math.Log2(math.Abs(scale(block))))
			row[block*f.BlockBytes] = byte(max(0, min(128+exponent, 254)))
			continue
		}
		for _, h := range halves[f.Name] {
			v := simd.ToF16(float32(scale(block) * h.ratio))
			binary.LittleEndian.PutUint16(row[block*f.BlockBytes+h.at:], v)
		}
	}
}

func floats(rng *rand.Rand, f *simd.Format, row []byte, deviation float64) {
	for i := 0; i < len(row); i += f.BlockBytes {
		v := float32(rng.NormFloat64() * deviation)
		switch f.Name {
		case "F32":
			binary.LittleEndian.PutUint32(row[i:], math.Float32bits(v))
		case "F16":
			binary.LittleEndian.PutUint16(row[i:], simd.ToF16(v))
		case "BF16":
			binary.LittleEndian.PutUint16(row[i:], uint16(math.Float32bits(v)>>16))
		}
	}
}

func measure(f *simd.Format, row []byte, n int) float64 {
	w := make([]float32, n)
	f.Widen(w, row)
	var squares float64
	for _, v := range w {
		squares += float64(v) * float64(v)
	}
	return math.Sqrt(squares / float64(n))
}

// Bytes is the floats as a row of F32 weights.
func Bytes(v []float32) []byte {
	var b []byte
	for _, f := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
	}
	return b
}
