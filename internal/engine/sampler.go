package engine

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/simd"
)

// sampler draws the next token of one sequence.
type sampler struct {
	hearth.Sampling
	temperature float64
	topP        float64
	random      *rand.Rand

	held held    // what the answer is held to
	ends []int32 // the tokens that end it, if they may

	prompt map[int]bool // tokens of the prompt, for the repetition penalty
	answer map[int]int  // occurrences in the answer, for all penalties; nil without any

	candidates []candidate
	weights    []float32 // of all tokens
}

type candidate struct {
	id int
	p  float64
}

// newSampler seeds the generator of a choice. Without a seed it draws one.
func newSampler(s hearth.Sampling, choice int, prompt []int) *sampler {
	seed := rand.Uint64()
	if s.Seed != nil {
		seed = uint64(*s.Seed) + uint64(choice)
	}
	m := &sampler{Sampling: s, temperature: 1, topP: 1,
		random: rand.New(rand.NewPCG(seed, 0x6865617274680000))}
	if s.Temperature != nil {
		m.temperature = *s.Temperature
	}
	if s.TopP != nil {
		m.topP = *s.TopP
	}
	repeats := s.Repetition != 0 && s.Repetition != 1
	if repeats || s.Frequency != 0 || s.Presence != 0 {
		m.answer = map[int]int{}
	}
	if repeats {
		m.prompt = make(map[int]bool, len(prompt))
		for _, id := range prompt {
			m.prompt[id] = true
		}
	}
	return m
}

// next draws a token from the logits, which it changes.
func (s *sampler) next(logits []float32) int {
	s.adjust(logits)
	s.held.mask(logits, s.ends)
	id := s.draw(logits)
	if s.answer != nil {
		s.answer[id]++
	}
	return id
}

// adjust applies penalties and biases.
func (s *sampler) adjust(logits []float32) {
	if s.prompt != nil {
		for id := range s.prompt {
			s.repeat(logits, id)
		}
		for id := range s.answer {
			if !s.prompt[id] {
				s.repeat(logits, id)
			}
		}
	}
	if s.Frequency != 0 || s.Presence != 0 {
		for id, n := range s.answer {
			logits[id] -= float32(float64(n)*s.Frequency + s.Presence)
		}
	}
	for id, b := range s.Bias {
		logits[id] += float32(b)
	}
}

func (s *sampler) repeat(logits []float32, id int) {
	if logits[id] > 0 {
		logits[id] /= float32(s.Repetition)
	} else {
		logits[id] *= float32(s.Repetition)
	}
}

func (s *sampler) draw(logits []float32) int {
	best := argmax(logits)
	if s.temperature == 0 || s.TopK == 1 {
		return best
	}
	// Probabilities relative to the likeliest token: enough for every cut.
	largest := logits[best]
	if s.TopK > 0 && s.TopK < len(logits) {
		s.first(logits, s.TopK)
		for i, c := range s.candidates {
			s.candidates[i].p = math.Exp((c.p - float64(largest)) / s.temperature)
		}
		s.cut(total(s.candidates))
		return s.pick()
	}
	s.weights = slices.Grow(s.weights[:0], len(logits))[:len(logits)]
	sum := simd.Powers(s.weights, logits, largest, float32(min(1/s.temperature, 1e30)))
	if s.topP >= 1 && s.MinP <= 0 {
		return s.any(sum, best)
	}
	s.likely(sum)
	s.sort()
	s.cut(sum)
	return s.pick()
}

// first makes the k likeliest tokens the candidates, in order, with their logits.
func (s *sampler) first(logits []float32, k int) {
	s.candidates = s.candidates[:0]
	least := math.Inf(-1)
	for id, l := range logits {
		if len(s.candidates) == k && !(float64(l) > least) || math.IsInf(float64(l), -1) {
			continue
		}
		c := candidate{id, float64(l)}
		at, _ := slices.BinarySearchFunc(s.candidates, c, likelier)
		s.candidates = slices.Insert(s.candidates, at, c)
		s.candidates = s.candidates[:min(k, len(s.candidates))]
		least = s.candidates[len(s.candidates)-1].p
	}
}

// likely makes those tokens candidates that the cuts may leave. What is less likely
// than the floor can't be among the first to reach p, so most of a large vocabulary
// need not be sorted.
func (s *sampler) likely(sum float64) {
	floor := float32(s.MinP)
	if s.topP < 1 {
		floor = max(floor, float32((1-s.topP)*sum/float64(len(s.weights))))
	}
	floor = min(floor, 1) // the likeliest stays
	s.candidates = s.candidates[:0]
	for id, w := range s.weights {
		if w >= floor {
			s.candidates = append(s.candidates, candidate{id, float64(w)})
		}
	}
}

// cut keeps of the candidates, which are in order, what top-p and min-p allow. sum
// is what all tokens weigh that top-p looks at.
func (s *sampler) cut(sum float64) {
	if s.topP < 1 {
		reached := 0.0
		for i, c := range s.candidates {
			if reached += c.p; reached >= s.topP*sum {
				s.candidates = s.candidates[:i+1]
				break
			}
		}
	}
	if s.MinP > 0 {
		least := func(c candidate) bool { return c.p < s.MinP }
		if i := slices.IndexFunc(s.candidates, least); i > 0 {
			s.candidates = s.candidates[:i]
		}
	}
}

// any draws among all tokens.
func (s *sampler) any(sum float64, best int) int {
	at := s.random.Float64() * sum
	for id, w := range s.weights {
		if at -= float64(w); at < 0 {
			return id
		}
	}
	return best // where rounding has left a rest
}

// pick draws in proportion to probability.
func (s *sampler) pick() int {
	at := s.random.Float64() * total(s.candidates)
	for _, c := range s.candidates {
		if at -= c.p; at < 0 {
			return c.id
		}
	}
	return s.candidates[len(s.candidates)-1].id
}

// sort puts the likeliest first.
func (s *sampler) sort() { slices.SortFunc(s.candidates, likelier) }

// likelier puts the likelier token first; equals keep the order of their ids, so
// that the result does not depend on the sorting.
func likelier(a, b candidate) int { return cmp.Or(cmp.Compare(b.p, a.p), cmp.Compare(a.id, b.id)) }

func total(cs []candidate) float64 {
	var sum float64
	for _, c := range cs {
		sum += c.p
	}
	return sum
}

// argmax is the first of the largest. The row is gone through in parts, so that the
// place is looked for in one of them only.
func argmax(logits []float32) int {
	const part = 4096
	best, largest := 0, float32(math.Inf(-1))
	for i := 0; i < len(logits); i += part {
		if l := simd.Largest(logits[i:min(i+part, len(logits))]); l > largest {
			best, largest = i, l
		}
	}
	return best + max(0, slices.Index(logits[best:], largest))
}

// likeliest is the log-probability of a token and of the n likeliest ones.
func likeliest(logits []float32, id, n int) (own float64, ids []int, tops []float64) {
	largest := float64(logits[argmax(logits)])
	var sum float64
	for _, l := range logits {
		sum += math.Exp(float64(l) - largest)
	}
	norm := largest + math.Log(sum)
	for i, l := range logits {
		if n == 0 || len(ids) == n && l <= logits[ids[n-1]] {
			continue
		}
		at, _ := slices.BinarySearchFunc(ids, l, func(j int, l float32) int {
			return cmp.Or(cmp.Compare(l, logits[j]), -1) // after its equals
		})
		ids = slices.Insert(ids, at, i)
		ids = ids[:min(n, len(ids))]
	}
	for _, i := range ids {
		tops = append(tops, float64(logits[i])-norm)
	}
	return float64(logits[id]) - norm, ids, tops
}
