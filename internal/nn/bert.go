package nn

import (
	"math"

	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/simd"
)

// bert is the encoder of Devlin et al. 2018, and of RoBERTa and XLM-R, which differ
// only in how they were trained and in where converters let positions begin: BGE,
// GTE, E5, MiniLM. Every token sees all of its text; norms come after what they
// normalise; positions are learned, and so are segments. Without a classifier its
// vectors are what it is for; with one, a pair of texts gets scores.
type bert struct {
	Embed     Matrix      `gguf:"token_embd.weight" shape:"embedding,vocab"`
	Segments  Matrix      `gguf:"token_types.weight?" shape:"embedding,segments" adapt:"no"`
	Positions Matrix      `gguf:"position_embd.weight" shape:"embedding,context" adapt:"no"`
	Norm      Vector      `gguf:"token_embd_norm.weight" shape:"embedding"`
	NormBias  Vector      `gguf:"token_embd_norm.bias" shape:"embedding"`
	Layers    []bertLayer `gguf:"blk.%d."`

	// The head of RoBERTa's classifiers has a layer of its own, that of BERT's is the
	// pooler it was trained with; the last layer alone is rare.
	Dense     Matrix `gguf:"cls.weight?" shape:"embedding,embedding"`
	DenseBias Vector `gguf:"cls.bias?" shape:"embedding"`
	Out       Matrix `gguf:"cls.output.weight?" shape:"embedding,classes"`
	OutBias   Vector `gguf:"cls.output.bias?" shape:"classes"`
}

type bertLayer struct {
	Q     Matrix `gguf:"attn_q.weight" shape:"embedding,q"`
	K     Matrix `gguf:"attn_k.weight" shape:"embedding,kv"`
	V     Matrix `gguf:"attn_v.weight" shape:"embedding,kv"`
	O     Matrix `gguf:"attn_output.weight" shape:"q,embedding"`
	QBias Vector `gguf:"attn_q.bias?" shape:"q"`
	KBias Vector `gguf:"attn_k.bias?" shape:"kv"`
	VBias Vector `gguf:"attn_v.bias?" shape:"kv"`
	OBias Vector `gguf:"attn_output.bias?" shape:"embedding"`

	AttnNorm     Vector `gguf:"attn_output_norm.weight" shape:"embedding"`
	AttnNormBias Vector `gguf:"attn_output_norm.bias" shape:"embedding"`

	Up       Matrix `gguf:"ffn_up.weight" shape:"embedding,ffn"`
	Down     Matrix `gguf:"ffn_down.weight" shape:"ffn,embedding"`
	UpBias   Vector `gguf:"ffn_up.bias?" shape:"ffn"`
	DownBias Vector `gguf:"ffn_down.bias?" shape:"embedding"`

	Norm     Vector `gguf:"layer_output_norm.weight" shape:"embedding"`
	NormBias Vector `gguf:"layer_output_norm.bias" shape:"embedding"`
}

func readEncoder(f *gguf.File, architecture string) (Config, error) {
	c, m := readEncoderSettings(f, architecture)
	return c, m.err
}

// readEncoderSettings reads the settings that all encoders share.
func readEncoderSettings(f *gguf.File, architecture string) (Config, *metadata) {
	m := &metadata{f: f, prefix: architecture + "."}
	c := Config{
		Architecture: architecture,
		Layers:       m.integer("block_count", 1, layersMax),
		Embedding:    m.integer("embedding_length", 1, widthMax),
		FeedForward:  m.integer("feed_forward_length", 1, widthMax),
		Heads:        m.integer("attention.head_count", 1, headsMax),
		Context:      m.integer("context_length", 1, contextMax),
		NormEpsilon:  float32(m.real("attention.layer_norm_epsilon", 1, 0)),
		Pooling:      m.pooling(),
		BothWays:     true,
	}
	if m.err != nil {
		return c, m
	}
	c.KVHeads, c.HeadDim = c.Heads, c.Embedding/c.Heads
	switch {
	case c.HeadDim*c.Heads != c.Embedding:
		m.fail(f.Refuse(m.prefix+"attention.head_count", "is %d, which does not divide a width of %d", c.Heads, c.Embedding))
	case c.NormEpsilon == 0:
		m.fail(f.Refuse(m.prefix+"attention.layer_norm_epsilon", "is missing"))
	case c.Pooling == PoolNone:
		m.fail(f.Refuse(m.prefix+"pooling_type", "is missing: nothing says which vector a text has"))
	}
	return c, m
}

func loadBert(f *gguf.File, c *Config) (architecture, Vector, error) {
	m := &bert{Layers: make([]bertLayer, c.Layers)}
	dims := c.dims()
	dims["context"], dims["segments"], dims["classes"] = c.Context, rowsOf(f, "token_types.weight"), rowsOf(f, "cls.output.weight")
	if err := bind(f, dims, m); err != nil {
		return nil, nil, err
	}
	c.Classes = m.Out.rows
	if m.Out.rows == 0 && m.Dense.rows > 0 {
		c.Classes = m.Dense.rows
	}
	if (c.Pooling == PoolRank) != (c.Classes > 0) {
		return nil, nil, f.Refuse(c.Architecture+".pooling_type", "is %d, and the classifier's head has %d classes", c.Pooling, c.Classes)
	}
	return m, nil, nil
}

// rowsOf is how many rows a tensor has that may have any number of them; 1 if it is
// not there.
func rowsOf(f *gguf.File, name string) int {
	if t, ok := f.Tensor(name); ok {
		return t.Rows()
	}
	return 1
}

func (m *bert) forward(p *pass) rows {
	x := p.embed(&m.Embed)
	p.place(x, &m.Segments, &m.Positions)
	p.layerNorm(x, m.Norm, m.NormBias)
	for i := range m.Layers {
		l := &m.Layers[i]
		p.beginLayer()

		x = p.changed(x)
		q := p.bias(p.mul(x, &l.Q), l.QBias)
		k := p.bias(p.mul(x, &l.K), l.KBias)
		v := p.bias(p.mul(x, &l.V), l.VBias)
		a := p.attend(0, q, k, v)
		p.add(x, p.bias(p.mul(a, &l.O), l.OBias))
		x = p.layerNorm(x, l.AttnNorm, l.AttnNormBias)

		h := p.gelu(p.bias(p.mul(x, &l.Up), l.UpBias))
		p.add(x, p.bias(p.mul(h, &l.Down), l.DownBias))
		x = p.layerNorm(x, l.Norm, l.NormBias)
	}
	return p.wanted(x)
}

func (m *bert) head(p *pass, x rows) rows {
	if m.Dense.rows > 0 {
		x = p.tanh(p.bias(p.mul(x, &m.Dense), m.DenseBias))
	}
	if m.Out.rows > 0 {
		x = p.bias(p.mul(x, &m.Out), m.OutBias)
	}
	return x
}

// place adds to every row what its segment says, and its position where those are learned.
func (p *pass) place(x rows, segments, positions *Matrix) {
	room := make([]float32, x.width)
	for i, t := range p.tokens {
		if segments.rows > 0 {
			segments.format.Widen(room, segments.row(min(t.Segment, segments.rows-1)))
			simd.Add(x.row(i), room)
		}
		if positions != nil {
			positions.format.Widen(room, positions.row(p.positions[i]))
			simd.Add(x.row(i), room)
		}
	}
}

// layerNorm is the layer norm of every row, in its place (Ba et al. 2016).
func (p *pass) layerNorm(x rows, weights, bias Vector) rows {
	p.each(x, rows{width: x.width, data: bias}, weights, (*pass).layerNormRow)
	return p.changed(x)
}

func (p *pass) layerNormRow(i int) {
	simd.LayerNorm(p.x.row(i), p.weights, p.y.data, p.model.NormEpsilon)
}

// gelu replaces every number by its GELU.
func (p *pass) gelu(x rows) rows {
	p.each(x, rows{}, nil, (*pass).geluRow)
	return p.changed(x)
}

func (p *pass) geluRow(i int) { simd.GELU(p.x.row(i)) }

func (p *pass) tanh(x rows) rows {
	for i, v := range x.data {
		x.data[i] = float32(math.Tanh(float64(v)))
	}
	return p.changed(x)
}
