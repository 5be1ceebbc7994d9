package simd_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/hearthbox/hearth/internal/simd"
)

// levels runs a test once with plain Go and once with every set of kernels that the
// machine has.
func levels(t *testing.T, test func(t *testing.T)) {
	for i, name := range simd.FloatLevels() {
		t.Run(name, func(t *testing.T) {
			defer simd.SetFloatLevel(i)()
			test(t)
		})
	}
}

// twin computes with plain Go.
func twin(f func()) {
	defer simd.SetFloatLevel(0)()
	f()
}

// inputs are rows that kernels must take: of every length up to a few vectors, not
// aligned to anything, and of numbers as they come and as they hardly ever come.
func inputs(f func(kind string, x, y []float32)) {
	rng := rand.New(rand.NewPCG(7, 8))
	odd := []float32{0, float32(math.Copysign(0, -1)), 1e-45, -1e-45, 1e-39, 1.17549435e-38, 3e38, -3e38,
		float32(math.Inf(1)), float32(math.Inf(-1)), 65504, 65520, 6e-8, 2.9e-8, 1, -1, 88.8, -88.8, 104, -104, 0.5, -2.5}
	for n := range 100 {
		x, y := make([]float32, n+3), make([]float32, n+3)
		for i := range x {
			x[i], y[i] = float32(4*rng.NormFloat64()), float32(rng.NormFloat64())
		}
		f("usual", x[3:], y[3:])
		for i := range x {
			x[i], y[i] = odd[rng.IntN(len(odd))], odd[rng.IntN(len(odd))]
		}
		f("odd", x[1:n+1], y[2:n+2])
	}
}

// same says whether two numbers are the same, whatever kind of no number they are.
func same(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}

// ulps is how many floats a and b are apart; +0 and −0 are not.
func ulps(a, b float32) int {
	if a == b || a != a && b != b {
		return 0
	}
	if a != a || b != b {
		return math.MaxInt32
	}
	order := func(f float32) int {
		n := int(int32(math.Float32bits(f)))
		if n < 0 {
			n = math.MinInt32 - n
		}
		return n
	}
	return max(order(a)-order(b), order(b)-order(a))
}

// TestKernelsEqualTheirTwins is for those that differ in nothing.
func TestKernelsEqualTheirTwins(t *testing.T) {
	kernels := map[string]func(x, y []float32){
		"add":   func(x, y []float32) { simd.Add(x, y) },
		"scale": func(x, y []float32) { simd.Scale(x, y, 0.3) },
		"blend": func(x, y []float32) { simd.Blend(x, 0.7, y, -1.3) },
		"rotate halves": func(x, y []float32) {
			n := len(y) / 2
			simd.Rotate(x, y[:n], y[n:], false)
		},
		"rotate pairs": func(x, y []float32) {
			n := len(y) / 2
			simd.Rotate(x, y[:n], y[n:], true)
		},
		"half": func(x, y []float32) {
			h := make([]uint16, len(y)+1)
			simd.ToHalf(h[1:], y)
			for i := range x {
				x[i] = simd.F16(h[i+1])
			}
		},
	}
	for name, kernel := range kernels {
		t.Run(name, func(t *testing.T) {
			levels(t, func(t *testing.T) {
				inputs(func(kind string, x, y []float32) {
					got, want := append([]float32{9}, x...)[1:], append([]float32(nil), x...)
					kernel(got, y)
					twin(func() { kernel(want, y) })
					for i := range want {
						if !same(got[i], want[i]) {
							t.Fatalf("%s, %d numbers: number %d of %v, %v is %v, want %v", kind, len(x), i, x[i], y[i], got[i], want[i])
						}
					}
				})
			})
		})
	}
}

// TestQuantizeHead: kernels equal their twin, and both round to nearest.
func TestQuantizeHead(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	odd := []float32{0, 1e-45, -1e-40, 1e-38, 3e38, -3e38, 127, 126.5, -0.5, 1, float32(math.Inf(1)), float32(math.Inf(-1))}
	levels(t, func(t *testing.T) {
		for round := range 600 {
			f := make([]float32, 1+rng.IntN(200))[1:]
			for i := range f {
				switch round % 4 {
				case 0:
					f[i] = float32(rng.NormFloat64())
				case 1:
					f[i] = odd[rng.IntN(len(odd))]
				case 2: // nothing but subnormals
					f[i] = math.Float32frombits(rng.Uint32() & 0x807fffff)
				}
			}
			checkHead(t, f, round%4 == 0)
		}
	})
}

func checkHead(t *testing.T, f []float32, usual bool) {
	t.Helper()
	n := (len(f) + 31) / 32
	q, scales := make([]int8, len(f)+1)[1:], make([]float32, n)
	wantQ, wantScales := make([]int8, len(f)), make([]float32, n)
	simd.QuantizeHead(q, scales, f)
	twin(func() { simd.QuantizeHead(wantQ, wantScales, f) })
	for i, v := range f {
		scale := scales[i/32]
		if q[i] != wantQ[i] || !same(scale, wantScales[i/32]) {
			t.Fatalf("%d numbers: number %d, %v, is %d with scale %v, want %d, %v", len(f), i, v, q[i], scale, wantQ[i], wantScales[i/32])
		}
		if diff := math.Abs(float64(v) - float64(q[i])*float64(scale)); usual && diff > 0.5001*float64(scale) {
			t.Fatalf("number %d, %v, became %d with scale %v", i, v, q[i], scale)
		}
	}
}

// TestSwiGLU holds the result to 4 units in the last place of the computation in
// double precision.
func TestSwiGLU(t *testing.T) {
	levels(t, func(t *testing.T) {
		worst := 0
		check := func(gate, up []float32) {
			got := append([]float32(nil), gate...)
			simd.SwiGLU(got, up)
			for i, g := range gate {
				want := float32(float64(g) / (1 + math.Exp(-float64(g))) * float64(up[i]))
				if float64(g) < -87 {
					// e^−g is beyond floats from 88.7 on: what is left is next to nothing.
					if !(math.Abs(float64(got[i])) <= 2e-36*max(1, math.Abs(float64(up[i])))) {
						t.Fatalf("silu(%v)·%v is %v", g, up[i], got[i])
					}
					continue
				}
				if d := ulps(got[i], want); d > worst && math.Abs(float64(want)) > 1e-37 {
					worst = d
				}
				if same(got[i], want) || ulps(got[i], want) <= 4 || math.Abs(float64(want)) < 1e-37 {
					continue
				}
				t.Fatalf("silu(%v)·%v is %v, want %v", g, up[i], got[i], want)
			}
		}
		inputs(func(kind string, x, y []float32) {
			if kind == "usual" {
				check(x, y)
			}
		})
		var gate, up []float32
		for g := float32(-100); g < 100; g += 0.0037 {
			gate, up = append(gate, g), append(up, 1)
		}
		check(gate, up)
		t.Logf("at most %d units in the last place", worst)
	})
	for i := range simd.FloatLevels() {
		undo := simd.SetFloatLevel(i)
		x := []float32{float32(math.NaN()), float32(math.Inf(1)), 0, 3e38, -3e38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
		ones := []float32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
		simd.SwiGLU(x, ones)
		if x[0] == x[0] || !math.IsInf(float64(x[1]), 1) || x[2] != 0 || x[3] != 3e38 || x[4] != 0 {
			t.Errorf("%s: the extremes became %v", simd.FloatLevels()[i], x[:5])
		}
		undo()
	}
}

func TestLargest(t *testing.T) {
	levels(t, func(t *testing.T) {
		inputs(func(kind string, x, _ []float32) {
			for _, nan := range []bool{false, true} {
				if nan && len(x) > 0 {
					x[len(x)/3] = float32(math.NaN())
				}
				want := float32(math.Inf(-1))
				for _, v := range x {
					if v > want {
						want = v
					}
				}
				if got := simd.Largest(x); got != want {
					t.Fatalf("%s, %d numbers: %v, want %v", kind, len(x), got, want)
				}
			}
		})
	})
}

// TestPowers allows 2 units in the last place beyond the rounding of the exponent.
func TestPowers(t *testing.T) {
	levels(t, func(t *testing.T) {
		inputs(func(kind string, x, _ []float32) {
			if kind != "usual" {
				return
			}
			got := make([]float32, len(x)+1)[1:]
			sum := simd.Powers(got, x, 3, 4)
			var want float64
			for i, v := range x {
				e := float32(math.Exp(float64((v - 3) * 4)))
				want += float64(got[i])
				if ulps(got[i], e) > 2 {
					t.Fatalf("e^%v is %v, want %v", (v-3)*4, got[i], e)
				}
			}
			if math.Abs(sum-want) > 1e-12*want {
				t.Fatalf("the sum of %d powers is %v, want %v", len(x), sum, want)
			}
		})
		nothing := make([]float32, 16)
		for i := range nothing {
			nothing[i] = float32(math.Inf(-1))
		}
		nothing[3] = 5
		if sum := simd.Powers(nothing, nothing, 5, 0.5); sum != 1 || nothing[0] != 0 || nothing[3] != 1 {
			t.Errorf("a sum of %v, powers %v", sum, nothing)
		}
	})
}

func TestRMSNorm(t *testing.T) {
	levels(t, func(t *testing.T) {
		inputs(func(kind string, x, w []float32) {
			if kind == "odd" || len(x) == 0 {
				return
			}
			got := make([]float32, len(x)+1)[1:]
			simd.RMSNorm(got, x, w, 1e-6)
			var sum float64
			for _, v := range x {
				sum += float64(v) * float64(v)
			}
			scale := 1 / math.Sqrt(sum/float64(len(x))+1e-6)
			for i := range x {
				if want := float32(float64(x[i]) * scale * float64(w[i])); ulps(got[i], want) > 3 {
					t.Fatalf("%d numbers: number %d is %v, want %v", len(x), i, got[i], want)
				}
			}
		})
		huge := []float32{3e38, -3e38, 3e38, 3e38, 3e38, 3e38, 3e38, 3e38, 3e38, 3e38, 3e38, 3e38, 3e38, 3e38, 3e38, 3e38, 3e38}
		ones := make([]float32, len(huge))
		simd.Add(ones, []float32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1})
		simd.RMSNorm(huge, huge, ones, 1e-6)
		if ulps(huge[0], 1) > 2 || ulps(huge[1], -1) > 2 {
			t.Errorf("squares beyond floats: %v", huge[:2])
		}
	})
}

// TestMix compares with sums in double precision, for every number of rows that
// kernels have code for, and says that a row depends on nothing but itself.
func TestMix(t *testing.T) {
	levels(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(11, 12))
		most := 27
		if testing.Short() { // as it is where processors are emulated
			most = 13
		}
		for rows := 1; rows <= most; rows++ {
			for _, n := range []int{1, 2, 31, 32, 128} {
				m := newMixed(rng, rows, n)
				for _, keep := range [][]float32{nil, m.keep} {
					m.check(t, rows, keep, false)
					m.check(t, rows, keep, true)
				}
			}
		}
	})
}

// mixed are operands of a mix, the rows and columns within larger ones.
type mixed struct {
	n, stride   int
	a, out      simd.Rows
	half        []uint16
	bytes       []int8
	keep, scale []float32
	outBefore   []float32
}

func newMixed(rng *rand.Rand, rows, n int) *mixed {
	floats := func(n int) []float32 {
		f := make([]float32, n)
		for i := range f {
			f[i] = float32(rng.NormFloat64())
		}
		return f
	}
	m := &mixed{n: n, stride: simd.Lanes + 3*rng.IntN(3), keep: floats(rows), scale: floats(simd.Lanes)}
	m.a = simd.Rows{Data: floats(rows * (n + 5)), Stride: n + 5, Count: rows}
	m.outBefore = floats(rows * 45)
	m.out = simd.Rows{Stride: 45, Count: rows}
	m.half = make([]uint16, (n-1)*m.stride+simd.Lanes)
	simd.ToHalf(m.half, floats(len(m.half)))
	m.bytes = make([]int8, len(m.half))
	for i := range m.bytes {
		m.bytes[i] = int8(rng.Uint32())
	}
	return m
}

func (m *mixed) run(out, a simd.Rows, keep []float32, bytes bool) {
	if bytes {
		simd.MixBytes(out, a, m.bytes, m.stride, m.n, keep, m.scale, m.bytes)
		return
	}
	simd.MixHalf(out, a, m.half, m.stride, m.n, keep, m.half)
}

func (m *mixed) check(t *testing.T, rows int, keep []float32, bytes bool) {
	t.Helper()
	m.out.Data = append([]float32(nil), m.outBefore...)
	m.run(m.out, m.a, keep, bytes)
	for r := range rows {
		alone := simd.Rows{Data: append([]float32(nil), m.outBefore[r*45:r*45+simd.Lanes]...), Stride: 45, Count: 1}
		if keep == nil {
			m.run(alone, m.a.From(r).Only(1), nil, bytes)
		} else {
			m.run(alone, m.a.From(r).Only(1), keep[r:r+1], bytes)
		}
		for i := range simd.Lanes {
			got := m.out.Data[r*45+i]
			want, size := m.exact(r, i, keep, bytes)
			if diff := math.Abs(float64(got) - want); diff > 1e-7*float64(m.n+2)*size {
				t.Fatalf("bytes %v, %d rows, %d steps: row %d, column %d is %v, want %v", bytes, rows, m.n, r, i, got, want)
			}
			if got != alone.Data[i] {
				t.Fatalf("bytes %v: row %d of %d, column %d is %v, but %v alone", bytes, r, rows, i, got, alone.Data[i])
			}
		}
	}
	for i, v := range m.out.Data {
		if i%45 >= simd.Lanes && v != m.outBefore[i] {
			t.Fatalf("number %d beyond the columns was written", i)
		}
	}
}

// exact is a number of the result, and the sum of the magnitudes it is made of.
func (m *mixed) exact(r, i int, keep []float32, bytes bool) (sum, size float64) {
	for k := range m.n {
		b := float64(simd.F16(m.half[k*m.stride+i]))
		if bytes {
			b = float64(m.bytes[k*m.stride+i]) * float64(m.scale[i])
		}
		sum += b * float64(m.a.Data[r*m.a.Stride+k])
		size += math.Abs(b * float64(m.a.Data[r*m.a.Stride+k]))
	}
	if keep != nil {
		b := float64(keep[r]) * float64(m.outBefore[r*45+i])
		sum, size = sum+b, size+math.Abs(b)
	}
	return sum, size
}

// TestSoften runs a softmax over rows of many scores, page by page.
func TestSoften(t *testing.T) {
	levels(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(13, 14))
		worst := 0
		for _, spread := range []float64{0, 1, 10, 100, 1e4} {
			for n := 1; n <= simd.Lanes; n++ {
				worst = max(worst, soften(t, rng, 1+rng.IntN(4), n, spread))
			}
		}
		t.Logf("weights differ by at most %d units in the last place", worst)
		if worst > 2 {
			t.Error("which is more than 2")
		}
	})
}

// soften gives a few rows three pages, the last of n scores, and returns by how
// much single weights are off.
func soften(t *testing.T, rng *rand.Rand, rows, n int, spread float64) (worst int) {
	t.Helper()
	largest, sum, keep := make([]float32, rows), make([]float32, rows), make([]float32, rows)
	exact, top := make([]float64, rows), make([]float64, rows)
	for r := range largest {
		largest[r], top[r] = float32(math.Inf(-1)), math.Inf(-1)
	}
	for page := range 3 {
		count := simd.Lanes
		if page == 2 {
			count = n
		}
		scores := make([]float32, rows*simd.Lanes)
		for i := range scores {
			scores[i] = float32(spread * rng.NormFloat64())
		}
		before := append([]float32(nil), scores...)
		simd.Soften(scores, count, largest, sum, keep)
		for r := range rows {
			was := top[r]
			for _, s := range before[r*simd.Lanes:][:count] {
				top[r] = max(top[r], float64(s))
			}
			worth := math.Exp2(float64(float32(was) - float32(top[r])))
			exact[r] *= worth
			if ulps(keep[r], float32(worth)) > 2 {
				t.Fatalf("earlier weights are worth %v, want %v", keep[r], worth)
			}
			for i, got := range scores[r*simd.Lanes:][:simd.Lanes] {
				want := float32(0)
				if i < count {
					x := before[r*simd.Lanes+i] - float32(top[r])
					want = float32(math.Exp2(float64(x)))
					exact[r] += math.Exp2(float64(x))
				}
				worst = max(worst, ulps(got, want))
			}
			if math.Abs(float64(sum[r])-exact[r]) > 1e-6*exact[r] || float64(largest[r]) != top[r] {
				t.Fatalf("row %d: sum %v, largest %v, want %v, %v", r, sum[r], largest[r], exact[r], top[r])
			}
		}
	}
	return worst
}

// TestSoftenExtremes: what is not a number stays visible, and no score is no weight.
func TestSoftenExtremes(t *testing.T) {
	levels(t, func(t *testing.T) {
		inf := float32(math.Inf(1))
		for _, c := range []struct {
			score, weight, sum float32
		}{{-inf, 0, 31}, {float32(math.NaN()), float32(math.NaN()), float32(math.NaN())}, {-200, 0, 31}, {-149, 1e-45, 31}, {-126, 0x1p-126, 31}} {
			scores := make([]float32, simd.Lanes)
			scores[7] = c.score
			largest, sum, keep := []float32{-inf}, []float32{0}, []float32{9}
			simd.Soften(scores, simd.Lanes, largest, sum, keep)
			if !same(sum[0], c.sum) || c.sum == c.sum && (!same(scores[7], c.weight) || scores[6] != 1 || keep[0] != 0) {
				t.Errorf("a score of %v weighs %v in a sum of %v and keeps %v", c.score, scores[7], sum[0], keep[0])
			}
		}
	})
}

func TestScaleColumns(t *testing.T) {
	levels(t, func(t *testing.T) {
		src, by := make([]float32, 5*simd.Lanes), make([]float32, simd.Lanes)
		for i := range src {
			src[i] = float32(i)
		}
		for i := range by {
			by[i] = 1 / float32(i+1)
		}
		dst := make([]float32, len(src))
		simd.ScaleColumns(dst, src, by)
		for i, v := range dst {
			if want := src[i] * by[i%simd.Lanes]; v != want {
				t.Fatalf("number %d is %v, want %v", i, v, want)
			}
		}
	})
}

// BenchmarkFloat measures the kernels on rows of the size they have in a model of
// 1.5 billion weights, in cache.
func BenchmarkFloat(b *testing.B) {
	rng := rand.New(rand.NewPCG(15, 16))
	const n = 1536
	x, y := make([]float32, n), make([]float32, n)
	for i := range x {
		x[i], y[i] = float32(rng.NormFloat64()), float32(rng.NormFloat64())
	}
	q, scales, halves := make([]int8, n), make([]float32, n/32), make([]uint16, n)
	gate := make([]float32, n)
	m := newMixed(rng, 48, 128)
	m.out = simd.Rows{Data: make([]float32, 48*simd.Lanes), Stride: simd.Lanes, Count: 48}
	m.stride = simd.Lanes
	largest, sum, keep := make([]float32, 48), make([]float32, 48), make([]float32, 48)
	for _, k := range []struct {
		name    string
		numbers int
		run     func()
	}{
		{"add", n, func() { simd.Add(gate, y) }},
		{"rmsnorm", n, func() { simd.RMSNorm(gate, x, y, 1e-6) }},
		{"swiglu", n, func() { copy(gate, x); simd.SwiGLU(gate, y) }},
		{"gelu", n, func() { copy(gate, x); simd.GELU(gate) }},
		{"layernorm", n, func() { copy(gate, x); simd.LayerNorm(gate, y, y, 1e-6) }},
		{"largest", n, func() { simd.Largest(x) }},
		{"powers", n, func() { simd.Powers(gate, x, 3, 1.4) }},
		{"rotate/halves", 128, func() { simd.Rotate(x[:128], y[:64], y[64:128], false) }},
		{"rotate/pairs", 128, func() { simd.Rotate(x[:128], y[:64], y[64:128], true) }},
		{"half", n, func() { simd.ToHalf(halves, x) }},
		{"quantizehead", n, func() { simd.QuantizeHead(q, scales, x) }},
		{"soften", 48 * simd.Lanes, func() { simd.Soften(m.out.Data, simd.Lanes, largest, sum, keep) }},
		{"mixhalf/rows=1", 128 * simd.Lanes, func() { m.run(m.out.Only(1), m.a.Only(1), nil, false) }},
		{"mixhalf/rows=6", 6 * 128 * simd.Lanes, func() { m.run(m.out.Only(6), m.a.Only(6), nil, false) }},
		{"mixhalf/rows=48", 48 * 128 * simd.Lanes, func() { m.run(m.out, m.a, nil, false) }},
		{"mixbytes/rows=6", 6 * 128 * simd.Lanes, func() { m.run(m.out.Only(6), m.a.Only(6), nil, true) }},
		{"mixbytes/rows=48", 48 * 128 * simd.Lanes, func() { m.run(m.out, m.a, nil, true) }},
	} {
		for i, level := range simd.FloatLevels() {
			b.Run(fmt.Sprintf("%s/%s", k.name, level), func(b *testing.B) {
				defer simd.SetFloatLevel(i)()
				for b.Loop() {
					k.run()
				}
				b.ReportMetric(float64(k.numbers)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "G/s")
			})
		}
	}
}
