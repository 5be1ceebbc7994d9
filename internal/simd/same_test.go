package simd_test

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/hearthbox/hearth/internal/simd"
	"github.com/hearthbox/hearth/internal/simd/simdtest"
)

// TestProductsAreTheSameEverywhere is invariant S1a: the sums here were computed on
// amd64 and hold on every machine, with kernels and without. The numbers are made of
// integers alone, and many of them lie where rounding could go either way.
func TestProductsAreTheSameEverywhere(t *testing.T) {
	want := map[string]uint64{
		"Q8_0": 0xc0c2bc294fbcbea8, "Q4_0": 0x450ec94f57ff8f06, "Q4_1": 0x545e41a6e0af6f36,
		"Q5_0": 0x4b188b2ec49922f8, "Q5_1": 0xb6203c531291788e, "IQ4_NL": 0xefca475ce827b531,
		"Q4_K": 0x5c9fbab53d5b8602, "Q5_K": 0xb1f77b99c9fcc400, "Q6_K": 0xe446d0eacedd0721,
		"MXFP4": 0x7044ba68fdb7b6ba,
	}
	everyMachine(t, func(t *testing.T) {
		for _, f := range simd.Formats() {
			if f.Input == simd.Floats {
				continue
			}
			if got := productsOf(f); got != want[f.Name] {
				t.Errorf("%q: %#x,", f.Name, got)
			}
		}
	})
}

// productsOf is a checksum of 24 rows' products with five tokens.
func productsOf(f *simd.Format) uint64 {
	const n, tokens, length = 24, 5, 1024
	rng := rand.New(rand.NewPCG(21, 22))
	rows := make([]byte, n*f.RowBytes(length))
	for i := range rows {
		rows[i] = byte(rng.Uint32())
	}
	simdtest.SetScales(rows, f, func(int) float64 { return float64(1+rng.IntN(2000)) / 4096 })
	x := make([]float32, tokens*length)
	for i := range x {
		if i%32 == 0 {
			largest := float32(1 + rng.IntN(1<<20))
			halfway(rng, x[i:i+32], largest)
		}
	}
	sum := fnv.New64a()
	for _, v := range multiply(f, rows, n, x, tokens) {
		_ = binary.Write(sum, binary.LittleEndian, math.Float32bits(v))
	}
	return sum.Sum64()
}

// halfway fills a block with a largest number and such that lie halfway between two
// integers when they are divided by its scale.
func halfway(rng *rand.Rand, block []float32, largest float32) {
	inverse := 127 / largest
	for i := range block {
		block[i] = (float32(rng.IntN(254)-127) + 0.5) / inverse
	}
	block[rng.IntN(len(block))] = largest
}

// TestMulWritesItsRowsAlone has room between the products of a token and the next.
func TestMulWritesItsRowsAlone(t *testing.T) {
	everyMachine(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(25, 26))
		const tokens, length, stride = 13, 512, 40
		for _, f := range simd.Formats() {
			for _, n := range []int{1, 3, 4, 18, 37} {
				x := make([]float32, tokens*length)
				rows := simdtest.Row(rng, f, n*length, 0.1)
				var b simd.Batch
				prepare(&b, f.Input, x, tokens)
				got := make([]float32, tokens*stride)
				for i := range got {
					got[i] = 7
				}
				f.Mul(got, stride, rows, n, &b)
				for i, v := range got {
					if inside := i%stride < n; inside && v != 0 || !inside && v != 7 {
						t.Fatalf("%s, %d rows: number %d of token %d is %v", f.Name, n, i%stride, i/stride, v)
					}
				}
			}
		}
	})
}
