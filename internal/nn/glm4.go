package nn

import (
	"fmt"

	"github.com/hearthbox/hearth/internal/gguf"
)

// glm4 is the dense GLM-4 family of 2025 (GLM-4-9B-0414, GLM-4-32B-0414, GLM-Z1): norms
// before and after what they are around, half of each head rotated, the feed-forward
// block's gate and its other half in one matrix.
type glm4 struct {
	Embed  Matrix      `gguf:"token_embd.weight" shape:"embedding,vocab"`
	Layers []glm4Layer `gguf:"blk.%d."`
	Norm   Vector      `gguf:"output_norm.weight" shape:"embedding"`
	Output Matrix      `gguf:"output.weight|token_embd.weight" shape:"embedding,vocab"`
}

type glm4Layer struct {
	AttnNorm     Vector `gguf:"attn_norm.weight" shape:"embedding"`
	Q            Matrix `gguf:"attn_q.weight" shape:"embedding,q"`
	K            Matrix `gguf:"attn_k.weight" shape:"embedding,kv"`
	V            Matrix `gguf:"attn_v.weight" shape:"embedding,kv"`
	O            Matrix `gguf:"attn_output.weight" shape:"q,embedding"`
	QBias        Vector `gguf:"attn_q.bias?" shape:"q"`
	KBias        Vector `gguf:"attn_k.bias?" shape:"kv"`
	VBias        Vector `gguf:"attn_v.bias?" shape:"kv"`
	AttnPostNorm Vector `gguf:"post_attention_norm.weight" shape:"embedding"`

	FFNNorm     Vector `gguf:"ffn_norm.weight" shape:"embedding"`
	GateUp      Matrix `gguf:"ffn_up.weight" shape:"embedding,gates"`
	Down        Matrix `gguf:"ffn_down.weight" shape:"ffn,embedding"`
	FFNPostNorm Vector `gguf:"post_ffw_norm.weight" shape:"embedding"`
}

func readGLM4(f *gguf.File, name string) (Config, error) {
	c, m := readDecoder(f, name)
	refuseExperts(m, &c)
	m.glm(&c)
	c.Rope.Interleaved = true
	c.more = 2*c.Embedding + c.FeedForward
	return c, m.err
}

// glm reads what all models of the family have: layers that guess further, and in those
// that see images other positions, which are not known here.
func (m *metadata) glm(c *Config) {
	m.nextLayers(c)
	if m.f.Has(m.prefix + "rope.dimension_sections") {
		m.fail(fmt.Errorf("positions in images: %w", ErrUnsupported))
	}
}

// nextLayers leaves out the layers after the last one.
func (m *metadata) nextLayers(c *Config) {
	c.NextLayers = m.integerOr("nextn_predict_layers", 0, layersMax, 0)
	if c.Layers -= c.NextLayers; c.Layers < 1 && m.err == nil {
		m.fail(m.f.Refuse(m.prefix+"block_count", "leaves %d layers", c.Layers))
	}
}

func loadGLM4(f *gguf.File, c *Config) (architecture, Vector, error) {
	m := &glm4{Layers: make([]glm4Layer, c.Layers)}
	dims := c.dims()
	dims["gates"] = 2 * c.FeedForward
	err := bind(f, dims, m, c.next()...)
	return m, nil, err
}

func (m *glm4) forward(p *pass) rows {
	x := p.embed(&m.Embed)
	for i := range m.Layers {
		l := &m.Layers[i]
		p.beginLayer()

		h := p.norm(x, l.AttnNorm)
		q := p.bias(p.mul(h, &l.Q), l.QBias)
		k := p.bias(p.mul(h, &l.K), l.KBias)
		v := p.bias(p.mul(h, &l.V), l.VBias)
		a := p.attend(i, p.rotate(q), p.rotate(k), v)
		p.add(x, p.norm(p.mul(a, &l.O), l.AttnPostNorm))

		h = p.norm(x, l.FFNNorm)
		p.add(x, p.norm(p.mul(p.swigluHalves(p.mul(h, &l.GateUp)), &l.Down), l.FFNPostNorm))
	}
	return p.norm(p.wanted(x), m.Norm)
}

func (m *glm4) head(p *pass, x rows) rows { return p.mul(x, &m.Output) }
