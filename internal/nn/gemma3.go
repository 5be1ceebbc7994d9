package nn

import (
	"math"

	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/simd"
)

// gemma3 is the text part of Gemma 3 (Gemma Team 2025). Five layers of six look back
// through a window, with a rotation of their own; norms stand before and after what they
// are around, and on every query and key; the feed-forward blocks are gated by a GELU.
type gemma3 struct {
	Embed  Matrix        `gguf:"token_embd.weight" shape:"embedding,vocab"`
	Layers []gemma3Layer `gguf:"blk.%d."`
	Norm   Vector        `gguf:"output_norm.weight" shape:"embedding"`
	Output Matrix        `gguf:"output.weight|token_embd.weight" shape:"embedding,vocab"`
}

type gemma3Layer struct {
	AttnNorm     Vector `gguf:"attn_norm.weight" shape:"embedding"`
	Q            Matrix `gguf:"attn_q.weight" shape:"embedding,q"`
	K            Matrix `gguf:"attn_k.weight" shape:"embedding,kv"`
	V            Matrix `gguf:"attn_v.weight" shape:"embedding,kv"`
	O            Matrix `gguf:"attn_output.weight" shape:"q,embedding"`
	QNorm        Vector `gguf:"attn_q_norm.weight" shape:"head"`
	KNorm        Vector `gguf:"attn_k_norm.weight" shape:"head"`
	AttnPostNorm Vector `gguf:"post_attention_norm.weight" shape:"embedding"`

	FFNNorm     Vector `gguf:"ffn_norm.weight" shape:"embedding"`
	Gate        Matrix `gguf:"ffn_gate.weight" shape:"embedding,ffn"`
	Up          Matrix `gguf:"ffn_up.weight" shape:"embedding,ffn"`
	Down        Matrix `gguf:"ffn_down.weight" shape:"ffn,embedding"`
	FFNPostNorm Vector `gguf:"post_ffw_norm.weight" shape:"embedding"`
}

func readGemma3(f *gguf.File, name string) (Config, error) {
	c, m := readDecoder(f, name)
	refuseExperts(m, &c)
	c.Window = m.window(&c, 6)
	if c.Window.Tokens > 0 {
		c.Window.Rope = Rope{Base: m.real("rope.freq_base_swa", 1e12, 10000), Scaling: "none", Factor: 1}
	}
	c.SoftCap = float32(m.real("final_logit_softcapping", 1<<16, 0))
	c.more = 2 * c.Embedding
	// The 27B, which its file tells by nothing but its 62 layers, scales scores by the
	// width that its heads would have if they made up the stream (llama.cpp, gemma3.cpp).
	if c.Layers == 62 {
		c.ScoreWidth = c.Embedding / c.Heads
	}
	return c, m.err
}

func loadGemma3(f *gguf.File, c *Config) (architecture, Vector, error) {
	m := &gemma3{Layers: make([]gemma3Layer, c.Layers)}
	err := bind(f, c.dims(), m)
	return m, nil, err
}

func (m *gemma3) forward(p *pass) rows {
	x := p.embed(&m.Embed)
	simd.Scale(x.data, x.data, float32(math.Sqrt(float64(x.width))))
	for i := range m.Layers {
		l := &m.Layers[i]
		p.beginLayer()

		h := p.norm(x, l.AttnNorm)
		q := p.normHeads(p.mul(h, &l.Q), l.QNorm)
		k := p.normHeads(p.mul(h, &l.K), l.KNorm)
		v := p.mul(h, &l.V)
		a := p.attend(i, p.rotateIn(i, q), p.rotateIn(i, k), v)
		p.add(x, p.norm(p.mul(a, &l.O), l.AttnPostNorm))

		h = p.norm(x, l.FFNNorm)
		p.add(x, p.norm(p.mul(p.geglu(p.mul(h, &l.Gate), p.mul(h, &l.Up)), &l.Down), l.FFNPostNorm))
	}
	return p.norm(p.wanted(x), m.Norm)
}

func (m *gemma3) head(p *pass, x rows) rows { return p.softCapped(p.mul(x, &m.Output)) }

// geglu is gelu(gate)·up, by the hyperbolic tangent that is near the GELU, as Gemma was
// trained: x/2·(1+tanh(√(2/π)·(x+0.044715·x³))), which is x·σ of twice the angle.
func (p *pass) geglu(gate, up rows) rows {
	p.each(gate, up, nil, (*pass).gegluRow)
	return p.changed(gate)
}

func (p *pass) gegluRow(i int) {
	gate, up := p.x.row(i), p.y.row(i)
	for j, g := range gate {
		slope := float32(2*math.Sqrt2/math.SqrtPi) * (1 + 0.044715*g*g) // twice √(2/π)
		up[j] /= slope
		gate[j] = slope * g
	}
	simd.SwiGLU(gate, up)
}

// softCapped keeps numbers below the model's cap, if it has one.
func (p *pass) softCapped(x rows) rows {
	by := float64(p.model.SoftCap)
	if by == 0 {
		return x
	}
	for i, v := range x.data {
		x.data[i] = float32(by * math.Tanh(float64(v)/by))
	}
	return p.changed(x)
}
