package nn

import (
	"fmt"
	"math"

	"github.com/hearthbox/hearth/internal/simd"
)

// Delta is the shape of layers that keep no keys and values, but a state of one size
// however long the text is: a matrix for each head, which every token changes by the
// gated delta rule (Yang et al. 2025), and what the convolution before it has to remember.
// The zero value is none.
//
// A state is of all tokens of its sequence, so a sequence that has one can neither go on
// from the pages of another nor be cut; see [Config.Recurrent].
type Delta struct {
	Keys   int    // heads of queries and keys
	Values int    // heads of values; a multiple
	Width  int    // of a head, of either kind
	Kernel int    // tokens that the convolution sees, the last of them the token itself
	Layers []bool // which layers are so

	// Tiled is how heads of keys are dealt out to those of values: each in turn, rather
	// than each to its share of them.
	Tiled bool
}

// inner is the width of all values, conv that of what is convolved.
func (d *Delta) inner() int { return d.Values * d.Width }
func (d *Delta) conv() int  { return 2*d.Keys*d.Width + d.inner() }

// Recurrent reports whether sequences have a state besides their pages.
func (c *Config) Recurrent() bool { return c.Delta.Kernel > 0 }

// attending is how many layers have keys and values.
func (c *Config) attending() int {
	n := c.Layers
	for _, is := range c.Delta.Layers {
		if is {
			n--
		}
	}
	return n
}

// StateBytes is what a sequence takes besides its pages.
func (c *Config) StateBytes() int64 {
	return 4 * int64(c.Layers-c.attending()) * int64(c.Delta.floats())
}

// floats is how many numbers the state of a layer has.
func (d *Delta) floats() int { return (d.Kernel-1)*d.conv() + d.Values*d.Width*d.Width }

// delta reads the shape.
func (m *metadata) delta(c *Config) Delta {
	d := Delta{
		Keys:   m.integer("ssm.group_count", 1, headsMax),
		Values: m.integer("ssm.time_step_rank", 1, headsMax),
		Width:  m.integer("ssm.state_size", 1, headDimMax),
		Kernel: m.integer("ssm.conv_kernel", 2, 64),
		Layers: make([]bool, c.Layers),
	}
	const types, every = "attention.recurrent_layers", "full_attention_interval"
	list := d.Layers
	if m.f.Has(m.prefix + types) {
		var err error
		if list, err = m.f.Bools(m.prefix + types); err != nil {
			m.fail(err)
		}
	} else {
		interval := m.integerOr(every, 1, layersMax, 4)
		for i := range list {
			list[i] = (i+1)%interval != 0
		}
	}
	inner := m.integer("ssm.inner_size", 1, widthMax)
	switch {
	case m.err != nil:
	case d.Values%d.Keys != 0:
		m.fail(m.f.Refuse(m.prefix+"ssm.group_count", "is %d, which does not divide %d heads of values", d.Keys, d.Values))
	case inner != d.inner():
		m.fail(m.f.Refuse(m.prefix+"ssm.inner_size", "is %d, not %d for %d heads of width %d", inner, d.inner(), d.Values, d.Width))
	case d.conv() > widthMax:
		m.fail(m.f.Refuse(m.prefix+"ssm.state_size", "makes %d channels of convolution", d.conv()))
	case len(list) < c.Layers:
		m.fail(m.f.Refuse(m.prefix+types, "is of %d layers, not %d", len(list), c.Layers))
	default:
		copy(d.Layers, list)
	}
	c.Delta = d
	if m.err == nil && c.attending() == 0 {
		m.fail(fmt.Errorf("%s without a layer that has keys and values: %w", c.Architecture, ErrUnsupported))
	}
	return d
}

// state is what a sequence keeps, layer by layer of those that keep one: for the
// convolution the last tokens' inputs, the oldest first, then a matrix for each head, a row
// for each number of a key.
type state struct{ data []float32 }

func (s *state) layer(d *Delta, i int) (conv, matrices []float32) {
	n := d.floats()
	all := s.data[i*n : (i+1)*n]
	edge := (d.Kernel - 1) * d.conv()
	return all[:edge], all[edge:]
}

// gatedDelta is such a layer. How strong its tokens are comes from one matrix in Qwen3-Next,
// and from two in Qwen3.5.
type gatedDelta struct {
	QKV      Matrix        `gguf:"attn_qkv.weight" shape:"embedding,conv"`
	Gate     Matrix        `gguf:"attn_gate.weight" shape:"embedding,inner"`
	Conv     Matrix        `gguf:"ssm_conv1d.weight" shape:"kernel,conv" adapt:"no"`
	StepBias Vector        `gguf:"ssm_dt.bias" shape:"deltas"`
	Decay    Vector        `gguf:"ssm_a" shape:"deltas"`
	One      *oneStrength  `gguf:""`
	Two      *twoStrengths `gguf:""`
	Norm     Vector        `gguf:"ssm_norm.weight" shape:"state"`
	Out      Matrix        `gguf:"ssm_out.weight" shape:"inner,embedding"`

	taps []Vector // of the convolution, the oldest token's first
}

type oneStrength struct {
	BetaAlpha Matrix `gguf:"ssm_ba.weight" shape:"embedding,betaalphas"`
}

type twoStrengths struct {
	Beta  Matrix `gguf:"ssm_beta.weight" shape:"embedding,deltas"`
	Alpha Matrix `gguf:"ssm_alpha.weight" shape:"embedding,deltas"`
}

// turn makes a row of each tap of the convolution.
func (l *gatedDelta) turn(d *Delta) {
	all := l.Conv.floats()
	for k := range d.Kernel {
		tap := make(Vector, d.conv())
		for c := range tap {
			tap[c] = all[c*d.Kernel+k]
		}
		l.taps = append(l.taps, tap)
	}
}

// recurrence computes delta layers, one at a time.
type recurrence struct {
	runs []run
	of   []int32 // per token: its run
	at   []int32 // per token: which of the run it is
	ones Vector

	layer              int // among those with a state
	l                  *gatedDelta
	in, mixed, ba, out rows
	rooms              [][]float32 // per worker
	heads              func(worker, i int)
}

// run is the tokens of a sequence in a batch, in their order.
type run struct {
	state  *state
	tokens []int
}

func (r *recurrence) init(p *pass) {
	d := &p.model.Delta
	r.rooms = make([][]float32, p.workers.Count())
	for i := range r.rooms {
		r.rooms[i] = make([]float32, 2*d.Width)
	}
	r.ones = make(Vector, d.conv())
	for i := range r.ones {
		r.ones[i] = 1
	}
	r.heads = p.deltaHead
}

// begin sorts the tokens of a batch by sequence.
func (r *recurrence) begin(tokens []Token) {
	r.runs, r.of, r.at = r.runs[:0], r.of[:0], r.at[:0]
	for i, t := range tokens {
		n := len(r.runs) - 1
		for n >= 0 && r.runs[n].state != t.Sequence.state {
			n--
		}
		if n < 0 {
			n = len(r.runs)
			if cap(r.runs) > n {
				r.runs = r.runs[:n+1]
			} else {
				r.runs = append(r.runs, run{})
			}
			r.runs[n] = run{t.Sequence.state, r.runs[n].tokens[:0]}
		}
		x := &r.runs[n]
		r.of, r.at = append(r.of, int32(n)), append(r.at, int32(len(x.tokens)))
		x.tokens = append(x.tokens, i)
	}
}

// deltaNet is a delta layer, up to the residual stream. layer counts those with a state.
func (p *pass) deltaNet(layer int, h rows, l *gatedDelta) rows {
	r, d := &p.recurrence, &p.model.Delta
	r.layer, r.l = layer, l
	r.in = p.mul(h, &l.QKV)
	gate := p.mul(h, &l.Gate)
	r.ba = p.strengths(h, l)
	r.mixed = p.like(r.in)
	p.each(r.mixed, rows{}, nil, (*pass).convolveRow)
	for _, x := range r.runs {
		r.remember(&x, d)
	}
	r.out = p.like(gate)
	p.run(len(r.runs)*d.Values, len(r.mixed.data)*d.Width, r.heads)
	p.each(gate, r.out, l.Norm, (*pass).gatedNormRow)
	return p.mul(p.changed(gate), &l.Out)
}

// strengths is, for every head of values, how far a token is written, and how fast what was
// written fades: before the functions that make numbers of the right range of them.
func (p *pass) strengths(h rows, l *gatedDelta) rows {
	d := &p.model.Delta
	if l.Two != nil {
		beta, alpha, both := p.mul(h, &l.Two.Beta), p.mul(h, &l.Two.Alpha), p.rows(h.count(), 2*d.Values)
		for i := range h.count() {
			copy(both.row(i), beta.row(i))
			copy(both.row(i)[d.Values:], alpha.row(i))
		}
		return both
	}
	// Head of keys by head of keys: what belongs to it of the one, then of the other.
	mixed, both, each := p.mul(h, &l.One.BetaAlpha), p.rows(h.count(), 2*d.Values), d.Values/d.Keys
	for i := range h.count() {
		from, to := mixed.row(i), both.row(i)
		for k := range d.Keys {
			copy(to[k*each:(k+1)*each], from[2*k*each:])
			copy(to[d.Values+k*each:][:each], from[(2*k+1)*each:])
		}
	}
	return both
}

// convolveRow is token i after the convolution, its queries and keys of length 1.
func (p *pass) convolveRow(i int) {
	r, d := &p.recurrence, &p.model.Delta
	y, x, at := r.mixed.row(i), &r.runs[r.of[i]], int(r.at[i])
	conv, _ := x.state.layer(d, r.layer)
	for k, tap := range r.l.taps {
		var from []float32
		if back := at + k - (d.Kernel - 1); back >= 0 {
			from = r.in.row(x.tokens[back])
		} else {
			from = conv[(d.Kernel-1+back)*len(y):][:len(y)]
		}
		if k == 0 {
			for c, w := range tap {
				y[c] = w * from[c]
			}
			continue
		}
		for c, w := range tap {
			y[c] += float32(w * from[c])
		}
	}
	simd.SwiGLU(y, r.ones)
	scale := 1 / math.Sqrt(float64(d.Width))
	for n := range 2 * d.Keys {
		head := y[n*d.Width : (n+1)*d.Width]
		var sum float64
		for _, v := range head {
			sum += float64(v) * float64(v)
		}
		by := 1 / math.Sqrt(sum+float64(p.model.NormEpsilon))
		if n < d.Keys { // queries are scaled as scores are elsewhere
			by *= scale
		}
		simd.Scale(head, head, float32(by))
	}
}

// remember keeps what the convolution will need of a run.
func (r *recurrence) remember(x *run, d *Delta) {
	conv, _ := x.state.layer(d, r.layer)
	keep, width := d.Kernel-1, d.conv()
	fresh := min(keep, len(x.tokens))
	copy(conv, conv[fresh*width:])
	for n, i := range x.tokens[len(x.tokens)-fresh:] {
		copy(conv[(keep-fresh+n)*width:][:width], r.in.row(i))
	}
}

// deltaHead takes the tokens of a run through one head of values, one after the other (N1).
func (p *pass) deltaHead(worker, i int) {
	r, d := &p.recurrence, &p.model.Delta
	x, head := &r.runs[i/d.Values], i%d.Values
	_, matrices := x.state.layer(d, r.layer)
	w := d.Width
	matrix := matrices[head*w*w : (head+1)*w*w]
	keyHead := head / (d.Values / d.Keys)
	if d.Tiled {
		keyHead = head % d.Keys
	}
	found, change := r.rooms[worker][:w], r.rooms[worker][w:]
	for _, token := range x.tokens {
		row := r.mixed.row(token)
		q, k, v := row[keyHead*w:][:w], row[(d.Keys+keyHead)*w:][:w], row[2*d.Keys*w+head*w:][:w]
		beta, fade := p.strengthsOf(token, head)
		clear(found)
		for n, key := range k {
			simd.Blend(found, 1, matrix[n*w:(n+1)*w], key)
		}
		for n := range change {
			change[n] = (v[n] - float32(fade*found[n])) * beta
		}
		out := r.out.row(token)[head*w:][:w]
		clear(out)
		for n, key := range k {
			part := matrix[n*w : (n+1)*w]
			simd.Blend(part, fade, change, key)
			simd.Blend(out, 1, part, q[n])
		}
	}
}

// strengthsOf is how far a token is written, and what the matrix is multiplied with before.
func (p *pass) strengthsOf(token, head int) (beta, fade float32) {
	r := &p.recurrence
	both, values := r.ba.row(token), p.model.Delta.Values
	step := float64(both[values+head]) + float64(r.l.StepBias[head])
	if step < 30 { // softplus; above, it is the number itself
		step = math.Log1p(math.Exp(step))
	}
	return float32(1 / (1 + math.Exp(-float64(both[head])))), float32(math.Exp(step * float64(r.l.Decay[head])))
}

// gatedNormRow makes of a gate what it lets through of a row, whose heads are normed.
func (p *pass) gatedNormRow(i int) {
	gate, out := p.x.row(i), p.y.row(i)
	for w := len(p.weights); len(out) > 0; out = out[w:] {
		simd.RMSNorm(out[:w], out[:w], p.weights, p.model.NormEpsilon)
	}
	simd.SwiGLU(gate, p.y.row(i))
}
