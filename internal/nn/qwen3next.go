package nn

import (
	"fmt"
	"math"

	"github.com/hearthbox/hearth/internal/gguf"
)

// qwen3next is Qwen3-Next, and Qwen3.5 with experts and without (Qwen Team 2025, 2026).
// Three layers of four keep a state instead of keys and values (delta.go); in the others a
// gate, made with the query, says how much of what a head has gathered counts.
type qwen3next struct {
	Embed  Matrix           `gguf:"token_embd.weight" shape:"embedding,vocab"`
	Layers []qwen3nextLayer `gguf:"blk.%d."`
	Norm   Vector           `gguf:"output_norm.weight" shape:"embedding"`
	Output Matrix           `gguf:"output.weight|token_embd.weight" shape:"embedding,vocab"`
}

type qwen3nextLayer struct {
	AttnNorm Vector          `gguf:"attn_norm.weight" shape:"embedding"`
	Full     *gatedAttention `gguf:""` // of one layer of four
	Delta    *gatedDelta     `gguf:""` // of the others

	FFNNorm Vector          `gguf:"post_attention_norm.weight" shape:"embedding"`
	Dense   *feedForward    `gguf:""` // of models without experts
	Mixed   *qwen3nextMixed `gguf:""` // of the others
}

type gatedAttention struct {
	QGate Matrix `gguf:"attn_q.weight" shape:"embedding,qgates"` // head by head: the query, then its gate
	K     Matrix `gguf:"attn_k.weight" shape:"embedding,kv"`
	V     Matrix `gguf:"attn_v.weight" shape:"embedding,kv"`
	O     Matrix `gguf:"attn_output.weight" shape:"q,embedding"`
	QNorm Vector `gguf:"attn_q_norm.weight" shape:"head"`
	KNorm Vector `gguf:"attn_k_norm.weight" shape:"head"`
}

type qwen3nextMixed struct {
	Experts    routed `gguf:""`
	Shared     shared `gguf:""`
	SharedGate Matrix `gguf:"ffn_gate_inp_shexp.weight" shape:"embedding"`
}

func readQwen3Next(f *gguf.File, name string) (Config, error) {
	c, m := readDecoder(f, name)
	m.nextLayers(&c)
	if m.err != nil {
		return c, m.err
	}
	m.delta(&c)
	c.Delta.Tiled = name != "qwen3next"
	if name == "qwen35" {
		refuseExperts(m, &c)
	} else {
		c.Mixture = m.mixture(&c)
		c.Mixture.Normalize = true
		c.Mixture.Shared = m.integerOr("expert_shared_feed_forward_length", 1, widthMax, c.FeedForward)
	}
	m.sections(&c)
	d := &c.Delta
	c.more = 2*c.Heads*c.HeadDim + 2*d.conv() + 3*d.inner() + 6*d.Values
	return c, m.err
}

// sections holds what is said of positions in images against what is not known here: in
// texts all positions are one, if every pair that is rotated is in a section.
func (m *metadata) sections(c *Config) {
	const key = "rope.dimension_sections"
	if !m.f.Has(m.prefix+key) || m.err != nil {
		return
	}
	s, err := m.f.Ints(m.prefix+key, 0, headDimMax)
	if err != nil {
		m.fail(err)
		return
	}
	for pair := range c.rotated() / 2 {
		if kind := pair % 3; kind >= len(s) || pair >= 3*s[kind] {
			m.fail(fmt.Errorf("sections %v, of which pair %d of the rotation is in none: %w", s, pair, ErrUnsupported))
			return
		}
	}
}

func loadQwen3Next(f *gguf.File, c *Config) (architecture, Vector, error) {
	m := &qwen3next{Layers: make([]qwen3nextLayer, c.Layers)}
	for i := range m.Layers {
		l := &m.Layers[i]
		if c.Delta.Layers[i] {
			l.Delta = &gatedDelta{}
			if c.Architecture == "qwen3next" {
				l.Delta.One = &oneStrength{}
			} else {
				l.Delta.Two = &twoStrengths{}
			}
		} else {
			l.Full = &gatedAttention{}
		}
		if c.Mixture.Experts > 0 {
			l.Mixed = &qwen3nextMixed{}
		} else {
			l.Dense = &feedForward{}
		}
	}
	d, dims := &c.Delta, c.dims()
	dims["qgates"], dims["conv"], dims["inner"] = 2*c.Heads*c.HeadDim, d.conv(), d.inner()
	dims["deltas"], dims["betaalphas"], dims["state"], dims["kernel"] = d.Values, 2*d.Values, d.Width, d.Kernel
	if err := bind(f, dims, m, c.next()...); err != nil {
		return nil, nil, err
	}
	for i := range m.Layers {
		if l := m.Layers[i].Delta; l != nil {
			l.turn(d)
		}
	}
	return m, nil, nil
}

func (m *qwen3next) forward(p *pass) rows {
	x := p.embed(&m.Embed)
	full, states := 0, 0 // layers of either kind so far
	for i := range m.Layers {
		l := &m.Layers[i]
		p.beginLayer()

		h := p.norm(x, l.AttnNorm)
		if l.Delta != nil {
			p.add(x, p.deltaNet(states, h, l.Delta))
			states++
		} else {
			p.add(x, p.attendGated(full, h, l.Full))
			full++
		}

		h = p.norm(x, l.FFNNorm)
		if l.Dense != nil {
			p.add(x, p.mul(p.swiglu(p.mul(h, &l.Dense.Gate), p.mul(h, &l.Dense.Up)), &l.Dense.Down))
			continue
		}
		own := p.gated(p.ownFeedForward(h, &l.Mixed.Shared), p.mul(h, &l.Mixed.SharedGate))
		p.add(x, p.mix(h, &l.Mixed.Experts, nil))
		p.add(x, own)
	}
	return p.norm(p.wanted(x), m.Norm)
}

func (m *qwen3next) head(p *pass, x rows) rows { return p.mul(x, &m.Output) }

// attendGated is a layer that attends, up to the residual stream.
func (p *pass) attendGated(layer int, h rows, l *gatedAttention) rows {
	both, width := p.mul(h, &l.QGate), p.model.HeadDim
	q, gate := p.rows(h.count(), both.width/2), p.rows(h.count(), both.width/2)
	for i := range h.count() {
		from := both.row(i)
		for n := range p.model.Heads {
			copy(q.row(i)[n*width:(n+1)*width], from[2*n*width:])
			copy(gate.row(i)[n*width:(n+1)*width], from[(2*n+1)*width:])
		}
	}
	k := p.normHeads(p.mul(h, &l.K), l.KNorm)
	a := p.attend(layer, p.rotate(p.normHeads(q, l.QNorm)), p.rotate(k), p.mul(h, &l.V))
	p.each(a, gate, nil, (*pass).letThroughRow)
	return p.mul(p.changed(a), &l.O)
}

// letThroughRow multiplies a row with the sigmoids of its gate.
func (p *pass) letThroughRow(i int) {
	a, gate := p.x.row(i), p.y.row(i)
	for n, g := range gate {
		a[n] *= float32(1 / (1 + math.Exp(-float64(g))))
	}
}
