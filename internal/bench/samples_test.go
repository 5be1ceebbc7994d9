package bench

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestPercentile(t *testing.T) {
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(i + 1)
	}
	for _, c := range []struct {
		samples []float64
		percent int
		want    float64
	}{
		{[]float64{7}, 50, 7}, {[]float64{7}, 99, 7}, {[]float64{7}, 100, 7},
		{[]float64{1, 2}, 50, 1}, {[]float64{1, 2}, 51, 2},
		{hundred, 50, 50}, {hundred, 90, 90}, {hundred, 95, 95}, {hundred, 99, 99}, {hundred, 100, 100}, {hundred, 1, 1},
		{hundred[:20], 95, 19}, {hundred[:10], 95, 10}, {hundred[:21], 95, 20},
	} {
		if got := percentile(c.samples, c.percent); got != c.want {
			t.Errorf("p%d of %d samples is %g, want %g", c.percent, len(c.samples), got, c.want)
		}
	}
}

// TestSpreadIsOfTheSamples is invariant B2, by counting.
func TestSpreadIsOfTheSamples(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := 1; n < 300; n += 7 {
		samples := make([]float64, n)
		sum := 0.0
		for i := range samples {
			samples[i] = math.Floor(r.ExpFloat64() * 10) // with equals among them
			sum += samples[i]
		}
		s := describe(slices.Clone(samples))
		for percent, x := range map[int]float64{50: s.P50, 90: s.P90, 95: s.P95, 99: s.P99} {
			below, notAbove := 0, 0
			for _, y := range samples {
				if y < x {
					below++
				}
				if y <= x {
					notAbove++
				}
			}
			if !slices.Contains(samples, x) || notAbove*100 < percent*n || below*100 >= percent*n {
				t.Errorf("p%d of %d samples is %g: %d below, %d not above", percent, n, x, below, notAbove)
			}
		}
		if s.Count != n || s.Min != slices.Min(samples) || s.Max != slices.Max(samples) || math.Abs(s.Mean*float64(n)-sum) > 1e-6 {
			t.Errorf("%+v of %v", s, samples)
		}
	}
	if describe(nil) != (Spread{}) {
		t.Error("nothing has a spread")
	}
}

func TestRuns(t *testing.T) {
	for _, c := range []struct {
		samples []float64
		want    Runs
	}{
		{nil, Runs{}},
		{[]float64{0}, Runs{}},
		{[]float64{4, 2, 3}, Runs{Median: 3, Min: 2, Max: 4, Spread: 2.0 / 3}},
		{[]float64{4, 2}, Runs{Median: 3, Min: 2, Max: 4, Spread: 2.0 / 3}},
	} {
		got := repeated(slices.Clone(c.samples))
		if !slices.Equal(got.Samples, c.samples) {
			t.Errorf("%v became %v", c.samples, got.Samples)
		}
		got.Samples = nil
		if got.Median != c.want.Median || got.Min != c.want.Min || got.Max != c.want.Max || got.Spread != c.want.Spread {
			t.Errorf("%v: %+v, want %+v", c.samples, got, c.want)
		}
	}
}

// TestHistogramLosesNothing puts samples of every size in: each is in the bin it
// belongs to, and bins stand side by side.
func TestHistogramLosesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for n := range 200 {
		var samples []float64
		for range n {
			samples = append(samples, math.Pow(10, r.Float64()*14-8))
		}
		samples = append(samples, 0, 0.005, 0.0015, 1e9)[:len(samples)+n%5]
		slices.Sort(samples)
		bins := histogram(samples)
		total := 0
		for i, b := range bins {
			total += b.Count
			if i > 0 && b.From != bins[i-1].To {
				t.Fatalf("a hole before %+v", b)
			}
			in := 0
			for _, x := range samples {
				if x >= b.From && (x < b.To || b.To == 1e4) {
					in++
				}
			}
			if in != b.Count {
				t.Errorf("%+v has %d samples", b, in)
			}
		}
		if total != len(samples) || len(bins) > 0 && (bins[0].Count == 0 || bins[len(bins)-1].Count == 0) {
			t.Errorf("%d samples, %d in %d bins", len(samples), total, len(bins))
		}
	}
}

// TestArrivalsArePoisson holds gaps against the exponential law: their mean, their
// spread, and the share that is shorter than the mean (1 - 1/e).
func TestArrivalsArePoisson(t *testing.T) {
	const n, perSecond = 200_000, 4.0
	var gaps []float64
	last, short := time.Duration(0), 0
	for at := range arrivals(perSecond, 11) {
		gap := (at - last).Seconds()
		if gap < 0 {
			t.Fatalf("%v comes after %v", at, last)
		}
		if gaps, last = append(gaps, gap), at; gap < 1/perSecond {
			short++
		}
		if len(gaps) == n {
			break
		}
	}
	mean, squares := last.Seconds()/n, 0.0
	for _, g := range gaps {
		squares += (g - mean) * (g - mean)
	}
	for name, x := range map[string][2]float64{
		"mean": {mean, 1 / perSecond}, "deviation": {math.Sqrt(squares / n), 1 / perSecond}, "short ones": {float64(short) / n, 1 - 1/math.E},
	} {
		if math.Abs(x[0]/x[1]-1) > 0.01 {
			t.Errorf("%s: %g, want %g", name, x[0], x[1])
		}
	}
}

// TestSeed is invariant B3.
func TestSeed(t *testing.T) {
	first := func(seed uint64) (at []time.Duration) {
		for a := range arrivals(5, seed) {
			if at = append(at, a); len(at) == 100 {
				return at
			}
		}
		return nil
	}
	if !slices.Equal(first(1), first(1)) || slices.Equal(first(1), first(2)) {
		t.Error("a seed does not decide the arrivals")
	}
	text := func(seed uint64, i int) string { return words(draw(seed, promptStream, i), 50) }
	if again := text(1, 7); again != text(1, 7) || again == text(2, 7) || again == text(1, 8) {
		t.Error("a seed does not decide the prompts")
	}
}
