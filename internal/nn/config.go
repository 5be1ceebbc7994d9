package nn

import (
	"errors"
	"fmt"
	"math"

	"github.com/hearthbox/hearth/internal/gguf"
)

// Config is the shape of a model, as its file's metadata states it.
type Config struct {
	Architecture string
	Layers       int
	Embedding    int // width of the residual stream
	FeedForward  int // width inside the feed-forward blocks
	Heads        int // query heads
	KVHeads      int // key and value heads; Heads is a multiple
	HeadDim      int // width of one head
	Vocab        int
	Context      int // tokens, as trained
	NormEpsilon  float32
	Rope         Rope
	Mixture      Mixture
	Latent       Latent
	Index        Index
	Delta        Delta
	DenseLayers  int // the first, where the others have experts
	Window       Window
	SoftCap      float32 // logits stay below it, by a hyperbolic tangent; 0 is none
	NextLayers   int     // after the last: what guesses further, and is not loaded

	ScoreWidth int // whose root scores are divided by; 0 is HeadDim

	more int // numbers a token takes in the arena besides

	// BothWays is set where a token sees all of its text, not only what comes before:
	// all of a text is then one batch.
	BothWays bool

	Pooling Pooling
	Classes int // scores that a classifier's head gives; 0 if there is none
}

// Pooling is how one vector is made of a text, as the file states it. The numbers are
// those of llama.cpp.
type Pooling int

const (
	PoolNone  Pooling = iota // the model continues texts, and makes no vectors
	PoolMean                 // the mean of all tokens
	PoolFirst                // what the first token, [CLS], has gathered
	PoolLast                 // what the last token has gathered
	PoolRank                 // a score, by the model's own head
)

// Window is how some layers look back only so far. The zero value is none.
type Window struct {
	Tokens int    // that a token sees, itself the last of them
	Layers []bool // which layers do
	Rope   Rope   // how they rotate; the zero value is as the others do
}

// of is how far a layer looks back; 0 is to the beginning.
func (w *Window) of(layer int) int {
	if len(w.Layers) == 0 || !w.Layers[layer] {
		return 0
	}
	return w.Tokens
}

// Rope is how positions are rotated into queries and keys.
type Rope struct {
	Base        float64
	Interleaved bool // neighbours are pairs, rather than the two halves of a head
	Rotated     int  // numbers of a head, the first ones; 0 is all

	// Scaling is "none", "linear" or "yarn" (Peng et al. 2023).
	Scaling         string
	Factor          float64 // context now over context as first trained
	OriginalContext int     // for yarn
	Attention       float64 // for yarn: scales the rotated vectors on top of its own rule
	BetaFast        float64 // for yarn: rotations over the original context above which a pair is left alone,
	BetaSlow        float64 // and below which it is stretched in full
	LogMultiplier   float64 // for yarn: moves its own rule from the rotation to the scores (DeepSeek)
}

// ErrUnsupported is wrapped by errors about sound models that this package can't
// run: other architectures, formats or features.
var ErrUnsupported = errors.New("not supported by the native engine")

// Limits far above what published models of these architectures have. They bound
// what a hostile file can make the engine allocate.
const (
	layersMax    = 512
	widthMax     = 1 << 17
	headsMax     = 1024
	headDimMax   = 1024
	contextMax   = 1 << 24
	ropeScaleMax = 1 << 16
	expertsMax   = 1 << 12
	latentMax    = 1 << 14
)

// kvDim is the width of all keys, or all values, of one token in one layer.
func (c *Config) kvDim() int { return c.KVHeads * c.HeadDim }

// kvShape is what a token leaves in the cache.
func (c *Config) kvShape(f KVFormat) kvShape {
	s := kvShape{format: f, layers: c.attending(), heads: c.KVHeads, key: c.HeadDim, value: c.HeadDim}
	if c.Latent.Keys > 0 {
		s.key, s.value = c.Latent.key(), c.Latent.Keys
	}
	s.index = c.Index.Width
	if c.BothWays {
		s.layers = 1 // nobody comes back to what a layer has put there
	}
	return s
}

// scoreScale is what the products of queries and keys are multiplied with.
func (c *Config) scoreScale() float64 {
	if c.Latent.Keys > 0 {
		return c.Latent.scoreScale(&c.Rope)
	}
	if c.ScoreWidth > 0 {
		return 1 / math.Sqrt(float64(c.ScoreWidth))
	}
	return 1 / math.Sqrt(float64(c.HeadDim))
}

// rotated is how many numbers of a head are rotated.
func (c *Config) rotated() int {
	if c.Latent.Keys > 0 {
		return c.Latent.Rotated
	}
	if c.Rope.Rotated > 0 {
		return c.Rope.Rotated
	}
	return c.HeadDim
}

// widest is how many numbers a token takes in the arena: those of the residual
// stream, and of what a layer makes at once.
func (c *Config) widest() int {
	x := &c.Mixture
	mixed := x.Experts + x.Used*(2*c.Embedding+2*x.FeedForward) + 3*c.Embedding + 2*x.Shared
	attended := 4*c.Heads*c.HeadDim + 4*c.kvDim()
	if l := &c.Latent; l.Keys > 0 {
		attended = c.Index.Heads*(c.Index.Width+1) + 2*c.Index.Width + 2*l.Queries + c.Heads*(c.HeadDim+l.Plain+l.key()+2*l.Keys+l.Values) + l.key() + l.Keys
	}
	return c.more + 7*c.Embedding + attended + max(2*c.FeedForward, mixed)
}

// KVBytes is what one token takes in the cache.
func (c *Config) KVBytes() int { return c.KVBytesIn(KVHalf) }

// KVBytesIn is KVBytes in another format.
func (c *Config) KVBytesIn(f KVFormat) int {
	s := c.kvShape(f)
	return s.PageBytes() / PageTokens
}

// StepBytes is what a token takes in memory while its batch is computed.
func (c *Config) StepBytes() int64 { return 4 * int64(c.widest()) }

// dims are the names that shape tags use.
func (c *Config) dims() map[string]int {
	l := &c.Latent
	return map[string]int{
		"queries": l.Queries, "keys": l.Keys, "plain": l.Plain, "key": l.key(), "value": l.Values, "heads": c.Heads,
		"index": c.Index.Width, "indexers": c.Index.Heads, "indexes": c.Index.Heads * c.Index.Width,
		"values": c.Heads * l.Values, "ups": c.Heads * (l.Plain + l.Values),
		"embedding": c.Embedding, "ffn": c.FeedForward, "vocab": c.Vocab, "head": c.HeadDim,
		"experts": c.Mixture.Experts, "expert": c.Mixture.FeedForward, "shared": c.Mixture.Shared,
		"q": c.Heads * c.HeadDim, "kv": c.kvDim(), "pairs": c.HeadDim / 2,
	}
}

// metadata reads keys below the architecture's name and remembers the first error,
// so that a list of settings reads as a list.
type metadata struct {
	f      *gguf.File
	prefix string
	err    error
}

func (m *metadata) fail(err error) {
	if m.err == nil {
		m.err = err
	}
}

func (m *metadata) integer(key string, lo, hi int64) int {
	n, err := m.f.Int(m.prefix+key, lo, hi)
	if err != nil {
		m.fail(err)
	}
	return int(n)
}

func (m *metadata) integerOr(key string, lo, hi int64, otherwise int) int {
	if !m.f.Has(m.prefix + key) {
		return otherwise
	}
	return m.integer(key, lo, hi)
}

// real is a positive number up to hi, or otherwise if the key is missing.
func (m *metadata) real(key string, hi, otherwise float64) float64 {
	v, err := m.f.Float(m.prefix + key)
	switch {
	case errors.Is(err, gguf.ErrMissing):
		return otherwise
	case err != nil:
		m.fail(err)
	case math.IsNaN(v) || v <= 0 || v > hi:
		m.fail(m.f.Refuse(m.prefix+key, "is %g, not above 0 and up to %g", v, hi))
	}
	return v
}

func (m *metadata) flagOr(key string, otherwise bool) bool {
	if !m.f.Has(m.prefix + key) {
		return otherwise
	}
	b, err := m.f.Bool(m.prefix + key)
	if err != nil {
		m.fail(err)
	}
	return b
}

func (m *metadata) textOr(key, otherwise string) string {
	s, err := m.f.Text(m.prefix + key)
	if errors.Is(err, gguf.ErrMissing) {
		return otherwise
	}
	if err != nil {
		m.fail(err)
	}
	return s
}

// readConfig reads the settings of architectures without experts.
func readConfig(f *gguf.File, architecture string) (Config, error) {
	c, m := readDecoder(f, architecture)
	refuseExperts(m, &c)
	return c, m.err
}

// readDecoder reads the settings that all models share which continue texts.
func readDecoder(f *gguf.File, architecture string) (Config, *metadata) {
	m := &metadata{f: f, prefix: architecture + "."}
	c := Config{
		Architecture: architecture,
		Layers:       m.integer("block_count", 1, layersMax),
		Embedding:    m.integer("embedding_length", 1, widthMax),
		FeedForward:  m.feedForward(),
		Heads:        m.integer("attention.head_count", 1, headsMax),
		Context:      m.integer("context_length", 1, contextMax),
		NormEpsilon:  float32(m.real("attention.layer_norm_rms_epsilon", 1, 0)),
	}
	if m.err != nil {
		return c, m
	}
	c.KVHeads = m.integerOr("attention.head_count_kv", 1, int64(c.Heads), c.Heads)
	c.HeadDim = m.integerOr("attention.key_length", 2, headDimMax, c.Embedding/c.Heads)
	c.Pooling = m.pooling()
	if m.err == nil {
		m.fail(c.check(m))
	}
	c.Rope = m.rope(&c)
	return c, m
}

// feedForward is the width of feed-forward blocks. Models that have none but experts need
// not state it.
func (m *metadata) feedForward() int {
	const plain, expert = "feed_forward_length", "expert_feed_forward_length"
	if !m.f.Has(m.prefix+plain) && m.f.Has(m.prefix+expert) {
		return m.integer(expert, 1, widthMax)
	}
	return m.integer(plain, 1, widthMax)
}

// pooling is what the file states, but that one with a classifier's head gives scores:
// early converters left that to whoever starts llama.cpp.
func (m *metadata) pooling() Pooling {
	stated := Pooling(m.integerOr("pooling_type", int64(PoolNone), int64(PoolRank), int(PoolNone)))
	if classifies(m.f) {
		return PoolRank
	}
	return stated
}

func classifies(f *gguf.File) bool {
	_, dense := f.Tensor("cls.weight")
	_, out := f.Tensor("cls.output.weight")
	return dense || out
}

// check holds the sizes against one another.
func (c *Config) check(m *metadata) error {
	switch {
	case c.Heads%c.KVHeads != 0:
		return m.f.Refuse(m.prefix+"attention.head_count_kv", "is %d, which does not divide %d heads", c.KVHeads, c.Heads)
	case c.HeadDim < 2 || c.HeadDim%2 != 0:
		return m.f.Refuse(m.prefix+"attention.head_count", "makes heads of width %d, which must be even", c.HeadDim)
	case c.NormEpsilon == 0:
		return m.f.Refuse(m.prefix+"attention.layer_norm_rms_epsilon", "is missing")
	}
	if m.integerOr("attention.value_length", 1, headDimMax, c.HeadDim) != c.HeadDim {
		return fmt.Errorf("values of another width than keys: %w", ErrUnsupported)
	}
	if m.integerOr("rope.dimension_count", 1, headDimMax, c.HeadDim) != c.HeadDim && !partlyRotated[c.Architecture] {
		return fmt.Errorf("rotation of a part of each head: %w", ErrUnsupported)
	}
	return m.err
}

// partlyRotated are the architectures some of whose models rotate a part of each head.
var partlyRotated = map[string]bool{"glm4": true, "glm4moe": true, "qwen3next": true, "qwen35": true, "qwen35moe": true}

func (m *metadata) rope(c *Config) Rope {
	r := Rope{
		Rotated:         m.integerOr("rope.dimension_count", 2, headDimMax, 0),
		Base:            m.real("rope.freq_base", 1e12, 10000),
		Scaling:         m.textOr("rope.scaling.type", "none"),
		Factor:          m.real("rope.scaling.factor", ropeScaleMax, 1),
		OriginalContext: m.integerOr("rope.scaling.original_context_length", 1, contextMax, c.Context),
		Attention:       m.real("rope.scaling.attn_factor", ropeScaleMax, 1),
		BetaFast:        m.real("rope.scaling.yarn_beta_fast", 1<<20, 32),
		BetaSlow:        m.real("rope.scaling.yarn_beta_slow", 1<<20, 1),
	}
	if r.Rotated%2 != 0 || r.Rotated > c.HeadDim {
		m.fail(m.f.Refuse(m.prefix+"rope.dimension_count", "is %d, of heads of width %d", r.Rotated, c.HeadDim))
	}
	switch r.Scaling {
	case "none":
		r.Factor = 1
	case "linear", "yarn":
	default:
		m.fail(fmt.Errorf("rope scaling %q: %w", r.Scaling, ErrUnsupported))
	}
	return r
}
