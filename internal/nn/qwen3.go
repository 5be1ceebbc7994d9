package nn

import "github.com/hearthbox/hearth/internal/gguf"

// qwen3 is the dense Qwen3 family (Yang et al. 2025). Against Qwen2 it drops the
// biases and normalises every query and key head before rotating it; the width of
// a head is stated, not derived. Qwen3-Embedding is one whose last token is a text's
// vector, Qwen3-Reranker one that says yes or no.
type qwen3 struct {
	Embed  Matrix       `gguf:"token_embd.weight" shape:"embedding,vocab"`
	Layers []qwen3Layer `gguf:"blk.%d."`
	Norm   Vector       `gguf:"output_norm.weight" shape:"embedding"`
	Output Matrix       `gguf:"output.weight|token_embd.weight" shape:"embedding,vocab"`

	// Verdict is instead of the output where all that counts is "yes" and "no", in this
	// order (Zhang et al. 2025).
	Verdict Matrix `gguf:"cls.output.weight?" shape:"embedding,verdicts"`
}

type qwen3Layer struct {
	AttnNorm Vector `gguf:"attn_norm.weight" shape:"embedding"`
	Q        Matrix `gguf:"attn_q.weight" shape:"embedding,q"`
	K        Matrix `gguf:"attn_k.weight" shape:"embedding,kv"`
	V        Matrix `gguf:"attn_v.weight" shape:"embedding,kv"`
	O        Matrix `gguf:"attn_output.weight" shape:"q,embedding"`
	QNorm    Vector `gguf:"attn_q_norm.weight" shape:"head"`
	KNorm    Vector `gguf:"attn_k_norm.weight" shape:"head"`

	FFNNorm Vector `gguf:"ffn_norm.weight" shape:"embedding"`
	Gate    Matrix `gguf:"ffn_gate.weight" shape:"embedding,ffn"`
	Up      Matrix `gguf:"ffn_up.weight" shape:"embedding,ffn"`
	Down    Matrix `gguf:"ffn_down.weight" shape:"ffn,embedding"`
}

func loadQwen3(f *gguf.File, c *Config) (architecture, Vector, error) {
	m := &qwen3{Layers: make([]qwen3Layer, c.Layers)}
	dims := c.dims()
	dims["verdicts"] = 2
	err := bind(f, dims, m)
	c.Classes = m.Verdict.rows
	return m, nil, err
}

func (m *qwen3) forward(p *pass) rows {
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

		h = p.norm(x, l.FFNNorm)
		p.add(x, p.mul(p.swiglu(p.mul(h, &l.Gate), p.mul(h, &l.Up)), &l.Down))
	}
	return p.norm(p.wanted(x), m.Norm)
}

func (m *qwen3) head(p *pass, x rows) rows {
	if m.Verdict.rows > 0 {
		return p.mul(x, &m.Verdict)
	}
	return p.mul(x, &m.Output)
}
