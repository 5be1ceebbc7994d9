package trust

import (
	"strings"
	"testing"
)

// TestPlatt: the curve rises, also where the classes are far apart, and says of each what
// share of it is true.
func TestPlatt(t *testing.T) {
	var z []float64
	var truth []bool
	for i := range 1000 {
		z, truth = append(z, -9-float64(i%7)), append(truth, false)
		z, truth = append(z, 9+float64(i%5)), append(truth, true)
	}
	if h := platt(z, truth, 1); h.Slope <= 0 || h.probability(9) < 0.99 || h.probability(-9) > 0.01 {
		t.Errorf("far apart: %+v", h)
	}
	z, truth = nil, nil
	for i := range 1000 {
		z, truth = append(z, -1), append(truth, i%10 == 0)
		z, truth = append(z, 1), append(truth, i%10 != 0)
	}
	if h := platt(z, truth, 1); h.probability(-1) < 0.08 || h.probability(-1) > 0.12 || h.probability(1) < 0.88 {
		t.Errorf("mixed: %+v", h)
	}
}

// TestTrainIsReproducible, on a set that takes no time.
func TestTrainIsReproducible(t *testing.T) {
	var set []Example
	for _, c := range cases {
		e := Example{Group: c.name, Question: c.question, Answer: c.answer, Brand: c.brand}
		if c.ad != "" {
			at := strings.Index(c.answer, c.ad)
			e.Ads = []Range{{at, at + len(c.ad)}}
		}
		set = append(set, e)
	}
	a, _ := Train(set, nil, 7).Encode()
	b, _ := Train(set, nil, 7).Encode()
	if string(a) != string(b) {
		t.Error("the same set and seed made two models")
	}
}
