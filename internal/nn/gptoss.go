package nn

import (
	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/simd"
)

// gptoss is gpt-oss-20b and 120b (OpenAI 2025). Every second layer looks back through a
// window; every head has a sink; everything has a bias, experts too. Published files
// have experts in MXFP4.
type gptoss struct {
	Embed  Matrix        `gguf:"token_embd.weight" shape:"embedding,vocab"`
	Layers []gptossLayer `gguf:"blk.%d."`
	Norm   Vector        `gguf:"output_norm.weight" shape:"embedding"`
	Output Matrix        `gguf:"output.weight" shape:"embedding,vocab"`
}

type gptossLayer struct {
	AttnNorm Vector `gguf:"attn_norm.weight" shape:"embedding"`
	Q        Matrix `gguf:"attn_q.weight" shape:"embedding,q"`
	K        Matrix `gguf:"attn_k.weight" shape:"embedding,kv"`
	V        Matrix `gguf:"attn_v.weight" shape:"embedding,kv"`
	O        Matrix `gguf:"attn_output.weight" shape:"q,embedding"`
	QBias    Vector `gguf:"attn_q.bias?" shape:"q"`
	KBias    Vector `gguf:"attn_k.bias?" shape:"kv"`
	VBias    Vector `gguf:"attn_v.bias?" shape:"kv"`
	OBias    Vector `gguf:"attn_output.bias" shape:"embedding"`
	Sinks    Vector `gguf:"attn_sinks.weight" shape:"heads"`

	FFNNorm    Vector `gguf:"post_attention_norm.weight" shape:"embedding"`
	Experts    routed `gguf:""`
	RouterBias Vector `gguf:"ffn_gate_inp.bias" shape:"experts"`
	GateBias   Matrix `gguf:"ffn_gate_exps.bias" shape:"expert,experts" adapt:"no"`
	UpBias     Matrix `gguf:"ffn_up_exps.bias" shape:"expert,experts" adapt:"no"`
	DownBias   Matrix `gguf:"ffn_down_exps.bias" shape:"embedding,experts" adapt:"no"`

	gateBias, upBias, downBias Vector // the same as floats, expert by expert
}

func readGPTOSS(f *gguf.File, name string) (Config, error) {
	c, m := readDecoder(f, name)
	c.Mixture = m.mixture(&c)
	c.Mixture.Normalize = true // it is a softmax of those chosen
	c.Window = m.window(&c, 2)
	if f.Has(name + ".rope.freq_base_swa") {
		c.Window.Rope = c.Rope
		c.Window.Rope.Base = m.real("rope.freq_base_swa", 1e12, c.Rope.Base)
	}
	return c, m.err
}

func loadGPTOSS(f *gguf.File, c *Config) (architecture, Vector, error) {
	m := &gptoss{Layers: make([]gptossLayer, c.Layers)}
	err := bind(f, c.dims(), m)
	for i := range m.Layers {
		if err != nil {
			return nil, nil, err
		}
		l := &m.Layers[i]
		l.gateBias, l.upBias, l.downBias = l.GateBias.floats(), l.UpBias.floats(), l.DownBias.floats()
	}
	return m, nil, err
}

// floats is all of a small matrix, row by row.
func (m *Matrix) floats() Vector {
	v := make(Vector, m.rows*m.cols)
	m.format.Widen(v, m.data)
	return v
}

func (m *gptoss) forward(p *pass) rows {
	x := p.embed(&m.Embed)
	for i := range m.Layers {
		l := &m.Layers[i]
		p.beginLayer()

		h := p.norm(x, l.AttnNorm)
		q := p.bias(p.mul(h, &l.Q), l.QBias)
		k := p.bias(p.mul(h, &l.K), l.KBias)
		v := p.bias(p.mul(h, &l.V), l.VBias)
		a := p.attendTo(i, l.Sinks, p.rotateIn(i, q), p.rotateIn(i, k), v)
		p.add(x, p.bias(p.mul(a, &l.O), l.OBias))

		h = p.norm(x, l.FFNNorm)
		p.route(p.bias(p.mul(h, &l.Experts.Router), l.RouterBias), nil)
		in := p.sorted(h)
		gate := p.biasExperts(p.mulExperts(in, &l.Experts.Gate), l.gateBias)
		up := p.biasExperts(p.mulExperts(in, &l.Experts.Up), l.upBias)
		out := p.biasExperts(p.mulExperts(p.swigluClamped(gate, up), &l.Experts.Down), l.downBias)
		p.add(x, p.weighed(out))
	}
	return p.norm(p.wanted(x), m.Norm)
}

func (m *gptoss) head(p *pass, x rows) rows { return p.mul(x, &m.Output) }

// biasExperts adds to every sorted row the bias of its expert.
func (p *pass) biasExperts(x rows, biases Vector) rows {
	p.each(x, rows{}, biases, (*pass).biasExpertsRow)
	return p.changed(x)
}

func (p *pass) biasExpertsRow(i int) {
	r, x := &p.router, p.x.row(i)
	expert := r.groups[r.group[i]].expert
	simd.Add(x, p.weights[expert*len(x):])
}

// swigluClamped is x·σ(1.702·x)·(up+1), where the gate x is at most 7 and up within ±7.
func (p *pass) swigluClamped(gate, up rows) rows {
	p.each(gate, up, nil, (*pass).swigluClampedRow)
	return p.changed(gate)
}

func (p *pass) swigluClampedRow(i int) {
	const slope, limit = 1.702, 7
	gate, up := p.x.row(i), p.y.row(i)
	for j, g := range gate {
		gate[j] = slope * min(g, limit)
		up[j] = (max(-limit, min(up[j], limit)) + 1) / slope
	}
	simd.SwiGLU(gate, up)
}
