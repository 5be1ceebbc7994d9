// Package nntest makes small models of random weights with the true shape of an
// architecture, for tests and benchmarks of nn and of what is built on it, and for
// the oracle that computes the same models elsewhere. It is no part of the product.
package nntest

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/simd"
	"github.com/hearthbox/hearth/internal/simd/simdtest"
)

// Shape says what model to make. Zero fields take the value of [Small].
type Shape struct {
	Architecture string
	Weights      gguf.Type // of all matrices
	More         gguf.Type // of those that llama.cpp's mixes of the K family give more bits; F32 is Weights
	Layers       int
	Embedding    int
	FeedForward  int
	Heads        int
	KVHeads      int
	HeadDim      int // stated in the file where it is not Embedding/Heads
	Vocab        int
	Context      int
	Bias         bool // on every projection that may have one
	Tied         bool // no output matrix
	RopeFactors  bool
	Rotated      int            // numbers of a head; 0 is all
	QKNorm       bool           // of glm4moe, which may have it
	DenseLayers  int            // the first, of glm4moe
	Pooling      int            // as the file states it; 0 is none
	Classes      int            // of a classifier's head
	Experts      int            // of a layer; 0 is none
	ExpertsUsed  int            // by a token
	ExpertWidth  int            // inside one
	SharedWidth  int            // inside those that every token goes through
	Latent       Latent         // of deepseek2
	Delta        Delta          // of qwen3next and qwen35
	Metadata     map[string]any // more keys, below the architecture's name
	Seed         uint64

	// What is wrong with the file: names of a tensor that is not there, of one that has a
	// row too many, and of one that does not belong there.
	Missing, Longer, Extra string

	// Vocabulary adds a byte-level tokenizer whose tokens are the 256 bytes and
	// then Control; without one the file carries no tokenizer.
	Vocabulary bool
	Template   string
}

// Control are the control tokens of a model with a vocabulary, from id 256.
var Control = []string{"<|endoftext|>", "<|im_start|>", "<|im_end|>"}

// Small is a model that takes a millisecond per token.
var Small = Shape{Architecture: "llama", Layers: 2, Embedding: 256, FeedForward: 512,
	Heads: 8, KVHeads: 2, HeadDim: 32, Vocab: 272, Context: 512}

// Make makes the model as a GGUF file.
func Make(s Shape) []byte {
	var b bytes.Buffer
	if err := Write(&b, s); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// Write is Make for models that are too large to hold twice.
func Write(w io.Writer, s Shape) error {
	s = s.withDefaults()
	m := &maker{Shape: s, rng: rand.New(rand.NewPCG(s.Seed, 1))}
	m.metadata()
	m.tensors()
	if m.Extra != "" {
		m.vector(m.Extra, 8, 1)
	}
	_, err := m.w.WriteTo(w)
	return err
}

func (s Shape) withDefaults() Shape {
	if s.Architecture == "" {
		s.Architecture = Small.Architecture
	}
	for _, f := range []struct{ p, d *int }{{&s.Layers, &Small.Layers}, {&s.Embedding, &Small.Embedding},
		{&s.FeedForward, &Small.FeedForward}, {&s.Heads, &Small.Heads}, {&s.KVHeads, &Small.KVHeads},
		{&s.HeadDim, &Small.HeadDim}, {&s.Vocab, &Small.Vocab}, {&s.Context, &Small.Context}} {
		if *f.p == 0 {
			*f.p = *f.d
		}
	}
	return s
}

type maker struct {
	Shape
	w   gguf.Writer
	rng *rand.Rand
}

func (m *maker) set(key string, v any) {
	if err := m.w.Set(key, v); err != nil {
		panic(err)
	}
}

func (m *maker) metadata() {
	m.set("general.architecture", m.Architecture)
	m.set("general.name", fmt.Sprintf("random %s %s", m.Architecture, m.Weights))
	switch m.Architecture {
	case "bert", "nomic-bert":
		m.encoderMetadata()
	case "deepseek2", "deepseek32", "glm-dsa":
		m.latentMetadata()
	default:
		m.decoderMetadata()
	}
	if m.Pooling != 0 {
		m.set(m.Architecture+".pooling_type", uint32(m.Pooling))
	}
	if m.Classes > 1 {
		m.set(m.Architecture+".classifier.output_labels", []string{"yes", "no"}[:m.Classes])
	}
	for _, key := range slices.Sorted(maps.Keys(m.Metadata)) {
		m.set(m.Architecture+"."+key, m.Metadata[key])
	}
	switch {
	case !m.Vocabulary:
		m.set("tokenizer.ggml.model", "no_vocab")
	case m.Architecture == "bert" || m.Architecture == "nomic-bert":
		m.words()
	default:
		m.vocabulary()
	}
}

func (m *maker) decoderMetadata() {
	for _, kv := range []struct {
		key   string
		value int
	}{{"block_count", m.Layers}, {"context_length", m.Context}, {"embedding_length", m.Embedding},
		{"feed_forward_length", m.FeedForward}, {"attention.head_count", m.Heads},
		{"attention.head_count_kv", m.KVHeads}, {"rope.dimension_count", cmp.Or(m.Rotated, m.HeadDim)}, {"vocab_size", m.Vocab}} {
		m.set(m.Architecture+"."+kv.key, uint32(kv.value))
	}
	m.set(m.Architecture+".attention.layer_norm_rms_epsilon", float32(1e-6))
	if m.HeadDim*m.Heads != m.Embedding {
		m.set(m.Architecture+".attention.key_length", uint32(m.HeadDim))
		m.set(m.Architecture+".attention.value_length", uint32(m.HeadDim))
	}
	m.mixtureMetadata()
	if m.Delta.Kernel > 0 {
		m.deltaMetadata()
	}
}

func (m *maker) tensors() {
	switch m.Architecture {
	case "bert", "nomic-bert":
		m.encoderTensors()
		return
	case "deepseek2", "deepseek32", "glm-dsa":
		m.latentTensors()
		return
	case "qwen3next", "qwen35", "qwen35moe":
		m.deltaTensors()
		return
	}
	m.matrix("token_embd.weight", m.Embedding, m.Vocab, 1)
	m.vector("output_norm.weight", m.Embedding, 1)
	if !m.Tied {
		m.matrix("output.weight", m.Embedding, m.Vocab, 0)
	}
	if m.Classes > 0 {
		m.matrix("cls.output.weight", m.Embedding, m.Classes, 0)
	}
	if m.RopeFactors {
		m.vector("rope_freqs.weight", m.HeadDim/2, 2)
	}
	q, kv := m.Heads*m.HeadDim, m.KVHeads*m.HeadDim
	for i := range m.Layers {
		blk := fmt.Sprintf("blk.%d.", i)
		m.vector(blk+"attn_norm.weight", m.Embedding, 1)
		for _, name := range m.otherNorms() {
			m.vector(blk+name, m.Embedding, 1)
		}
		m.matrix(blk+"attn_q.weight", m.Embedding, q, 0)
		m.matrix(blk+"attn_k.weight", m.Embedding, kv, 0)
		m.matrix(blk+"attn_v.weight", m.Embedding, kv, 0)
		m.matrix(blk+"attn_output.weight", q, m.Embedding, 0)
		switch {
		case m.Experts > 0 && i >= m.DenseLayers:
			m.experts(blk)
		case m.Architecture == "glm4":
			m.matrix(blk+"ffn_up.weight", m.Embedding, 2*m.FeedForward, 0)
			m.matrix(blk+"ffn_down.weight", m.FeedForward, m.Embedding, 0)
		default:
			m.matrix(blk+"ffn_gate.weight", m.Embedding, m.FeedForward, 0)
			m.matrix(blk+"ffn_up.weight", m.Embedding, m.FeedForward, 0)
			m.matrix(blk+"ffn_down.weight", m.FeedForward, m.Embedding, 0)
		}
		if m.Architecture == "gpt-oss" {
			m.vector(blk+"attn_sinks.weight", m.Heads, 1)
			m.vector(blk+"attn_output.bias", m.Embedding, 0)
		}
		if m.QKNorm || m.Architecture == "qwen3" || m.Architecture == "qwen3moe" || m.Architecture == "gemma3" {
			m.vector(blk+"attn_q_norm.weight", m.HeadDim, 1)
			m.vector(blk+"attn_k_norm.weight", m.HeadDim, 1)
		}
		if m.Bias || m.Architecture == "qwen2" || m.Architecture == "qwen2moe" || m.Architecture == "gpt-oss" {
			m.vector(blk+"attn_q.bias", q, 0)
			m.vector(blk+"attn_k.bias", kv, 0)
			m.vector(blk+"attn_v.bias", kv, 0)
		}
		if m.Bias && m.Architecture == "llama" {
			m.vector(blk+"attn_output.bias", m.Embedding, 0)
			m.vector(blk+"ffn_gate.bias", m.FeedForward, 0)
			m.vector(blk+"ffn_up.bias", m.FeedForward, 0)
			m.vector(blk+"ffn_down.bias", m.Embedding, 0)
		}
	}
}

// otherNorms are those of a layer besides the one before attention.
func (m *maker) otherNorms() []string {
	switch m.Architecture {
	case "glm4", "gemma3":
		return []string{"ffn_norm.weight", "post_attention_norm.weight", "post_ffw_norm.weight"}
	case "glm4moe", "gpt-oss":
		return []string{"post_attention_norm.weight"}
	}
	return []string{"ffn_norm.weight"}
}

// matrix adds rows of random weights whose products keep the size of their input;
// deviation 0 means 1/√cols.
func (m *maker) matrix(name string, cols, rows int, deviation float64) {
	m.add(name, m.typeOf(name), []int{cols, rows}, m.rows(m.typeOf(name), cols, rows, deviation))
}

func (m *maker) typeOf(name string) gguf.Type {
	if m.More != gguf.F32 && m.moreBits(name) {
		return m.More
	}
	return m.Weights
}

func (m *maker) rows(t gguf.Type, cols, rows int, deviation float64) []byte {
	if deviation == 0 {
		deviation = 1 / math.Sqrt(float64(cols))
	}
	f := format(t)
	data := make([]byte, 0, rows*f.RowBytes(cols))
	for range rows {
		data = append(data, simdtest.Row(m.rng, f, cols, deviation)...)
	}
	return data
}

// moreBits is where Q4_K_M has Q6_K: the output, and in the first and last eighth of the
// layers and every third between them what makes values and what leads out of the
// feed-forward (llama.cpp, use_more_bits).
func (m *maker) moreBits(name string) bool {
	var layer int
	var part string
	if n, _ := fmt.Sscanf(name, "blk.%d.%s", &layer, &part); n != 2 {
		return name == "output.weight"
	}
	eighth := m.Layers / 8
	return (part == "attn_v.weight" || part == "ffn_down.weight") &&
		(layer < eighth || layer >= 7*m.Layers/8 || (layer-eighth)%3 == 2)
}

// vector adds floats around a middle.
func (m *maker) vector(name string, n int, middle float64) {
	data := simdtest.Row(m.rng, simd.FormatF32, n, 0.1)
	v := make([]float32, n)
	simd.FormatF32.Widen(v, data)
	for i := range v {
		v[i] += float32(middle)
	}
	m.add(name, gguf.F32, []int{n}, simdtest.Bytes(v))
}

func (m *maker) add(name string, t gguf.Type, shape []int, data []byte) {
	switch name {
	case m.Missing:
		return
	case m.Longer:
		last := len(shape) - 1
		row := len(data) / shape[last]
		shape = slices.Clone(shape)
		shape[last]++
		data = append(data[:len(data):len(data)], data[:row]...)
	}
	if err := m.w.Add(name, t, shape, bytes.NewReader(data)); err != nil {
		panic(err)
	}
}

func format(t gguf.Type) *simd.Format {
	for _, f := range simd.Formats() {
		if f.Name == t.String() {
			return f
		}
	}
	panic("nntest: no format for " + t.String())
}
