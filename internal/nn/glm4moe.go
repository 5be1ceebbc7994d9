package nn

import "github.com/hearthbox/hearth/internal/gguf"

// glm4moe is GLM-4.5 and 4.6, and GLM-4.5-Air (Zeng et al. 2025): after a dense layer or
// three, experts are chosen as in DeepSeek-V3, by sigmoids and a bias that only chooses.
// Half of each head is rotated; the largest models norm queries and keys.
type glm4moe struct {
	Embed  Matrix         `gguf:"token_embd.weight" shape:"embedding,vocab"`
	Layers []glm4moeLayer `gguf:"blk.%d."`
	Norm   Vector         `gguf:"output_norm.weight" shape:"embedding"`
	Output Matrix         `gguf:"output.weight|token_embd.weight" shape:"embedding,vocab"`
}

type glm4moeLayer struct {
	AttnNorm Vector `gguf:"attn_norm.weight" shape:"embedding"`
	Q        Matrix `gguf:"attn_q.weight" shape:"embedding,q"`
	K        Matrix `gguf:"attn_k.weight" shape:"embedding,kv"`
	V        Matrix `gguf:"attn_v.weight" shape:"embedding,kv"`
	O        Matrix `gguf:"attn_output.weight" shape:"q,embedding"`
	QBias    Vector `gguf:"attn_q.bias?" shape:"q"`
	KBias    Vector `gguf:"attn_k.bias?" shape:"kv"`
	VBias    Vector `gguf:"attn_v.bias?" shape:"kv"`
	QNorm    Vector `gguf:"attn_q_norm.weight?" shape:"head"`
	KNorm    Vector `gguf:"attn_k_norm.weight?" shape:"head"`

	FFNNorm Vector        `gguf:"post_attention_norm.weight" shape:"embedding"`
	Dense   *feedForward  `gguf:""` // of the first layers
	Mixed   *glm4moeMixed `gguf:""` // of the others
}

type glm4moeMixed struct {
	Experts routed `gguf:""`
	Bias    Vector `gguf:"exp_probs_b.bias" shape:"experts"`
	Shared  shared `gguf:""`
}

func readGLM4MoE(f *gguf.File, name string) (Config, error) {
	c, m := readDecoder(f, name)
	m.glm(&c)
	c.DenseLayers = m.integerOr("leading_dense_block_count", 0, layersMax, 0)
	if c.DenseLayers >= c.Layers && m.err == nil {
		m.fail(f.Refuse(name+".leading_dense_block_count", "is %d, of %d layers", c.DenseLayers, c.Layers))
	}
	c.Mixture = m.deepseekMixture(&c, gateSigmoid)
	return c, m.err
}

func loadGLM4MoE(f *gguf.File, c *Config) (architecture, Vector, error) {
	m := &glm4moe{Layers: make([]glm4moeLayer, c.Layers)}
	for i := range m.Layers {
		if i < c.DenseLayers {
			m.Layers[i].Dense = &feedForward{}
		} else {
			m.Layers[i].Mixed = &glm4moeMixed{}
		}
	}
	err := bind(f, c.dims(), m, c.next()...)
	return m, nil, err
}

func (m *glm4moe) forward(p *pass) rows {
	x := p.embed(&m.Embed)
	for i := range m.Layers {
		l := &m.Layers[i]
		p.beginLayer()

		h := p.norm(x, l.AttnNorm)
		q := p.bias(p.mul(h, &l.Q), l.QBias)
		k := p.bias(p.mul(h, &l.K), l.KBias)
		v := p.bias(p.mul(h, &l.V), l.VBias)
		if l.QNorm != nil {
			q = p.normHeads(q, l.QNorm)
		}
		if l.KNorm != nil {
			k = p.normHeads(k, l.KNorm)
		}
		a := p.attend(i, p.rotate(q), p.rotate(k), v)
		p.add(x, p.mul(a, &l.O))

		h = p.norm(x, l.FFNNorm)
		if l.Dense != nil {
			p.add(x, p.mul(p.swiglu(p.mul(h, &l.Dense.Gate), p.mul(h, &l.Dense.Up)), &l.Dense.Down))
			continue
		}
		own := p.ownFeedForward(h, &l.Mixed.Shared)
		p.add(x, p.mix(h, &l.Mixed.Experts, l.Mixed.Bias))
		p.add(x, own)
	}
	return p.norm(p.wanted(x), m.Norm)
}

func (m *glm4moe) head(p *pass, x rows) rows { return p.mul(x, &m.Output) }
