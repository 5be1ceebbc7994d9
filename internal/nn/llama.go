package nn

import "github.com/hearthbox/hearth/internal/gguf"

// llama is the dense Llama family (Touvron et al. 2023; Llama 3, Grattafiori et
// al. 2024), and what shares its blocks: DeepSeek-R1-Distill-Llama, Mistral 7B,
// Yi, the llama2.c stories. Pre-norm blocks, grouped-query attention, SwiGLU.
// Biases are rare and optional. Llama 3.1 stretches its rotation by the factors
// in rope_freqs.
type llama struct {
	Embed       Matrix       `gguf:"token_embd.weight" shape:"embedding,vocab"`
	RopeFactors Vector       `gguf:"rope_freqs.weight?" shape:"pairs"`
	Layers      []llamaLayer `gguf:"blk.%d."`
	Norm        Vector       `gguf:"output_norm.weight" shape:"embedding"`
	Output      Matrix       `gguf:"output.weight|token_embd.weight" shape:"embedding,vocab"`
}

type llamaLayer struct {
	AttnNorm Vector `gguf:"attn_norm.weight" shape:"embedding"`
	Q        Matrix `gguf:"attn_q.weight" shape:"embedding,q"`
	K        Matrix `gguf:"attn_k.weight" shape:"embedding,kv"`
	V        Matrix `gguf:"attn_v.weight" shape:"embedding,kv"`
	O        Matrix `gguf:"attn_output.weight" shape:"q,embedding"`
	QBias    Vector `gguf:"attn_q.bias?" shape:"q"`
	KBias    Vector `gguf:"attn_k.bias?" shape:"kv"`
	VBias    Vector `gguf:"attn_v.bias?" shape:"kv"`
	OBias    Vector `gguf:"attn_output.bias?" shape:"embedding"`

	FFNNorm  Vector `gguf:"ffn_norm.weight" shape:"embedding"`
	Gate     Matrix `gguf:"ffn_gate.weight" shape:"embedding,ffn"`
	Up       Matrix `gguf:"ffn_up.weight" shape:"embedding,ffn"`
	Down     Matrix `gguf:"ffn_down.weight" shape:"ffn,embedding"`
	GateBias Vector `gguf:"ffn_gate.bias?" shape:"ffn"`
	UpBias   Vector `gguf:"ffn_up.bias?" shape:"ffn"`
	DownBias Vector `gguf:"ffn_down.bias?" shape:"embedding"`
}

// loadLlama sets the interleaved rotation: converters to GGUF permute the query
// and key rows of this family so that a pair's members stand side by side.
func loadLlama(f *gguf.File, c *Config) (architecture, Vector, error) {
	c.Rope.Interleaved = true
	m := &llama{Layers: make([]llamaLayer, c.Layers)}
	err := bind(f, c.dims(), m)
	return m, m.RopeFactors, err
}

func (m *llama) forward(p *pass) rows {
	x := p.embed(&m.Embed)
	for i := range m.Layers {
		l := &m.Layers[i]
		p.beginLayer()

		h := p.norm(x, l.AttnNorm)
		q := p.bias(p.mul(h, &l.Q), l.QBias)
		k := p.bias(p.mul(h, &l.K), l.KBias)
		v := p.bias(p.mul(h, &l.V), l.VBias)
		a := p.attend(i, p.rotate(q), p.rotate(k), v)
		p.add(x, p.bias(p.mul(a, &l.O), l.OBias))

		h = p.norm(x, l.FFNNorm)
		gate := p.bias(p.mul(h, &l.Gate), l.GateBias)
		up := p.bias(p.mul(h, &l.Up), l.UpBias)
		p.add(x, p.bias(p.mul(p.swiglu(gate, up), &l.Down), l.DownBias))
	}
	return p.norm(p.wanted(x), m.Norm)
}

func (m *llama) head(p *pass, x rows) rows { return p.mul(x, &m.Output) }
