package quantize

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/hearthbox/hearth/internal/nn"
)

// Loss is what a model has lost by being written smaller: how its answers about a text
// differ from those of the model it was.
type Loss struct {
	Tokens int `json:"tokens"` // compared

	// Of a model that continues texts: the Kullback-Leibler divergence of what may come
	// next from what it was, in nats, in the mean and at the 99th of a hundred; the
	// share of places where the likeliest token is the same; and the perplexities.
	Mean       float64 `json:"kl_mean,omitempty"`
	P99        float64 `json:"kl_p99,omitempty"`
	SameTop    float64 `json:"same_top,omitempty"`
	Perplexity float64 `json:"perplexity,omitempty"`
	Before     float64 `json:"perplexity_before,omitempty"`

	// Of a model that makes vectors: the least cosine of the two vectors of a piece.
	Cosine float64 `json:"cosine,omitempty"`
}

// windowTokens is how many tokens are computed at once, at most what the model takes.
// Each window is a text of its own.
const windowTokens = 256

// Compare finds out what a model has lost, on the tokens of a text. progress, if not nil,
// is told how many of all tokens are done. Memory beside the models': the logits of two
// windows, and the caches of one.
func Compare(ctx context.Context, before, after *nn.Model, w nn.Workers, tokens []int, progress func(done, total int)) (Loss, error) {
	a, b := newReader(before, w), newReader(after, w)
	loss := Loss{Cosine: 1}
	var divergences []float64
	var same int
	var entropy, entropyBefore float64
	var predicted int
	size := min(windowTokens, before.Context)
	for from := 0; from < len(tokens); from += size {
		if err := ctx.Err(); err != nil {
			return Loss{}, err
		}
		window := tokens[from:min(len(tokens), from+size)]
		if before.Pooling != nn.PoolNone {
			loss.Cosine = min(loss.Cosine, cosine(a.vector(window), b.vector(window)))
		} else {
			was, is := a.logits(window), b.logits(window)
			for i := range was {
				p, q := logSoftmax(was[i]), logSoftmax(is[i])
				divergences = append(divergences, divergence(p, q))
				if top(p) == top(q) {
					same++
				}
				if i+1 < len(window) {
					predicted++
					entropyBefore -= p[window[i+1]]
					entropy -= q[window[i+1]]
				}
			}
		}
		loss.Tokens += len(window)
		if progress != nil {
			progress(loss.Tokens, len(tokens))
		}
	}
	if len(divergences) == 0 {
		return loss, nil
	}
	loss.Cosine = 0
	sum := 0.0
	for _, d := range divergences {
		sum += d
	}
	slices.Sort(divergences)
	n := float64(len(divergences))
	loss.Mean, loss.P99 = sum/n, divergences[len(divergences)*99/100]
	loss.SameTop = float64(same) / n
	loss.Perplexity = math.Exp(entropy / float64(max(1, predicted)))
	loss.Before = math.Exp(entropyBefore / float64(max(1, predicted)))
	return loss, nil
}

// reader computes windows with one model.
type reader struct {
	model  *nn.Model
	cache  *nn.Cache
	runner *nn.Runner
}

func newReader(m *nn.Model, w nn.Workers) *reader {
	cache := nn.NewCache(m, 2*windowTokens)
	return &reader{m, cache, nn.NewRunner(m, cache, w, windowTokens, windowTokens)}
}

// batch is a window as a text.
func (r *reader) batch(window []int, s *nn.Sequence, wanted func(i int) bool) []nn.Token {
	r.cache.Grow(s, len(window))
	batch := make([]nn.Token, len(window))
	for i, id := range window {
		batch[i] = nn.Token{ID: id, Sequence: s, Logits: wanted(i)}
	}
	return batch
}

// logits are those after each token, valid until the next window.
func (r *reader) logits(window []int) [][]float32 {
	var s nn.Sequence
	defer r.cache.Release(&s)
	return r.runner.Step(r.batch(window, &s, func(int) bool { return true }))
}

func (r *reader) vector(window []int) []float32 {
	var s nn.Sequence
	defer r.cache.Release(&s)
	var pooled nn.Pooled
	compute := r.runner.Vectors
	if r.model.Pooling == nn.PoolRank {
		compute = r.runner.Step
	}
	for _, row := range compute(r.batch(window, &s, func(i int) bool { return r.model.Wants(i, len(window)) })) {
		pooled.Add(row)
	}
	return slices.Clone(pooled.Vector())
}

func logSoftmax(logits []float32) []float64 {
	most := float64(slices.MaxFunc(logits, cmp.Compare[float32]))
	sum := 0.0
	for _, v := range logits {
		sum += math.Exp(float64(v) - most)
	}
	out := make([]float64, len(logits))
	for i, v := range logits {
		out[i] = float64(v) - most - math.Log(sum)
	}
	return out
}

// divergence is the Kullback-Leibler divergence of q from p, given as logarithms.
func divergence(p, q []float64) float64 {
	sum := 0.0
	for i := range p {
		sum += math.Exp(p[i]) * (p[i] - q[i])
	}
	return max(0, sum) // rounding may leave a little less
}

func top(p []float64) int {
	best := 0
	for i, v := range p {
		if v > p[best] {
			best = i
		}
	}
	return best
}

func cosine(a, b []float32) float64 {
	var dot, x, y float64
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
		x += float64(a[i]) * float64(a[i])
		y += float64(b[i]) * float64(b[i])
	}
	return dot / math.Sqrt(x*y)
}
