package nn

import "github.com/hearthbox/hearth/internal/gguf"

// qwen2moe is Qwen2 with experts for its feed-forward blocks (Yang et al. 2024):
// Qwen1.5-MoE-A2.7B, Qwen2-57B-A14B. Weights are the softmax's own and do not sum to
// 1; every token goes through a shared expert besides, as far as a gate lets it.
type qwen2moe struct {
	Embed  Matrix          `gguf:"token_embd.weight" shape:"embedding,vocab"`
	Layers []qwen2moeLayer `gguf:"blk.%d."`
	Norm   Vector          `gguf:"output_norm.weight" shape:"embedding"`
	Output Matrix          `gguf:"output.weight|token_embd.weight" shape:"embedding,vocab"`
}

type qwen2moeLayer struct {
	AttnNorm Vector `gguf:"attn_norm.weight" shape:"embedding"`
	Q        Matrix `gguf:"attn_q.weight" shape:"embedding,q"`
	K        Matrix `gguf:"attn_k.weight" shape:"embedding,kv"`
	V        Matrix `gguf:"attn_v.weight" shape:"embedding,kv"`
	O        Matrix `gguf:"attn_output.weight" shape:"q,embedding"`
	QBias    Vector `gguf:"attn_q.bias?" shape:"q"`
	KBias    Vector `gguf:"attn_k.bias?" shape:"kv"`
	VBias    Vector `gguf:"attn_v.bias?" shape:"kv"`

	FFNNorm    Vector `gguf:"ffn_norm.weight" shape:"embedding"`
	Experts    routed `gguf:""`
	Shared     shared `gguf:""`
	SharedGate Matrix `gguf:"ffn_gate_inp_shexp.weight" shape:"embedding"`
}

func readQwen2MoE(f *gguf.File, name string) (Config, error) {
	c, m := readDecoder(f, name)
	c.Mixture = m.mixture(&c)
	c.Mixture.Shared = m.integerOr("expert_shared_feed_forward_length", 1, widthMax, c.FeedForward)
	return c, m.err
}

func loadQwen2MoE(f *gguf.File, c *Config) (architecture, Vector, error) {
	m := &qwen2moe{Layers: make([]qwen2moeLayer, c.Layers)}
	err := bind(f, c.dims(), m)
	return m, nil, err
}

func (m *qwen2moe) forward(p *pass) rows {
	x := p.embed(&m.Embed)
	for i := range m.Layers {
		l := &m.Layers[i]
		p.beginLayer()

		h := p.norm(x, l.AttnNorm)
		q := p.bias(p.mul(h, &l.Q), l.QBias)
		k := p.bias(p.mul(h, &l.K), l.KBias)
		v := p.bias(p.mul(h, &l.V), l.VBias)
		a := p.attend(i, p.rotate(q), p.rotate(k), v)
		p.add(x, p.mul(a, &l.O))

		h = p.norm(x, l.FFNNorm)
		own := p.gated(p.ownFeedForward(h, &l.Shared), p.mul(h, &l.SharedGate))
		p.add(x, p.mix(h, &l.Experts, nil))
		p.add(x, own)
	}
	return p.norm(p.wanted(x), m.Norm)
}

func (m *qwen2moe) head(p *pass, x rows) rows { return p.mul(x, &m.Output) }
