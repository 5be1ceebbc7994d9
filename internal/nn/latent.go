package nn

import (
	"encoding/binary"
	"math"

	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/simd"
)

// Latent is the shape of latent attention (DeepSeek-AI 2024). The zero value is none.
//
// A token's keys and values of all heads are made from one short vector, its latent.
// Rather than making them, queries are taken to where latents are, and what is
// gathered from there is taken to values: the matrices between are absorbed. So the
// cache holds of a token its latent and one rotated key, which all heads share: once
// by numbers, for scores, and the latent once more by tokens, for gathering.
type Latent struct {
	Queries int // width that queries are made from; 0 is the residual stream itself
	Keys    int // width of a latent
	Plain   int // numbers of a query that are not rotated
	Rotated int // numbers that are
	Values  int // width of a head's values
}

// key is the width of what a query meets in the cache.
func (l *Latent) key() int { return l.Keys + l.Rotated }

// latent is the attention of a layer. Either form of the matrices that are absorbed is
// there: two for each head, or both in one as they were published.
type latent struct {
	Q       Matrix  `gguf:"attn_q.weight?" shape:"embedding,q"`
	QDown   Matrix  `gguf:"attn_q_a.weight?" shape:"embedding,queries"`
	QNorm   Vector  `gguf:"attn_q_a_norm.weight?" shape:"queries"`
	QUp     Matrix  `gguf:"attn_q_b.weight?" shape:"queries,q"`
	KVDown  Matrix  `gguf:"attn_kv_a_mqa.weight" shape:"embedding,key"`
	KVNorm  Vector  `gguf:"attn_kv_a_norm.weight" shape:"keys"`
	O       Matrix  `gguf:"attn_output.weight" shape:"values,embedding"`
	KeyUp   Experts `gguf:"attn_k_b.weight?" shape:"plain,keys,heads" adapt:"no"`
	ValueUp Experts `gguf:"attn_v_b.weight?" shape:"keys,value,heads" adapt:"no"`
	Both    Matrix  `gguf:"attn_kv_b.weight?" shape:"keys,ups" adapt:"no"`

	Index *indexer `gguf:""` // of layers that choose

	toLatent   headed // of queries
	fromLatent headed // to values
}

// headed is a matrix for each head: so many rows, the first of a head so many after
// the first of the one before.
type headed struct {
	Matrix
	first, stride int
}

func (m *headed) head(i int) []byte {
	n := m.format.RowBytes(m.cols)
	return m.data[(i*m.stride+m.first)*n:][:m.rows*n]
}

// latent reads the shape.
func (m *metadata) latent() Latent {
	l := Latent{
		Queries: m.integerOr("attention.q_lora_rank", 0, widthMax, 0),
		Keys:    m.integer("attention.kv_lora_rank", 1, latentMax),
		Rotated: m.integer("rope.dimension_count", 2, headDimMax),
	}
	// Files from before the matrices were split state them by other names.
	whole, values := "attention.key_length_mla", "attention.value_length_mla"
	if !m.f.Has(m.prefix + whole) {
		whole, values = "attention.key_length", "attention.value_length"
	}
	l.Plain = m.integer(whole, 3, headDimMax) - l.Rotated
	l.Values = m.integer(values, 1, headDimMax)
	if m.err == nil && (l.Plain < 1 || l.Rotated%2 != 0) {
		m.fail(m.f.Refuse(m.prefix+"rope.dimension_count", "is %d, of heads of width %d", l.Rotated, l.Plain+l.Rotated))
	}
	return l
}

// absorb finds the matrices between heads and latents, and refuses a layer that has
// them in no form or in both.
func (l *latent) absorb(f *gguf.File, c *Config, layer int) error {
	x := &c.Latent
	if x.Queries > 0 && (l.QDown.rows == 0 || l.QUp.rows == 0 || l.QNorm == nil) || x.Queries == 0 && l.Q.rows == 0 {
		return f.Refuse(c.Architecture+".attention.q_lora_rank", "is %d, and layer %d has other matrices for queries", x.Queries, layer)
	}
	if x.Queries > 0 && l.Q.rows > 0 || (l.Both.rows > 0) == (l.KeyUp.rows > 0) || (l.KeyUp.rows > 0) != (l.ValueUp.rows > 0) {
		return f.Refuse(c.Architecture+".attention.kv_lora_rank", "is %d, and layer %d has not one set of matrices for queries, keys and values", x.Keys, layer)
	}
	if l.Both.rows == 0 {
		l.toLatent = headed{Matrix: l.KeyUp.Matrix, stride: x.Keys}
		l.fromLatent = headed{Matrix: l.ValueUp.Matrix, stride: x.Values}
		return nil
	}
	l.toLatent = transposed(&l.Both, c.Heads, x.Plain, x.Plain+x.Values)
	l.fromLatent = headed{Matrix: l.Both, first: x.Plain, stride: x.Plain + x.Values}
	l.fromLatent.rows = x.Values
	return nil
}

// transposed is the first rows of every head, so far apart, with rows and columns
// swapped, in halves.
func transposed(m *Matrix, heads, rows, stride int) headed {
	out := headed{Matrix: Matrix{format: simd.FormatF16, rows: m.cols, cols: rows, data: make([]byte, 2*heads*rows*m.cols)}, stride: m.cols}
	row, halves := make([]float32, m.cols), make([]uint16, m.cols)
	for h := range heads {
		for r := range rows {
			m.format.Widen(row, m.row(h*stride+r))
			simd.ToHalf(halves, row)
			for i, v := range halves {
				binary.LittleEndian.PutUint16(out.data[2*((h*m.cols+i)*rows+r):], v)
			}
		}
	}
	return out
}

// attendLatent is latent attention, up to the residual stream.
func (p *pass) attendLatent(layer int, h rows, l *latent) rows {
	var q rows
	if l.QDown.rows > 0 {
		from := p.norm(p.mul(h, &l.QDown), l.QNorm)
		if l.Index != nil {
			p.chooseBy(layer, h, from, l.Index)
		}
		q = p.mul(from, &l.QUp)
	} else {
		q = p.mul(h, &l.Q)
	}
	x := &p.model.Latent
	queries := p.rows(h.count(), p.model.Heads*x.key())
	p.mulHeads(p.byHead(q, x.Plain), &l.toLatent, queries, x.key())
	p.each(queries, q, nil, (*pass).rotatedQueries)

	keys := p.mul(h, &l.KVDown)
	values := p.rows(h.count(), x.Keys)
	p.each(keys, values, l.KVNorm, (*pass).latentRow)

	a := p.attend(layer, queries, keys, values)
	out := p.rows(h.count(), p.model.Heads*x.Values)
	p.mulHeads(p.byHead(a, x.Keys), &l.fromLatent, out, x.Values)
	return p.mul(p.changed(out), &l.O)
}

// rotatedQueries puts the rotated part of every head after the part that meets latents.
func (p *pass) rotatedQueries(i int) {
	x := &p.model.Latent
	to, from := p.x.row(i), p.y.row(i)
	for h := range p.model.Heads {
		part := to[h*x.key()+x.Keys : (h+1)*x.key()]
		copy(part, from[(h+1)*(x.Plain+x.Rotated)-x.Rotated:])
		p.turn(part, i)
	}
}

// latentRow norms the latent of a token and rotates its key.
func (p *pass) latentRow(i int) {
	x := &p.model.Latent
	key, value := p.x.row(i), p.y.row(i)
	simd.RMSNorm(value, key[:x.Keys], p.weights, p.model.NormEpsilon)
	copy(key, value)
	p.turn(key[x.Keys:], i)
}

// turn rotates numbers by the position of token i.
func (p *pass) turn(x []float32, i int) {
	cos, sin := p.turns.of(i)
	simd.Rotate(x, cos, sin, p.model.Rope.Interleaved)
}

// headwise multiplies heads with matrices of their own.
type headwise struct {
	batches []simd.Batch

	// What is being computed.
	tokens int
	m      *headed
	out    rows
	width  int // of a head in out

	prepare, mul func(worker, i int) // bound once
}

func (h *headwise) init() {
	h.prepare = func(_, i int) { h.batches[i/h.tokens].PrepareOne(i % h.tokens) }
	h.mul = func(_, i int) {
		h.m.format.Mul(h.out.data[i*h.width:], h.out.width, h.m.head(i), h.m.rows, &h.batches[i])
	}
}

// byHead is the first numbers of every head of every row, sorted by head.
func (p *pass) byHead(x rows, width int) rows {
	n, heads := x.count(), p.model.Heads
	each := x.width / heads
	y := p.rows(n*heads, width)
	for h := range heads {
		for i := range n {
			copy(y.row(h*n+i), x.row(i)[h*each:])
		}
	}
	return y
}

// mulHeads multiplies what is sorted by head with the head's matrix. Results stand in
// out, a row per token again, at the beginning of their head's width.
func (p *pass) mulHeads(x rows, m *headed, out rows, width int) {
	h, n := &p.headwise, p.model.Heads
	h.tokens, h.m, h.out, h.width = out.count(), m, out, width
	for len(h.batches) < n {
		h.batches = append(h.batches, simd.Batch{})
	}
	for i := range n {
		h.batches[i].Prepare(m.format.Input, x.data[i*h.tokens*x.width:(i+1)*h.tokens*x.width], h.tokens)
	}
	p.run(x.count(), len(x.data), h.prepare)
	p.run(n, m.rows*m.cols*x.count(), h.mul)
}

// scoreScale is what scores are multiplied with. YaRN's sharpening, which elsewhere is
// part of the rotation, is for the whole of a query here.
func (l *Latent) scoreScale(r *Rope) float64 {
	scale := 1 / math.Sqrt(float64(l.Plain+l.Rotated))
	if r.Scaling == "yarn" {
		sharpened := r.magnitude() * (1 + r.LogMultiplier*math.Log(r.Factor))
		scale *= sharpened * sharpened
	}
	return scale
}
