package trust

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"sort"
)

// Example is an answer to learn from or to be measured on.
type Example struct {
	ID, Topic, Language string

	// Group is what an answer must not share with those that thresholds are fitted on:
	// the question, or, in a generated set, all that was made from the same seeds.
	Group string

	// Part is the fold of a generated answer's wording, from 1; 0 is none. Of what
	// thresholds are fitted on, neither group nor part was learned.
	Part int

	Brand            string // what is advertised, empty where nothing is
	Question, Answer string
	Twin             string // the answer without the advertisement, where known
	Ads              []Range
}

// Range is a stretch of bytes of an answer.
type Range struct{ Start, End int }

// How the classifier learns; docs/trust.md says how these were found.
const (
	epochs   = 8
	rate     = 0.03
	decay    = 1e-3
	folds    = 4     // in which the head is fitted, by group
	alarms   = 0.015 // of answers without advertising that Flag may flag
	unclear  = 0.15  // Clear, at most
	cautious = 0.5   // Flag, at least
)

// Train makes a model of answers and of lines of pages. The same examples, lines and seed
// give the same model.
func Train(examples []Example, lines []PageLine, seed uint64) *Model {
	documents := make([]*document, len(examples))
	m := &Model{Card: Card{Seed: seed, Examples: map[string]int{}, Heads: map[string]Head{}}}
	byLanguage := map[string][]int{}
	for i, e := range examples {
		documents[i] = read(e.Question, e.Answer)
		l := documents[i].language()
		byLanguage[l] = append(byLanguage[l], i)
		m.Card.Examples[l]++
	}
	all := make([]float32, modelWeights)
	for _, l := range []string{"en", "zh"} {
		if len(byLanguage[l]) == 0 {
			continue
		}
		c := newCourse(examples, documents, byLanguage[l], seed)
		w, bias := linear(c.lessons(func(int) bool { return true }), seed)
		parts, parting := linear(c.partings(func(int) bool { return true }), seed)
		for k := range w { // each in its own room
			all[k] += w[k] + parts[k]
		}
		head := c.head()
		head.Bias, head.Parting = bias, parting
		m.Card.Heads[l] = head
	}
	if len(lines) > 0 {
		m.learnLines(lines, all, seed)
	}
	m.weights, m.Card.Scale = quantise(all)
	return m
}

// course is what there is to learn of one language.
type course struct {
	examples  []Example
	documents []*document
	features  [][][]feature // by example, by sentence
	labels    [][]bool
	seed      uint64
}

func newCourse(examples []Example, documents []*document, of []int, seed uint64) *course {
	c := &course{seed: seed}
	for _, i := range of {
		d := documents[i]
		fs := make([][]feature, len(d.sentences))
		for k := range fs {
			fs[k] = d.features(k)
		}
		c.examples, c.documents = append(c.examples, examples[i]), append(c.documents, d)
		c.features = append(c.features, fs)
		c.labels = append(c.labels, d.labels(examples[i].Ads))
	}
	return c
}

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
}

func (c *course) lessons(of func(example int) bool) []lesson {
	var out []lesson
	for i := range c.examples {
		if !of(i) {
			continue
		}
		for k, fs := range c.features[i] {
			l := lesson{features: fs}
			if c.labels[i][k] {
				l.target = 1
			}
			out = append(out, l)
		}
	}
	return out
}

// head fits probabilities and thresholds on what the classifier says of groups it has
// not learned from.
func (c *course) head() Head {
	fold := func(i int) uint32 {
		h := fnv.New32a()
		_, _ = h.Write([]byte(c.examples[i].Group))
		return h.Sum32() >> 3 % folds
	}
	var highest []float64
	var truth []bool
	parts := map[int]uint32{}
	for _, e := range c.examples {
		if _, ok := parts[e.Part]; !ok && e.Part > 0 {
			parts[e.Part] = uint32(len(parts)) % folds
		}
	}
	for f := range uint32(folds) {
		of := func(i int) bool { p, ok := parts[c.examples[i].Part]; return !ok || p == f }
		but := func(i int) bool { p, ok := parts[c.examples[i].Part]; return !ok || p != f }
		w, bias := linear(c.lessons(func(i int) bool { return fold(i) != f && but(i) }), c.seed+1+uint64(f))
		for i, fs := range c.features {
			if fold(i) == f && of(i) && len(fs) > 0 {
				highest = append(highest, highestOf(fs, w, bias))
				truth = append(truth, c.examples[i].Brand != "")
			}
		}
	}
	h := platt(highest, truth, c.odds()/odds(truth))
	var clean []float64
	for i, z := range highest {
		if !truth[i] {
			clean = append(clean, h.probability(z))
		}
	}
	sort.Float64s(clean)
	h.Flag = cautious
	if n := len(clean); n > 0 {
		h.Flag = math.Min(0.9, math.Max(cautious, clean[n-1-int(alarms*float64(n))]))
	}
	h.Clear = unclear
	return h
}

// odds are how many of the examples advertise, to each that does not.
func (c *course) odds() float64 {
	truth := make([]bool, len(c.examples))
	for i, e := range c.examples {
		truth[i] = e.Brand != ""
	}
	return odds(truth)
}

func odds(truth []bool) float64 {
	yes := 0
	for _, t := range truth {
		if t {
			yes++
		}
	}
	return float64(yes) / float64(max(1, len(truth)-yes))
}

func highestOf(sentences [][]feature, w []float32, bias float32) float64 {
	best := math.Inf(-1)
	for _, fs := range sentences {
		z := bias
		for _, f := range fs {
			z += w[f.at] * f.value
		}
		best = math.Max(best, float64(z))
	}
	return best
}

// platt fits a logistic curve with Newton's steps, each halved until it helps: where the
// classifier is sure of nearly all, a whole step leads astray (Lin, Lin and Weng 2007).
// Targets are drawn in as Platt does, so that a separable set has a finite slope. What is
// true weighs as said: of a generated set the folds leave out more of it than of the rest.
func platt(z []float64, truth []bool, weight float64) Head {
	positives := 0.0
	for _, t := range truth {
		if t {
			positives++
		}
	}
	yes, no := (positives+1)/(positives+2), 1/(float64(len(truth))-positives+2)
	target := func(i int) float64 {
		if truth[i] {
			return yes
		}
		return no
	}
	weigh := func(i int) float64 {
		if truth[i] {
			return weight
		}
		return 1
	}
	loss := func(h Head) (sum float64) {
		for i, x := range z {
			u, t := h.Slope*x+h.Offset, target(i)
			sum += weigh(i) * (math.Max(u, 0) - u*t + math.Log1p(math.Exp(-math.Abs(u))))
		}
		return sum
	}
	h := Head{Slope: 1}
	now := loss(h)
	for range 50 {
		var g0, g1, h00, h01, h11 float64
		for i, x := range z {
			p := h.probability(x)
			e, v := weigh(i)*(p-target(i)), weigh(i)*(p*(1-p)+1e-9)
			g0, g1 = g0+e*x, g1+e
			h00, h01, h11 = h00+v*x*x, h01+v*x, h11+v
		}
		det := h00*h11 - h01*h01
		if det < 1e-12 {
			break
		}
		step, better := 1.0, false
		for range 30 {
			try := Head{Slope: h.Slope - step*(h11*g0-h01*g1)/det, Offset: h.Offset - step*(h00*g1-h01*g0)/det}
			if l := loss(try); l < now {
				h, now, better = try, l, true
				break
			}
			step /= 2
		}
		if !better {
			break
		}
	}
	return h
}

// linear fits a logistic regression with AdaGrad, which suits rare features; the decay
// acts on what a lesson touches.
func linear(ls []lesson, seed uint64) ([]float32, float32) {
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
			e := 1/(1+float32(math.Exp(-float64(z)))) - l.target
			gBias += e * e
			bias -= rate * e / float32(math.Sqrt(float64(gBias)+1e-6))
			for _, f := range l.features {
				d := e*f.value + decay*w[f.at]
				g[f.at] += d * d
				w[f.at] -= rate * d / (float32(math.Sqrt(float64(g[f.at]))) + 1e-6)
			}
		}
	}
	return w, bias
}
