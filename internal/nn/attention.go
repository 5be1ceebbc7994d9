package nn

import (
	"math"

	"github.com/hearthbox/hearth/internal/simd"
)

// attend stores keys and values in the cache and returns, for every token, what
// its query heads gather from the tokens of its sequence up to itself (Vaswani et
// al. 2017). Groups of query heads share a key and value head (Ainslie et al.
// 2023). Scores and sums are floats; keys and values are halves.
func (p *pass) attend(layer int, q, k, v rows) rows {
	for i := range p.tokens {
		p.store(layer, i, k.row(i), v.row(i))
	}
	out := p.like(q)
	heads := p.model.Heads
	one := func(worker, i int) {
		token, head := i/heads, i%heads
		d := p.model.HeadDim
		p.head(layer, token, head, p.scores[worker], q.row(token)[head*d:(head+1)*d], out.row(token)[head*d:(head+1)*d])
	}
	n := len(p.tokens) * heads
	if p.small(n * (p.positions[len(p.positions)-1] + 1) * p.model.HeadDim) {
		for i := range n {
			one(0, i)
		}
		return out
	}
	p.workers.Run(n, one)
	return out
}

func (p *pass) store(layer, i int, k, v []float32) {
	position := p.positions[i]
	page := p.tokens[i].Sequence.pages[position/PageTokens]
	at := p.cache.at(layer, position)
	simd.ToHalf(page.keys[at:at+len(k)], k)
	simd.ToHalf(page.values[at:at+len(v)], v)
}

// head computes one query head of one token.
func (p *pass) head(layer, token, head int, scores, q, out []float32) {
	d := p.model.HeadDim
	offset := head / (p.model.Heads / p.model.KVHeads) * d // of the shared head in a token's keys
	pages := p.tokens[token].Sequence.pages
	n := p.positions[token] + 1
	scores = scores[:n]
	scale := float32(1 / math.Sqrt(float64(d)))
	for i := range scores {
		at := p.cache.at(layer, i) + offset
		scores[i] = scale * simd.DotHalf(pages[i/PageTokens].keys[at:at+d], q)
	}
	simd.Softmax(scores)
	clear(out)
	for i, s := range scores {
		at := p.cache.at(layer, i) + offset
		simd.AddScaledHalf(out, s, pages[i/PageTokens].values[at:at+d])
	}
}
