package simd_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/hearthbox/hearth/internal/simd"
)

// TestGELU holds the result against the error function of the standard library.
func TestGELU(t *testing.T) {
	var x []float32
	for v := float32(-20); v < 20; v += 0.00131 {
		x = append(x, v)
	}
	x = append(x, 0, 1e-30, -1e-30, 3e38, -3e38, 100, -100)
	levels(t, func(t *testing.T) {
		got := append([]float32(nil), x...)
		simd.GELU(got)
		worst := 0.0
		for i, v := range x {
			want := float64(v) / 2 * (1 + math.Erf(float64(v)/math.Sqrt2))
			d := math.Abs(float64(got[i]) - want)
			if v != 0 {
				worst = max(worst, d/math.Abs(float64(v)))
			}
			if !(d <= 4e-7*math.Abs(float64(v))) {
				t.Fatalf("the GELU of %v is %v, want %v", v, got[i], want)
			}
		}
		t.Logf("at most %.2g of the argument", worst)
		nan := make([]float32, 16)
		nan[3] = float32(math.NaN())
		if simd.GELU(nan); nan[3] == nan[3] || nan[2] != 0 {
			t.Errorf("what is no number became %v", nan[:4])
		}
	})
}

// TestLayerNorm compares with the textbook in double precision.
func TestLayerNorm(t *testing.T) {
	rng := rand.New(rand.NewPCG(20, 21))
	levels(t, func(t *testing.T) {
		for n := 1; n < 400; n += 1 + n/7 {
			x, w, b := make([]float32, n), make([]float32, n), make([]float32, n)
			var mean, square float64
			for i := range x {
				x[i], w[i], b[i] = float32(3+rng.NormFloat64()), rng.Float32(), rng.Float32()
				mean += float64(x[i]) / float64(n)
			}
			for _, v := range x {
				square += (float64(v) - mean) * (float64(v) - mean) / float64(n)
			}
			got := append([]float32(nil), x...)
			simd.LayerNorm(got, w, b, 1e-5)
			for i, v := range x {
				want := (float64(v)-mean)/math.Sqrt(square+1e-5)*float64(w[i]) + float64(b[i])
				if math.Abs(float64(got[i])-want) > 2e-5 {
					t.Fatalf("%d numbers: number %d is %v, want %v", n, i, got[i], want)
				}
			}
		}
	})
}
