package nn

import (
	"fmt"

	"github.com/hearthbox/hearth/internal/simd"
)

// Workers run parts of a computation at the same time.
type Workers interface {
	// Count is how many there are.
	Count() int

	// Run calls f for every i below n and returns when all calls have returned.
	// worker is below Count; calls with the same worker do not overlap.
	Run(n int, f func(worker, i int))
}

// Token is one token of a batch. Tokens of the same sequence stand in their order
// and continue it.
type Token struct {
	ID       int
	Sequence *Sequence
	Logits   bool // wanted for the token that follows this one
}

// Runner computes batches with one model, reusing its memory from batch to batch.
// It is not safe for concurrent use.
type Runner struct {
	pass pass
	max  int
}

// NewRunner prepares to run batches of up to tokens at once, on sequences that
// grow up to context tokens in the cache.
func NewRunner(m *Model, cache *Cache, w Workers, tokens, context int) *Runner {
	r := &Runner{max: tokens}
	p := &r.pass
	p.model, p.cache, p.workers = m, cache, w
	p.mulChunks = p.mulChunk
	widest := 5*m.Embedding + 4*m.Heads*m.HeadDim + 4*m.kvDim() + 2*m.FeedForward
	p.arena = make([]float32, tokens*(widest+2*m.Embedding))
	p.cos = make([]float32, tokens*m.HeadDim/2)
	p.sin = make([]float32, tokens*m.HeadDim/2)
	p.scores = make([][]float32, w.Count())
	for i := range p.scores {
		p.scores[i] = make([]float32, context)
	}
	return r
}

// Step appends the tokens to their sequences, for which the cache must have room,
// and returns the logits, one row of the vocabulary's size for each token that
// wants them, in order. The rows are valid until the next Step.
func (r *Runner) Step(tokens []Token) [][]float32 {
	if len(tokens) == 0 || len(tokens) > r.max {
		panic(fmt.Sprintf("nn: a batch of %d tokens, not from 1 to %d", len(tokens), r.max))
	}
	p := &r.pass
	p.begin(tokens)
	logits := p.model.layers.forward(p)
	out := make([][]float32, logits.count())
	for i := range out {
		out[i] = logits.row(i)
	}
	return out
}

// rows is a matrix of activations: one row per token.
type rows struct {
	width int
	data  []float32
	id    int // changes when the numbers do
}

func (r rows) count() int              { return len(r.data) / r.width }
func (r rows) row(i int) []float32     { return r.data[i*r.width : (i+1)*r.width] }
func (p *pass) changed(r rows) rows    { p.ids++; r.id = p.ids; return r }
func (p *pass) like(r rows) rows       { return p.rows(r.count(), r.width) }
func (p *pass) rows(n, w int) rows     { return p.changed(rows{width: w, data: p.take(n * w)}) }
func (p *pass) small(numbers int) bool { return numbers < 1<<14 }

// pass is the state of one forward pass, and the verbs that architectures are
// written in. Verbs return new rows from the arena, or change their first operand
// and return it.
type pass struct {
	model   *Model
	cache   *Cache
	workers Workers

	tokens    []Token
	positions []int
	cos, sin  []float32 // per token and pair
	scores    [][]float32

	arena []float32
	used  int // of the arena
	kept  int // what of it outlives a layer
	wide  []float32
	ids   int

	prepared [3]struct {
		simd.Batch
		id int
	}
	product   product
	mulChunks func(worker, i int) // is mulChunk
}

// begin places the tokens in their sequences.
func (p *pass) begin(tokens []Token) {
	p.tokens, p.positions = tokens, p.positions[:0]
	p.used, p.kept = 0, 0
	pairs := p.model.HeadDim / 2
	for i, t := range tokens {
		if t.Sequence.Len >= len(t.Sequence.pages)*PageTokens {
			panic("nn: the cache has no room for the batch")
		}
		p.positions = append(p.positions, t.Sequence.Len)
		p.model.rope.fill(p.cos[i*pairs:(i+1)*pairs], p.sin[i*pairs:(i+1)*pairs], t.Sequence.Len)
		t.Sequence.Len++
	}
}

// take cuts n numbers off the arena. What does not fit is the logits, for which
// holding room at every token would be a waste.
func (p *pass) take(n int) []float32 {
	if p.used+n > len(p.arena) {
		if cap(p.wide) < n {
			p.wide = make([]float32, n)
		}
		return p.wide[:n]
	}
	p.used += n
	return p.arena[p.used-n : p.used]
}

// beginLayer lets go of the layer before: everything but the embedding rows, which
// are the residual stream.
func (p *pass) beginLayer() { p.used = p.kept }

// each calls f for every token, at once if the work is worth it.
func (p *pass) each(tokens, width int, f func(i int)) {
	if tokens == 1 || p.small(tokens*width) {
		for i := range tokens {
			f(i)
		}
		return
	}
	p.workers.Run(tokens, func(_, i int) { f(i) })
}

// embed looks the tokens up.
func (p *pass) embed(m *Matrix) rows {
	x := p.rows(len(p.tokens), m.cols)
	for i, t := range p.tokens {
		m.format.Widen(x.row(i), m.row(t.ID))
	}
	p.kept = p.used
	return x
}

// mul multiplies every row with the matrix. Rows of the matrix are shared out;
// each is read once for all tokens.
func (p *pass) mul(x rows, m *Matrix) rows {
	y := p.rows(x.count(), m.rows)
	if x.count() == 0 {
		return y
	}
	p.product = product{m: m, in: p.prepare(x, m.format.Input), y: y.data, chunk: p.chunk(m)}
	if p.small(m.rows * m.cols * x.count()) {
		p.product.chunk = m.rows
		p.mulChunk(0, 0)
		return y
	}
	p.workers.Run(max(1, m.rows/p.product.chunk), p.mulChunks)
	return y
}

// product is a matrix product under way.
type product struct {
	m     *Matrix
	in    *simd.Batch
	y     []float32
	chunk int // rows
}

// chunk is how many rows of a matrix a worker takes at a time. Kernels fetch ahead
// what comes next in memory, so a worker should go on where it was; but nobody
// should be waited for long. It is a multiple of the rows that kernels like to have.
func (p *pass) chunk(m *Matrix) int {
	const panel, shares = 16, 4
	return max(panel, m.rows/(shares*p.workers.Count())/panel*panel)
}

// mulChunk computes chunk i of the product; the last one takes what rows remain.
func (p *pass) mulChunk(_, i int) {
	m, chunk := p.product.m, p.product.chunk
	first, n := i*chunk, chunk
	if first+2*chunk > m.rows {
		n = m.rows - first
	}
	weights := m.data[first*m.format.RowBytes(m.cols):]
	m.format.Mul(p.product.y[first:], m.rows, weights, n, p.product.in)
}

// prepare makes the rows ready for dot products, once for all matrices they are
// multiplied with in a row.
func (p *pass) prepare(x rows, how simd.Preparation) *simd.Batch {
	ready := &p.prepared[how]
	if ready.id == x.id {
		return &ready.Batch
	}
	ready.Prepare(how, x.data, x.count())
	p.each(x.count(), x.width, ready.PrepareOne)
	ready.id = x.id
	return &ready.Batch
}

// bias adds b, if there is one, to every row.
func (p *pass) bias(x rows, b Vector) rows {
	if b == nil {
		return x
	}
	for i := range x.count() {
		simd.Add(x.row(i), b)
	}
	return p.changed(x)
}

// norm is the RMS norm of every row.
func (p *pass) norm(x rows, weights Vector) rows {
	y := p.like(x)
	p.each(x.count(), x.width, func(i int) {
		simd.RMSNorm(y.row(i), x.row(i), weights, p.model.NormEpsilon)
	})
	return y
}

// normHeads is the RMS norm of every head of every row.
func (p *pass) normHeads(x rows, weights Vector) rows {
	d := p.model.HeadDim
	p.each(x.count(), x.width, func(i int) {
		for row := x.row(i); len(row) > 0; row = row[d:] {
			simd.RMSNorm(row[:d], row[:d], weights, p.model.NormEpsilon)
		}
	})
	return p.changed(x)
}

// rotate turns every head of every row by its token's position.
func (p *pass) rotate(x rows) rows {
	d := p.model.HeadDim
	p.each(x.count(), x.width, func(i int) {
		cos, sin := p.cos[i*d/2:(i+1)*d/2], p.sin[i*d/2:(i+1)*d/2]
		for row := x.row(i); len(row) > 0; row = row[d:] {
			simd.Rotate(row[:d], cos, sin, p.model.Rope.Interleaved)
		}
	})
	return p.changed(x)
}

// swiglu is silu(gate)·up.
func (p *pass) swiglu(gate, up rows) rows {
	p.each(gate.count(), gate.width, func(i int) { simd.SwiGLU(gate.row(i), up.row(i)) })
	return p.changed(gate)
}

// add adds y to x.
func (p *pass) add(x, y rows) {
	p.each(x.count(), x.width, func(i int) { simd.Add(x.row(i), y.row(i)) })
}

// wanted keeps the rows of tokens whose logits are wanted.
func (p *pass) wanted(x rows) rows {
	p.beginLayer()
	n := 0
	for _, t := range p.tokens {
		if t.Logits {
			n++
		}
	}
	y := p.rows(n, x.width)
	n = 0
	for i, t := range p.tokens {
		if t.Logits {
			copy(y.row(n), x.row(i))
			n++
		}
	}
	return y
}
