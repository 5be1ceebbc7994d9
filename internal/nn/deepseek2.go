package nn

import (
	"fmt"

	"github.com/hearthbox/hearth/internal/gguf"
)

// deepseek2 is DeepSeek-V2, V3 and R1 (DeepSeek-AI 2024), and Kimi-K2. Attention is
// latent (latent.go): what the cache keeps of a token is one vector for all heads. The
// first layers are dense; the others have experts, chosen by a softmax in V2, and in
// V3 by sigmoids with a bias that only chooses, among the best groups; and some that
// every token goes through. DeepSeek-V3.2 and GLM-5 choose besides what is attended to
// (index.go).
type deepseek2 struct {
	Embed  Matrix           `gguf:"token_embd.weight" shape:"embedding,vocab"`
	Layers []deepseek2Layer `gguf:"blk.%d."`
	Norm   Vector           `gguf:"output_norm.weight" shape:"embedding"`
	Output Matrix           `gguf:"output.weight|token_embd.weight" shape:"embedding,vocab"`
}

type deepseek2Layer struct {
	AttnNorm Vector `gguf:"attn_norm.weight" shape:"embedding"`
	Latent   latent `gguf:""`

	FFNNorm Vector          `gguf:"ffn_norm.weight" shape:"embedding"`
	Dense   *feedForward    `gguf:""` // of the first layers
	Mixed   *deepseek2Mixed `gguf:""` // of the others
}

// feedForward is the block of a dense layer.
type feedForward struct {
	Gate Matrix `gguf:"ffn_gate.weight" shape:"embedding,ffn"`
	Up   Matrix `gguf:"ffn_up.weight" shape:"embedding,ffn"`
	Down Matrix `gguf:"ffn_down.weight" shape:"ffn,embedding"`
}

type deepseek2Mixed struct {
	Experts routed `gguf:""`
	Bias    Vector `gguf:"exp_probs_b.bias?" shape:"experts"`
	Shared  shared `gguf:""`
}

func readDeepSeek2(f *gguf.File, name string) (Config, error) {
	return readLatent(f, name, gateSoftmax)
}

// readLatent reads models with latent attention, whose gate is this one unless they say so.
func readLatent(f *gguf.File, name string, gate int) (Config, error) {
	m := &metadata{f: f, prefix: name + "."}
	next := m.integerOr("nextn_predict_layers", 0, layersMax, 0)
	c := Config{
		Architecture: name,
		Layers:       m.integer("block_count", 1, layersMax) - next,
		Embedding:    m.integer("embedding_length", 1, widthMax),
		FeedForward:  m.integer("feed_forward_length", 1, widthMax),
		Heads:        m.integer("attention.head_count", 1, headsMax),
		Context:      m.integer("context_length", 1, contextMax),
		NormEpsilon:  float32(m.real("attention.layer_norm_rms_epsilon", 1, 0)),
		KVHeads:      1,
		DenseLayers:  m.integerOr("leading_dense_block_count", 0, layersMax, 0),
		NextLayers:   next,
	}
	switch {
	case m.err != nil:
		return c, m.err
	case c.Layers < 1 || c.DenseLayers > c.Layers:
		m.fail(f.Refuse(name+".block_count", "leaves %d layers, of which %d are dense", c.Layers, c.DenseLayers))
	case c.NormEpsilon == 0:
		m.fail(f.Refuse(name+".attention.layer_norm_rms_epsilon", "is missing"))
	case f.Has(name + ".attention.temperature_scale"):
		m.fail(fmt.Errorf("queries that grow with the position: %w", ErrUnsupported))
	}
	c.Latent = m.latent()
	c.HeadDim = c.Latent.Plain + c.Latent.Rotated
	if c.DenseLayers < c.Layers {
		c.Mixture = m.deepseekMixture(&c, gate)
	}
	c.Rope = m.rope(&c)
	c.Rope.Interleaved = true
	c.Rope.LogMultiplier = m.real("rope.scaling.yarn_log_multiplier", 10, 0)
	return c, m.err
}

// How odds are made of a router's output, as files state it.
const (
	gateSoftmax = 1
	gateSigmoid = 2
)

// deepseekMixture reads what DeepSeek's mixtures have besides, and those made after them.
func (m *metadata) deepseekMixture(c *Config, gate int) Mixture {
	x := m.mixture(c)
	x.Shared = x.FeedForward * m.integer("expert_shared_count", 1, expertsMax)
	x.Sigmoid = m.integerOr("expert_gating_func", gateSoftmax, gateSigmoid, gate) == gateSigmoid
	x.Normalize = m.flagOr("expert_weights_norm", false)
	x.Groups = m.integerOr("expert_group_count", 0, int64(x.Experts), 0)
	x.GroupsUsed = m.integerOr("expert_group_used_count", 0, int64(x.Groups), 0)
	x.GroupBy = 1 // V2
	if x.Sigmoid {
		x.GroupBy = 2 // V3
	}
	switch {
	case m.err != nil:
	case x.Shared > widthMax:
		m.fail(m.f.Refuse(m.prefix+"expert_shared_count", "makes a block of width %d", x.Shared))
	case x.Groups > 1 && (x.Experts%x.Groups != 0 || x.GroupsUsed < 1 || x.GroupsUsed*(x.Experts/x.Groups) < x.Used):
		m.fail(m.f.Refuse(m.prefix+"expert_group_count", "is %d, and %d of them are used: no way to choose %d of %d experts",
			x.Groups, x.GroupsUsed, x.Used, x.Experts))
	}
	return x
}

// next is how tensors of the layers after the last one begin. These guess a token further,
// and nothing depends on them.
func (c *Config) next() []string {
	var next []string
	for i := range c.NextLayers {
		next = append(next, fmt.Sprintf("blk.%d.", c.Layers+i))
	}
	return next
}

// readDeepSeek32 is readDeepSeek2 for models with an index.
func readDeepSeek32(f *gguf.File, name string) (Config, error) {
	c, err := readDeepSeek2(f, name)
	if err != nil {
		return c, err
	}
	m := &metadata{f: f, prefix: name + "."}
	c.Index = m.index(&c)
	return c, m.err
}

// readGLMDSA is readDeepSeek2 for GLM-5, where several layers may see the same choice.
func readGLMDSA(f *gguf.File, name string) (Config, error) {
	c, err := readLatent(f, name, gateSigmoid)
	if err != nil {
		return c, err
	}
	m := &metadata{f: f, prefix: name + "."}
	c.Index = m.index(&c)
	c.Index.Interleaved = true
	if m.err == nil {
		m.sharedIndex(&c.Index, c.Context)
	}
	return c, m.err
}

func loadDeepSeek2(f *gguf.File, c *Config) (architecture, Vector, error) {
	m := &deepseek2{Layers: make([]deepseek2Layer, c.Layers)}
	for i := range m.Layers {
		if i < c.DenseLayers {
			m.Layers[i].Dense = &feedForward{}
		} else {
			m.Layers[i].Mixed = &deepseek2Mixed{}
		}
		if c.Index.chooses(i) {
			m.Layers[i].Latent.Index = &indexer{}
		}
	}
	leftOut := c.next()
	for i := range m.Layers {
		if c.Index.Top > 0 && !c.Index.chooses(i) {
			leftOut = append(leftOut, fmt.Sprintf("blk.%d.indexer.", i)) // which it does not use
		}
	}
	if err := bind(f, c.dims(), m, leftOut...); err != nil {
		return nil, nil, err
	}
	for i := range m.Layers {
		if err := m.Layers[i].Latent.absorb(f, c, i); err != nil {
			return nil, nil, err
		}
	}
	return m, nil, nil
}

func (m *deepseek2) forward(p *pass) rows {
	x := p.embed(&m.Embed)
	for i := range m.Layers {
		l := &m.Layers[i]
		p.beginLayer()

		p.add(x, p.attendLatent(i, p.norm(x, l.AttnNorm), &l.Latent))

		h := p.norm(x, l.FFNNorm)
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

func (m *deepseek2) head(p *pass, x rows) rows { return p.mul(x, &m.Output) }
