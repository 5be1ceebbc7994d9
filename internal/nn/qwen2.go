package nn

import "github.com/hearthbox/hearth/internal/gguf"

// qwen2 is the dense Qwen2 and Qwen2.5 family (Yang et al. 2024), and
// DeepSeek-R1-Distill-Qwen. It is a Llama block with biases on queries, keys and
// values; small ones tie the output to the embedding.
type qwen2 struct {
	Embed  Matrix       `gguf:"token_embd.weight" shape:"embedding,vocab"`
	Layers []qwen2Layer `gguf:"blk.%d."`
	Norm   Vector       `gguf:"output_norm.weight" shape:"embedding"`
	Output Matrix       `gguf:"output.weight|token_embd.weight" shape:"embedding,vocab"`
}

type qwen2Layer struct {
	AttnNorm Vector `gguf:"attn_norm.weight" shape:"embedding"`
	Q        Matrix `gguf:"attn_q.weight" shape:"embedding,q"`
	K        Matrix `gguf:"attn_k.weight" shape:"embedding,kv"`
	V        Matrix `gguf:"attn_v.weight" shape:"embedding,kv"`
	O        Matrix `gguf:"attn_output.weight" shape:"q,embedding"`
	QBias    Vector `gguf:"attn_q.bias?" shape:"q"`
	KBias    Vector `gguf:"attn_k.bias?" shape:"kv"`
	VBias    Vector `gguf:"attn_v.bias?" shape:"kv"`

	FFNNorm Vector `gguf:"ffn_norm.weight" shape:"embedding"`
	Gate    Matrix `gguf:"ffn_gate.weight" shape:"embedding,ffn"`
	Up      Matrix `gguf:"ffn_up.weight" shape:"embedding,ffn"`
	Down    Matrix `gguf:"ffn_down.weight" shape:"ffn,embedding"`
}

func loadQwen2(f *gguf.File, c *Config) (architecture, Vector, error) {
	m := &qwen2{Layers: make([]qwen2Layer, c.Layers)}
	err := bind(f, c.dims(), m)
	return m, nil, err
}

func (m *qwen2) forward(p *pass) rows {
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
		p.add(x, p.mul(p.swiglu(p.mul(h, &l.Gate), p.mul(h, &l.Up)), &l.Down))
	}
	return p.norm(p.wanted(x), m.Norm)
}

func (m *qwen2) head(p *pass, x rows) rows { return p.mul(x, &m.Output) }
