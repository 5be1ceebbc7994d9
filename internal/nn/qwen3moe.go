package nn

import "github.com/hearthbox/hearth/internal/gguf"

// qwen3moe is Qwen3 with experts for its feed-forward blocks (Yang et al. 2025):
// Qwen3-30B-A3B, Qwen3-235B-A22B, Qwen3-Coder. The weights of those a token uses sum
// to 1; there is no shared one.
type qwen3moe struct {
	Embed  Matrix          `gguf:"token_embd.weight" shape:"embedding,vocab"`
	Layers []qwen3moeLayer `gguf:"blk.%d."`
	Norm   Vector          `gguf:"output_norm.weight" shape:"embedding"`
	Output Matrix          `gguf:"output.weight|token_embd.weight" shape:"embedding,vocab"`
}

type qwen3moeLayer struct {
	AttnNorm Vector `gguf:"attn_norm.weight" shape:"embedding"`
	Q        Matrix `gguf:"attn_q.weight" shape:"embedding,q"`
	K        Matrix `gguf:"attn_k.weight" shape:"embedding,kv"`
	V        Matrix `gguf:"attn_v.weight" shape:"embedding,kv"`
	O        Matrix `gguf:"attn_output.weight" shape:"q,embedding"`
	QNorm    Vector `gguf:"attn_q_norm.weight" shape:"head"`
	KNorm    Vector `gguf:"attn_k_norm.weight" shape:"head"`

	FFNNorm Vector `gguf:"ffn_norm.weight" shape:"embedding"`
	Experts routed `gguf:""`
}

func readQwen3MoE(f *gguf.File, name string) (Config, error) {
	c, m := readDecoder(f, name)
	c.Mixture = m.mixture(&c)
	c.Mixture.Normalize = true
	return c, m.err
}

func loadQwen3MoE(f *gguf.File, c *Config) (architecture, Vector, error) {
	m := &qwen3moe{Layers: make([]qwen3moeLayer, c.Layers)}
	err := bind(f, c.dims(), m)
	return m, nil, err
}

func (m *qwen3moe) forward(p *pass) rows {
	x := p.embed(&m.Embed)
	for i := range m.Layers {
		l := &m.Layers[i]
		p.beginLayer()

		h := p.norm(x, l.AttnNorm)
		q := p.normHeads(p.mul(h, &l.Q), l.QNorm)
		k := p.normHeads(p.mul(h, &l.K), l.KNorm)
		v := p.mul(h, &l.V)
		a := p.attend(i, p.rotate(q), p.rotate(k), v)
		p.add(x, p.mul(a, &l.O))

		p.add(x, p.mix(p.norm(x, l.FFNNorm), &l.Experts, nil))
	}
	return p.norm(p.wanted(x), m.Norm)
}

func (m *qwen3moe) head(p *pass, x rows) rows { return p.mul(x, &m.Output) }
