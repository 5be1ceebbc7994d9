package simd_test

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/hearthbox/hearth/internal/simd"
	"github.com/hearthbox/hearth/internal/simd/simdtest"
)

// TestWidenGoldens compares with gguf-py, bit for bit where the arithmetic has one
// order and to the last places where it does not.
func TestWidenGoldens(t *testing.T) {
	text, err := os.ReadFile("testdata/widen.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ Format, Bytes, Float32 string }
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	formats := map[string]*simd.Format{}
	for _, f := range simd.Formats() {
		formats[f.Name] = f
	}
	if len(cases) != len(formats) {
		t.Errorf("%d goldens for %d formats", len(cases), len(formats))
	}
	for _, c := range cases {
		f := formats[c.Format]
		row, _ := hex.DecodeString(c.Bytes)
		want, _ := hex.DecodeString(c.Float32)
		got := make([]float32, len(want)/4)
		f.Widen(got, row)
		for i, g := range got {
			w := math.Float32frombits(binary.BigEndian.Uint32(want[4*i:]))
			if diff := math.Abs(float64(g - w)); diff > 1e-6*math.Max(1, math.Abs(float64(w))) {
				t.Fatalf("%s: number %d is %v, want %v", f.Name, i, g, w)
			}
		}
	}
}

// TestDotAgreesWithWiden holds every dot product against the sum, in double
// precision, of what Widen says the weights are.
func TestDotAgreesWithWiden(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, f := range simd.Formats() {
		for _, n := range []int{256, 512, 2560} {
			row := simdtest.Row(rng, f, n, 0.02)
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(rng.NormFloat64())
			}
			var in simd.Input
			in.Prepare(f.Input, x)
			got := float64(f.Dot(row, &in))
			want, scale := reference(f, row, &in)
			if math.Abs(got-want) > 2e-6*scale {
				t.Errorf("%s, %d numbers: %v, want %v", f.Name, n, got, want)
			}
		}
	}
}

// TestDotExtremes uses blocks and vectors whose integers are as large as they get.
func TestDotExtremes(t *testing.T) {
	for _, f := range simd.Formats() {
		for _, fill := range []byte{0x00, 0x3b, 0x80, 0xff} {
			row := make([]byte, f.RowBytes(512))
			for i := range row {
				row[i] = fill
			}
			simdtest.SetScales(row, f, func(int) float64 { return -0.25 })
			x := make([]float32, 512)
			for i := range x {
				x[i] = float32(1 - 2*(i/16%2))
			}
			var in simd.Input
			in.Prepare(f.Input, x)
			got := float64(f.Dot(row, &in))
			want, scale := reference(f, row, &in)
			if math.Abs(got-want) > 2e-6*scale+1e-30 && !math.IsNaN(want) {
				t.Errorf("%s filled with %#x: %v, want %v", f.Name, fill, got, want)
			}
		}
	}
}

// reference is the dot product of widened weights and the numbers the input stands
// for, and the sum of the products' magnitudes.
func reference(f *simd.Format, row []byte, in *simd.Input) (sum, scale float64) {
	w := make([]float32, len(in.F))
	f.Widen(w, row)
	for i, v := range w {
		p := float64(v) * number(in, i)
		sum += p
		scale += math.Abs(p)
	}
	return sum, scale
}

// number is the i-th number as the preparation holds it.
func number(in *simd.Input, i int) float64 {
	if len(in.Q) == 0 {
		return float64(in.F[i])
	}
	per := len(in.Q) / len(in.Scales)
	return float64(in.Q[i]) * float64(in.Scales[i/per])
}

func TestPrepareRounding(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	x := make([]float32, 512)
	for i := range x {
		x[i] = float32(rng.NormFloat64() * math.Exp(4*rng.NormFloat64()))
	}
	clear(x[64:96]) // a block of zeros has scale zero
	for _, p := range []simd.Preparation{simd.Bytes32, simd.Bytes256} {
		var in simd.Input
		in.Prepare(p, x)
		per := len(x) / len(in.Scales)
		for i := range x {
			if diff := math.Abs(number(&in, i) - float64(x[i])); diff > float64(in.Scales[i/per])*0.5001 {
				t.Fatalf("number %d: %v became %v with scale %v", i, x[i], number(&in, i), in.Scales[i/per])
			}
		}
		for i, got := range in.Sums {
			var want int32
			for _, q := range in.Q[32*i : 32*i+32] {
				want += int32(q)
			}
			if got != want {
				t.Fatalf("sum %d is %d, want %d", i, got, want)
			}
		}
	}
}

func TestHalvesRoundTrip(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		f := simd.F16(h)
		if f != f {
			if back := simd.ToF16(f); simd.F16(back) == simd.F16(back) {
				t.Fatalf("%#04x: not-a-number became %#04x", h, back)
			}
			continue
		}
		if back := simd.ToF16(f); back != h {
			t.Fatalf("%#04x widened to %v, narrowed to %#04x", h, f, back)
		}
		if next := simd.F16(h + 1); i&0x7fff < 0x7bff && next == next {
			middle := (float64(f) + float64(next)) / 2
			if got, want := simd.ToF16(float32(middle)), h+h&1; got != want {
				t.Fatalf("halfway above %#04x went to %#04x, not to even", h, got)
			}
		}
	}
	for _, f := range []float32{65520, 1e10, float32(math.Inf(1))} {
		if got := simd.ToF16(f); got != 0x7c00 {
			t.Errorf("%v became %#04x", f, got)
		}
	}
}

func TestRotate(t *testing.T) {
	sin, cos := math.Sincos(0.7)
	c, s := []float32{float32(cos), 1}, []float32{float32(sin), 0}
	neighbours := []float32{1, 0, 5, 6, 9}
	simd.Rotate(neighbours, c, s, true)
	halves := []float32{1, 5, 0, 6, 9}
	simd.Rotate(halves, c, s, false)
	if neighbours[0] != c[0] || neighbours[1] != s[0] || neighbours[2] != 5 || neighbours[4] != 9 {
		t.Errorf("interleaved: %v", neighbours)
	}
	if halves[0] != c[0] || halves[2] != s[0] || halves[1] != 5 || halves[3] != 6 || halves[4] != 9 {
		t.Errorf("halves: %v", halves)
	}
}

func BenchmarkDot(b *testing.B) {
	rng := rand.New(rand.NewPCG(5, 6))
	const n = 4096
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	for _, f := range simd.Formats() {
		row := simdtest.Row(rng, f, n, 0.02)
		var in simd.Input
		in.Prepare(f.Input, x)
		b.Run(f.Name, func(b *testing.B) {
			b.SetBytes(int64(len(row)))
			var sum float32
			for b.Loop() {
				sum += f.Dot(row, &in)
			}
			b.ReportMetric(float64(n)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GMAC/s")
		})
	}
}
