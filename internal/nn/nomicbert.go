package nn

import "github.com/hearthbox/hearth/internal/gguf"

// nomicBert is the encoder of nomic-embed-text (Nussbaum et al. 2024): bert with rotation
// instead of learned positions, and a gated feed-forward block without biases.
type nomicBert struct {
	Embed    Matrix           `gguf:"token_embd.weight" shape:"embedding,vocab"`
	Segments Matrix           `gguf:"token_types.weight?" shape:"embedding,segments" adapt:"no"`
	Norm     Vector           `gguf:"token_embd_norm.weight" shape:"embedding"`
	NormBias Vector           `gguf:"token_embd_norm.bias" shape:"embedding"`
	Layers   []nomicBertLayer `gguf:"blk.%d."`
}

type nomicBertLayer struct {
	QKV     Matrix `gguf:"attn_qkv.weight" shape:"embedding,qkv"`
	QKVBias Vector `gguf:"attn_qkv.bias?" shape:"qkv"`
	O       Matrix `gguf:"attn_output.weight" shape:"q,embedding"`
	OBias   Vector `gguf:"attn_output.bias?" shape:"embedding"`

	AttnNorm     Vector `gguf:"attn_output_norm.weight" shape:"embedding"`
	AttnNormBias Vector `gguf:"attn_output_norm.bias" shape:"embedding"`

	Gate Matrix `gguf:"ffn_gate.weight" shape:"embedding,ffn"`
	Up   Matrix `gguf:"ffn_up.weight" shape:"embedding,ffn"`
	Down Matrix `gguf:"ffn_down.weight" shape:"ffn,embedding"`

	Norm     Vector `gguf:"layer_output_norm.weight" shape:"embedding"`
	NormBias Vector `gguf:"layer_output_norm.bias" shape:"embedding"`
}

func readNomicBert(f *gguf.File, name string) (Config, error) {
	c, m := readEncoderSettings(f, name)
	if m.err == nil {
		c.Rope = m.rope(&c)
		c.more = 3 * c.Embedding
	}
	if c.HeadDim%2 != 0 && m.err == nil {
		m.fail(f.Refuse(name+".attention.head_count", "makes heads of width %d, which must be even", c.HeadDim))
	}
	refuseExperts(m, &c)
	return c, m.err
}

func loadNomicBert(f *gguf.File, c *Config) (architecture, Vector, error) {
	m := &nomicBert{Layers: make([]nomicBertLayer, c.Layers)}
	dims := c.dims()
	dims["segments"], dims["qkv"] = rowsOf(f, "token_types.weight"), 3*c.Embedding
	if err := bind(f, dims, m); err != nil {
		return nil, nil, err
	}
	if c.Pooling == PoolRank {
		return nil, nil, f.Refuse(c.Architecture+".pooling_type", "is %d, and there is no classifier's head", c.Pooling)
	}
	return m, nil, nil
}

func (m *nomicBert) forward(p *pass) rows {
	x := p.embed(&m.Embed)
	p.place(x, &m.Segments, nil)
	p.layerNorm(x, m.Norm, m.NormBias)
	for i := range m.Layers {
		l := &m.Layers[i]
		p.beginLayer()

		x = p.changed(x)
		all, width := p.bias(p.mul(x, &l.QKV), l.QKVBias), x.width
		q, k, v := p.cut(all, 0, width), p.cut(all, width, width), p.cut(all, 2*width, width)
		a := p.attend(0, p.rotate(q), p.rotate(k), v)
		p.add(x, p.bias(p.mul(a, &l.O), l.OBias))
		x = p.layerNorm(x, l.AttnNorm, l.AttnNormBias)

		h := p.swiglu(p.mul(x, &l.Gate), p.mul(x, &l.Up))
		p.add(x, p.mul(h, &l.Down))
		x = p.layerNorm(x, l.Norm, l.NormBias)
	}
	return p.wanted(x)
}

func (m *nomicBert) head(p *pass, x rows) rows { return x }
