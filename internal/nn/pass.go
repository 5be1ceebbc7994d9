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
	Segment  int  // of the text, where a model was trained on pairs of them: 0 or 1
}

// Runner computes batches with one model, reusing its memory from batch to batch.
// It is not safe for concurrent use.
type Runner struct {
	pass pass
	max  int
	rows [][]float32
}

// NewRunner prepares to run batches of up to tokens at once, on sequences that
// grow up to context tokens in the cache.
func NewRunner(m *Model, cache *Cache, w Workers, tokens, context int) *Runner {
	r := &Runner{max: tokens}
	p := &r.pass
	p.model, p.cache, p.workers = m, cache, w
	p.mulChunks = p.mulChunk
	p.room(min(tokens, roomTokens))
	p.one = func(_, i int) { p.verb(p, i) }
	p.attention.init(p, context)
	p.headwise.init()
	p.adaptation.init(p)
	if m.Index.Top > 0 {
		p.index.init(p, context)
	}
	if m.Recurrent() {
		p.recurrence.init(p)
	}
	if m.Mixture.Used > 0 {
		p.router.init(p)
	}
	return r
}

// Step appends the tokens to their sequences, for which the cache must have room,
// and returns the logits, one row of the vocabulary's size for each token that
// wants them, in order. The rows are valid until the next Step.
func (r *Runner) Step(tokens []Token) [][]float32 {
	p := &r.pass
	return r.list(p.model.layers.head(p, r.forward(tokens)))
}

// Vectors is Step for what the last layer makes of the tokens, which the logits
// would be made from.
func (r *Runner) Vectors(tokens []Token) [][]float32 { return r.list(r.forward(tokens)) }

func (r *Runner) forward(tokens []Token) rows {
	if len(tokens) == 0 || len(tokens) > r.max {
		panic(fmt.Sprintf("nn: a batch of %d tokens, not from 1 to %d", len(tokens), r.max))
	}
	p := &r.pass
	p.begin(tokens)
	return p.model.layers.forward(p)
}

func (r *Runner) list(x rows) [][]float32 {
	r.rows = r.rows[:0]
	for i := range x.count() {
		r.rows = append(r.rows, x.row(i))
	}
	return r.rows
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
	turns     turns
	near      turns // of layers with a window, where they are others

	// What is being done to each row: verb, with these operands, which one calls.
	verb    func(p *pass, i int)
	x, y    rows
	weights Vector
	how     simd.Preparation
	by      *turns
	one     func(worker, i int)

	attention  attention
	router     router
	headwise   headwise
	adaptation adaptation
	index      indexing
	recurrence recurrence

	arena []float32
	roomy int // tokens the arena is for
	used  int // of the arena
	kept  int // what of it outlives a layer
	wide  []float32
	// spilled is whether wide is taken in this pass.
	spilled bool
	ids     int

	prepared [3]struct {
		simd.Batch
		id int
	}
	product   product
	mulChunks func(worker, i int) // is mulChunk
}

// roomTokens is for how large batches there is room from the start. Larger ones, which
// encoders have for long texts, take theirs when they come.
const roomTokens = 1024

// room makes room for batches of so many tokens.
func (p *pass) room(tokens int) {
	if tokens <= p.roomy {
		return
	}
	p.roomy = tokens
	p.arena = make([]float32, tokens*p.model.widest())
	p.turns.room(p.model.rope, tokens)
	p.near.room(p.model.near, tokens)
}

// turns are cosines and sines per token and pair.
type turns struct {
	table    *ropeTable
	cos, sin []float32
}

func (t *turns) room(table *ropeTable, tokens int) {
	if t.table = table; table != nil {
		t.cos = make([]float32, tokens*len(table.frequency))
		t.sin = make([]float32, tokens*len(table.frequency))
	}
}

// fill computes those of token i, at a position.
func (t *turns) fill(i, position int) {
	if t.table != nil {
		cos, sin := t.of(i)
		t.table.fill(cos, sin, position)
	}
}

// of are the cosines and sines of token i.
func (t *turns) of(i int) (cos, sin []float32) {
	n := len(t.table.frequency)
	return t.cos[i*n : (i+1)*n], t.sin[i*n : (i+1)*n]
}

// begin places the tokens in their sequences.
func (p *pass) begin(tokens []Token) {
	p.room(len(tokens))
	p.tokens, p.positions = tokens, p.positions[:0]
	p.used, p.kept, p.spilled = 0, 0, false
	for i, t := range tokens {
		if t.Sequence.Len >= len(t.Sequence.pages)*PageTokens {
			panic("nn: the cache has no room for the batch")
		}
		p.positions = append(p.positions, t.Sequence.Len)
		p.turns.fill(i, t.Sequence.Len)
		p.near.fill(i, t.Sequence.Len)
		t.Sequence.Len++
	}
	p.attention.plan()
	p.adaptation.begin(tokens)
	if p.model.Recurrent() {
		p.recurrence.begin(tokens)
	}
}

// take cuts n numbers off the arena. What does not fit is the logits, for which
// holding room at every token would be a waste.
func (p *pass) take(n int) []float32 {
	if p.used+n > len(p.arena) {
		if p.spilled {
			return make([]float32, n) // what was taken before is still in use
		}
		p.spilled = true
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

// each calls verb for every row of x, at once if the work is worth it. Operands
// are fields, not captured variables, so that nothing is allocated.
func (p *pass) each(x, y rows, weights Vector, verb func(p *pass, i int)) {
	p.x, p.y, p.weights, p.verb = x, y, weights, verb
	p.run(x.count(), len(x.data), p.one)
}

// run shares n calls of f out, unless there is one or the numbers they work on are
// few.
func (p *pass) run(n, numbers int, f func(worker, i int)) {
	if n > 1 && !p.small(numbers) {
		p.workers.Run(n, f)
		return
	}
	for i := range n {
		f(0, i)
	}
}

// embed looks the tokens up.
func (p *pass) embed(m *Matrix) rows {
	x := p.rows(len(p.tokens), m.cols)
	for i, t := range p.tokens {
		m.format.Widen(x.row(i), m.row(t.ID))
	}
	p.kept = p.used
	if len(p.adaptation.groups) > 0 {
		p.adaptEmbedding(x, m)
	}
	return x
}

// mul multiplies every row with the matrix. Rows of the matrix are shared out;
// each is read once for all tokens.
func (p *pass) mul(x rows, m *Matrix) rows {
	y := p.rows(x.count(), m.rows)
	if x.count() == 0 {
		return y
	}
	p.multiply(y.data, p.prepare(x, m.format.Input), m)
	if len(p.adaptation.groups) > 0 {
		p.adapt(y, x, m)
	}
	return y
}

// multiply is mul for rows that are prepared.
func (p *pass) multiply(y []float32, in *simd.Batch, m *Matrix) {
	p.product = product{m: m, in: in, y: y, chunk: p.chunk(m)}
	if p.small(m.rows * m.cols * in.Len()) {
		p.product.chunk = m.rows
		p.mulChunk(0, 0)
		return
	}
	p.workers.Run(max(1, m.rows/p.product.chunk), p.mulChunks)
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
	p.how = how
	p.each(x, rows{}, nil, (*pass).prepareRow)
	ready.id = x.id
	return &ready.Batch
}

func (p *pass) prepareRow(i int) { p.prepared[p.how].PrepareOne(i) }

// bias adds b, if there is one, to every row.
func (p *pass) bias(x rows, b Vector) rows {
	if b == nil {
		return x
	}
	p.each(x, rows{}, b, (*pass).biasRow)
	return p.changed(x)
}

func (p *pass) biasRow(i int) { simd.Add(p.x.row(i), p.weights) }

// norm is the RMS norm of every row.
func (p *pass) norm(x rows, weights Vector) rows {
	y := p.like(x)
	p.each(x, y, weights, (*pass).normRow)
	return y
}

func (p *pass) normRow(i int) {
	simd.RMSNorm(p.y.row(i), p.x.row(i), p.weights, p.model.NormEpsilon)
}

// normHeads is the RMS norm of every head of every row.
func (p *pass) normHeads(x rows, weights Vector) rows {
	p.each(x, rows{}, weights, (*pass).normHeadsRow)
	return p.changed(x)
}

func (p *pass) normHeadsRow(i int) {
	d := p.model.HeadDim
	for row := p.x.row(i); len(row) > 0; row = row[d:] {
		simd.RMSNorm(row[:d], row[:d], p.weights, p.model.NormEpsilon)
	}
}

// rotate turns every head of every row by its token's position.
func (p *pass) rotate(x rows) rows { return p.rotateBy(x, &p.turns) }

// rotateIn is rotate in a layer that may have a window.
func (p *pass) rotateIn(layer int, x rows) rows {
	if p.near.table != nil && p.model.Window.of(layer) > 0 {
		return p.rotateBy(x, &p.near)
	}
	return p.rotate(x)
}

func (p *pass) rotateBy(x rows, by *turns) rows {
	p.by = by
	p.each(x, rows{}, nil, (*pass).rotateRow)
	return p.changed(x)
}

func (p *pass) rotateRow(i int) {
	d := p.model.HeadDim
	cos, sin := p.by.of(i)
	for row := p.x.row(i); len(row) > 0; row = row[d:] {
		simd.Rotate(row[:d], cos, sin, p.model.Rope.Interleaved)
	}
}

// swiglu is silu(gate)·up.
func (p *pass) swiglu(gate, up rows) rows {
	p.each(gate, up, nil, (*pass).swigluRow)
	return p.changed(gate)
}

func (p *pass) swigluRow(i int) { simd.SwiGLU(p.x.row(i), p.y.row(i)) }

// swigluHalves is swiglu where both stand in one row, the gate first.
func (p *pass) swigluHalves(x rows) rows {
	y := p.rows(x.count(), x.width/2)
	p.each(y, x, nil, (*pass).swigluHalvesRow)
	return y
}

func (p *pass) swigluHalvesRow(i int) {
	y, x := p.x.row(i), p.y.row(i)
	copy(y, x)
	simd.SwiGLU(y, x[len(y):])
}

// cut is n numbers of every row, from one of them on.
func (p *pass) cut(x rows, from, n int) rows {
	y := p.rows(x.count(), n)
	for i := range x.count() {
		copy(y.row(i), x.row(i)[from:])
	}
	return y
}

// add adds y to x.
func (p *pass) add(x, y rows) { p.each(x, y, nil, (*pass).addRow) }

func (p *pass) addRow(i int) { simd.Add(p.x.row(i), p.y.row(i)) }

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
	p.adaptation.wanted(p.tokens)
	return y
}
