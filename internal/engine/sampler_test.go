package engine

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/hearthbox/hearth"
)

// allowed is what the settings leave of a vocabulary, as they are defined: every
// step over all tokens, in order.
func allowed(s *sampler, logits []float32) []candidate {
	var all []candidate
	largest := float64(slices.Max(logits))
	for id, l := range logits {
		all = append(all, candidate{id, math.Exp((float64(l) - largest) / s.temperature)})
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(b.p, a.p) })
	if s.TopK > 0 && s.TopK < len(all) {
		all = all[:s.TopK]
	}
	sum, reached := total(all), 0.0
	if s.topP < 1 {
		for i, c := range all {
			if reached += c.p; reached >= s.topP*sum {
				all = all[:i+1]
				break
			}
		}
	}
	return slices.DeleteFunc(all, func(c candidate) bool { return c.p < s.MinP })
}

// TestSamplerDrawsWhatItMay draws often, with every kind of setting: nothing is
// drawn that the settings exclude, and everything else as often as it should be.
func TestSamplerDrawsWhatItMay(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		temperature, topP, minP float64
		topK                    int
	}{{1, 1, 0, 0}, {0.6, 0.95, 0, 20}, {0.7, 0.9, 0, 0}, {1.5, 1, 0, 7}, {1, 1, 0.1, 0}, {0.8, 0.7, 0.2, 40}, {1, 0, 0, 0}, {1, 1, 1, 0}, {2, 0.99, 0.01, 0}, {1e-40, 1, 0, 0}} {
		seed := int64(7)
		s := newSampler(hearth.Sampling{Temperature: &c.temperature, TopP: &c.topP, MinP: c.minP, TopK: c.topK, Seed: &seed}, 0, nil)
		logits := make([]float32, 5000)
		for i := range logits {
			logits[i] = float32(rng.NormFloat64())
			if i%500 == 77 {
				logits[i] += 8
			}
		}
		may := allowed(s, logits)
		drawn := map[int]int{}
		const draws = 20000
		for range draws {
			drawn[s.draw(logits)]++
		}
		sum := total(may)
		for _, m := range may {
			expected := draws * m.p / sum
			if diff := math.Abs(float64(drawn[m.id]) - expected); diff > 6*math.Sqrt(expected)+1 {
				t.Errorf("%+v: token %d was drawn %d times, not about %.1f", c, m.id, drawn[m.id], expected)
			}
			delete(drawn, m.id)
		}
		if len(drawn) > 0 {
			t.Errorf("%+v: drew what it may not: %v", c, drawn)
		}
	}
}

func TestArgmax(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{1, 15, 4096, 4097, 20000} {
		logits := make([]float32, n)
		for i := range logits {
			logits[i] = float32(rng.IntN(20)) // ties are common
		}
		if got, want := argmax(logits), slices.Index(logits, slices.Max(logits)); got != want {
			t.Errorf("of %d, number %d is said to be the largest, not %d", n, got, want)
		}
	}
	if got := argmax([]float32{float32(math.NaN()), float32(math.Inf(-1)), -3}); got != 2 {
		t.Errorf("beside what is not a number: %d", got)
	}
}

// BenchmarkSampler draws from a vocabulary of Qwen's size whose logits are as
// spread as those of a model.
func BenchmarkSampler(b *testing.B) {
	logits := make([]float32, 151936)
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range logits {
		logits[i] = float32(2 * rng.NormFloat64())
		if i%10000 == 0 {
			logits[i] += 12
		}
	}
	zero, temperature, p, one := 0.0, 0.7, 0.9, 1.0
	for name, s := range map[string]hearth.Sampling{
		"greedy":      {Temperature: &zero},
		"temperature": {Temperature: &one},
		"top-p":       {Temperature: &temperature, TopP: &p},
		"top-k":       {Temperature: &temperature, TopP: &p, TopK: 20},
	} {
		b.Run(name, func(b *testing.B) {
			s := newSampler(s, 0, nil)
			for b.Loop() {
				s.draw(logits)
			}
		})
	}
}
