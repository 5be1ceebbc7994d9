package simd_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/hearthbox/hearth/internal/simd"
	"github.com/hearthbox/hearth/internal/simd/simdtest"
)

// everyMachine runs a test with the kernels of every instruction set there is, and
// with none.
func everyMachine(t *testing.T, f func(t *testing.T)) {
	for _, name := range append(simd.Machines(), "") {
		t.Run("machine="+name, func(t *testing.T) {
			defer simd.Use(name)()
			f(t)
		})
	}
}

// TestMulAgreesWithDot: the products of quantised rows are those of Dot to the bit,
// whatever the shape, those of floats within what their order allows.
func TestMulAgreesWithDot(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, f := range simd.Formats() {
		for _, n := range []int{1, 5, 16, 17, 33} {
			for _, tokens := range []int{1, 2, 3, 7, 12, 23, 145} {
				if tokens > 100 && n != 17 { // more than a part: once is enough
					continue
				}
				length := 32 * (1 + rng.IntN(17))
				if f.BlockLen == 256 {
					length = 256 * (1 + rng.IntN(5))
				}
				x := make([]float32, length*tokens)
				for i := range x {
					x[i] = float32(rng.NormFloat64())
				}
				rows := simdtest.Row(rng, f, n*length, 0.1)
				check(t, f, rows, n, x, tokens)
			}
		}
	}
}

// TestMulExtremes uses blocks and vectors whose integers are as large as they get,
// of all signs.
func TestMulExtremes(t *testing.T) {
	const n, tokens, length = 32, 5, 512
	for _, f := range simd.Formats() {
		for _, fill := range []byte{0x00, 0x0f, 0x7f, 0x80, 0x81, 0xf0, 0xff} {
			rows := make([]byte, n*f.RowBytes(length))
			for i := range rows {
				rows[i] = fill
			}
			simdtest.SetScales(rows, f, func(i int) float64 { return float64(i%7) - 3 })
			x := make([]float32, length*tokens)
			for i := range x {
				x[i] = []float32{1, -1, float32(1 - 2*(i/4%2)), float32(1 - 2*(i%2)), 0}[i/length]
			}
			check(t, f, rows, n, x, tokens)
			for i := range tokens { // alone, as in decoding
				check(t, f, rows, n, x[i*length:(i+1)*length], 1)
			}
		}
	}
}

// TestMulOddFloats: rows of floats may have any length.
func TestMulOddFloats(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, f := range simd.Formats()[:3] {
		for _, length := range []int{1, 3, 8, 20, 71, 72, 136} {
			x := make([]float32, 9*length)
			for i := range x {
				x[i] = float32(rng.NormFloat64())
			}
			check(t, f, simdtest.Row(rng, f, 19*length, 0.1), 19, x, 9)
		}
	}
}

// check multiplies n rows with tokens on every machine, and says what differs.
func check(t *testing.T, f *simd.Format, rows []byte, n int, x []float32, tokens int) {
	t.Helper()
	length := len(x) / tokens
	want, room := make([]float32, n*tokens), make([]float64, n*tokens)
	var in simd.Input
	for i := range want {
		if i%n == 0 {
			in.Prepare(f.Input, x[i/n*length:][:length])
		}
		row := rows[i%n*f.RowBytes(length):][:f.RowBytes(length)]
		want[i] = f.Dot(row, &in)
		if f.Input == simd.Floats {
			room[i] = floatRoom(f, row, &in)
		}
	}
	for _, name := range append(simd.Machines(), "") {
		restore := simd.Use(name)
		got := multiply(f, rows, n, x, tokens)
		restore()
		for i, g := range got {
			if same(g, want[i]) || g == want[i] || math.Abs(float64(g-want[i])) <= room[i] || math.IsInf(room[i], 1) {
				continue
			}
			t.Fatalf("%s, machine %q: row %d of %d, token %d of %d, %d numbers: %v, not %v within %v",
				f.Name, name, i%n, n, i/n, tokens, length, g, want[i], room[i])
		}
	}
}

// floatRoom is by how much a product may differ: by anything where sums leave the range
// of floats.
func floatRoom(f *simd.Format, row []byte, in *simd.Input) float64 {
	if _, scale := reference(f, row, in); scale < math.MaxFloat32 {
		return 2e-6 * scale
	}
	return math.Inf(1)
}

func multiply(f *simd.Format, rows []byte, n int, x []float32, tokens int) []float32 {
	var b simd.Batch
	prepare(&b, f.Input, x, tokens)
	got := make([]float32, n*tokens)
	for i := range got {
		got[i] = float32(math.NaN())
	}
	f.Mul(got, n, rows, n, &b)
	return got
}

func prepare(b *simd.Batch, p simd.Preparation, x []float32, tokens int) {
	b.Prepare(p, x, tokens)
	for i := range tokens {
		b.PrepareOne(i)
	}
}

// TestMulIgnoresCompany is invariant S1: a product has the same bits whatever rows
// and vectors are computed with it.
func TestMulIgnoresCompany(t *testing.T) {
	everyMachine(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 4))
		const n, tokens, length = 40, 31, 512
		for _, f := range simd.Formats() {
			x := make([]float32, length*tokens)
			for i := range x {
				x[i] = float32(rng.NormFloat64())
			}
			rows := simdtest.Row(rng, f, n*length, 0.1)
			all := multiply(f, rows, n, x, tokens)
			for range 20 {
				r, i := rng.IntN(n), rng.IntN(tokens)
				rn, in := 1+rng.IntN(n-r), 1+rng.IntN(tokens-i)
				some := multiply(f, rows[r*f.RowBytes(length):], rn, x[i*length:(i+in)*length], in)
				for j := range in {
					if !slices.Equal(some[j*rn:(j+1)*rn], all[(i+j)*n+r:][:rn]) {
						t.Fatalf("%s: rows %d+%d, tokens %d+%d are not the same in company", f.Name, r, rn, i, in)
					}
				}
			}
		}
	})
}

// TestPreparationsAgree holds the kernels that prepare vectors to their twins, with
// numbers of all kinds.
func TestPreparationsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	inf := float32(math.Inf(1))
	odd := []float32{0, inf, -inf, 1e-42, 3e38, -0x1p-126, float32(math.NaN())}
	for _, name := range simd.Machines() {
		defer simd.Use(name)()
		for _, p := range []simd.Preparation{simd.Bytes32, simd.Bytes256} {
			for kind := range 20 {
				x := make([]float32, 29*512)
				for i := range x {
					x[i] = float32(rng.NormFloat64() * math.Exp(float64(kind)*rng.NormFloat64()))
					if kind%2 == 1 && rng.IntN(300) == 0 {
						x[i] = odd[rng.IntN(len(odd))]
					}
				}
				clear(x[512:1024])
				var b simd.Batch
				prepare(&b, p, x, 29)
				for i := range 29 {
					got, want := b.Quantized(i)
					agree(t, got, want)
				}
			}
		}
	}
}

// agree compares all but the integers of blocks whose scale is no finite number:
// nothing is a product of theirs.
func agree(t *testing.T, got, want simd.Input) {
	t.Helper()
	per := len(want.Q) / len(want.Scales)
	for i, scale := range want.Scales {
		if scale != scale && got.Scales[i] != got.Scales[i] || scale > math.MaxFloat32 && got.Scales[i] == scale {
			continue
		}
		sums := slices.Equal(got.Sums[i*per/32:(i+1)*per/32], want.Sums[i*per/32:(i+1)*per/32])
		if got.Scales[i] != scale || !slices.Equal(got.Q[i*per:(i+1)*per], want.Q[i*per:(i+1)*per]) || !sums {
			t.Fatalf("block %d of %d: scale %v, not %v; numbers %v, not %v", i, per, got.Scales[i], scale, got.Q[i*per:(i+1)*per], want.Q[i*per:(i+1)*per])
		}
	}
}

func TestMulDoesNotAllocate(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	const n, tokens, length = 64, 13, 1024
	x := make([]float32, length*tokens)
	dst := make([]float32, n*tokens)
	for _, f := range simd.Formats() {
		var b simd.Batch
		rows := simdtest.Row(rng, f, n*length, 0.1)
		work := func() {
			prepare(&b, f.Input, x, tokens)
			f.Mul(dst, n, rows, n, &b)
		}
		work()
		if a := testing.AllocsPerRun(10, work); a != 0 {
			t.Errorf("%s: %v allocations", f.Name, a)
		}
	}
}

// BenchmarkMul measures one thread: decoding (1 token) out of memory, a prompt out
// of the cache.
func BenchmarkMul(b *testing.B) {
	rng := rand.New(rand.NewPCG(5, 6))
	const length, chunk = 1536, 64
	for _, c := range []struct {
		name         string
		rows, tokens int
	}{{"decode", 32 << 10, 1}, {"decode8", 8 << 10, 8}, {"prompt", 256, 120}} {
		x := make([]float32, length*c.tokens)
		for i := range x {
			x[i] = float32(rng.NormFloat64())
		}
		dst := make([]float32, c.rows*c.tokens)
		for _, f := range simd.Formats() {
			some := simdtest.Row(rng, f, 64*length, 0.02)
			var rows []byte
			for range c.rows / 64 {
				rows = append(rows, some...)
			}
			var in simd.Batch
			prepare(&in, f.Input, x, c.tokens)
			for _, name := range simd.Machines() {
				b.Run(c.name+"/"+f.Name+"/"+name, func(b *testing.B) {
					defer simd.Use(name)()
					b.SetBytes(int64(len(rows)))
					for b.Loop() {
						for r := 0; r < c.rows; r += chunk {
							f.Mul(dst[r:], c.rows, rows[r*f.RowBytes(length):], chunk, &in)
						}
					}
					b.ReportMetric(float64(c.rows*c.tokens*length)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GMAC/s")
				})
			}
		}
	}
}

func BenchmarkPrepare(b *testing.B) {
	x := make([]float32, 8960)
	for i := range x {
		x[i] = float32(i%97) - 48
	}
	for _, p := range []simd.Preparation{simd.Floats, simd.Bytes32, simd.Bytes256} {
		for _, name := range append(simd.Machines(), "") {
			b.Run([]string{"floats", "bytes32", "bytes256"}[p]+"/"+name, func(b *testing.B) {
				defer simd.Use(name)()
				var in simd.Batch
				b.SetBytes(int64(4 * len(x)))
				for b.Loop() {
					prepare(&in, p, x, 1)
				}
			})
		}
	}
}
