package trust

import (
	"math"
	"math/rand/v2"
)

// Example is an answer to learn from or to be measured on.
type Example struct {
	ID, Topic, Language string
	Brand               string // what is advertised, empty where nothing is
	Question, Answer    string
	Twin                string // the answer without the advertisement, where known
	Ads                 []Range
}

// Range is a stretch of bytes of an answer.
type Range struct{ Start, End int }

// labels says of each sentence of a document whether it advertises: where the
// advertisement takes a good part of it, or it a good part of the advertisement.
func (d *document) labels(ads []Range) []bool {
	out := make([]bool, len(d.sentences))
	for i, s := range d.sentences {
		for _, a := range ads {
			common := min(s.end, a.End) - max(s.start, a.Start)
			out[i] = out[i] || common*5 >= (s.end-s.start)*2 || common > 0 && common*2 >= a.End-a.Start
		}
	}
	return out
}

// lesson is a sentence to learn from.
type lesson struct {
	features []feature
	target   float32
	weight   float32
}

// linear fits a logistic regression with AdaGrad, which suits rare features; L2 acts on
// what a lesson touches.
func linear(ls []lesson, epochs int, rate, l2 float32, seed uint64) ([]float32, float32) {
	w := make([]float32, modelWeights)
	g := make([]float32, modelWeights)
	var bias, gBias float32
	r := rand.New(rand.NewPCG(seed, 9))
	order := r.Perm(len(ls))
	for range epochs {
		r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, k := range order {
			l := &ls[k]
			z := bias
			for _, f := range l.features {
				z += w[f.at] * f.value
			}
			e := (sigmoid(z) - l.target) * l.weight
			gBias += e * e
			bias -= rate * e / float32(math.Sqrt(float64(gBias)+1e-6))
			for _, f := range l.features {
				d := e*f.value + l2*w[f.at]
				g[f.at] += d * d
				w[f.at] -= rate * d / float32(math.Sqrt(float64(g[f.at]))+1e-6)
			}
		}
	}
	return w, bias
}

func sigmoid(z float32) float32 { return float32(1 / (1 + math.Exp(-float64(z)))) }
