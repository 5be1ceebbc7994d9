package nntest

import (
	"fmt"

	"github.com/hearthbox/hearth/internal/gguf"
)

// segments is how many an encoder's text can have.
const segments = 2

func (m *maker) encoderMetadata() {
	for _, kv := range []struct {
		key   string
		value int
	}{{"block_count", m.Layers}, {"context_length", m.Context}, {"embedding_length", m.Embedding},
		{"feed_forward_length", m.FeedForward}, {"attention.head_count", m.Heads}, {"vocab_size", m.Vocab}} {
		m.set(m.Architecture+"."+kv.key, uint32(kv.value))
	}
	m.set(m.Architecture+".attention.layer_norm_epsilon", float32(1e-12))
	m.set(m.Architecture+".attention.causal", false)
	m.set("tokenizer.ggml.token_type_count", uint32(segments))
}

func (m *maker) encoderTensors() {
	m.matrix("token_embd.weight", m.Embedding, m.Vocab, 1)
	weights := m.Weights
	m.Weights = gguf.F32 // which nobody quantises of these
	m.matrix("token_types.weight", m.Embedding, segments, 0.5)
	if m.Architecture == "bert" {
		m.matrix("position_embd.weight", m.Embedding, m.Context, 0.5)
	}
	m.Weights = weights
	m.normed("token_embd_norm")
	if m.Classes > 0 {
		m.biased("cls", m.Embedding, m.Embedding)
		m.biased("cls.output", m.Embedding, m.Classes)
	}
	for i := range m.Layers {
		blk := fmt.Sprintf("blk.%d.", i)
		if m.Architecture == "nomic-bert" {
			m.nomicLayer(blk)
			continue
		}
		for _, name := range []string{"attn_q", "attn_k", "attn_v", "attn_output"} {
			m.biased(blk+name, m.Embedding, m.Embedding)
		}
		m.normed(blk + "attn_output_norm")
		m.biased(blk+"ffn_up", m.Embedding, m.FeedForward)
		m.biased(blk+"ffn_down", m.FeedForward, m.Embedding)
		m.normed(blk + "layer_output_norm")
	}
}

func (m *maker) nomicLayer(blk string) {
	if m.Bias {
		m.biased(blk+"attn_qkv", m.Embedding, 3*m.Embedding)
		m.biased(blk+"attn_output", m.Embedding, m.Embedding)
	} else {
		m.matrix(blk+"attn_qkv.weight", m.Embedding, 3*m.Embedding, 0)
		m.matrix(blk+"attn_output.weight", m.Embedding, m.Embedding, 0)
	}
	m.normed(blk + "attn_output_norm")
	m.matrix(blk+"ffn_gate.weight", m.Embedding, m.FeedForward, 0)
	m.matrix(blk+"ffn_up.weight", m.Embedding, m.FeedForward, 0)
	m.matrix(blk+"ffn_down.weight", m.FeedForward, m.Embedding, 0)
	m.normed(blk + "layer_output_norm")
}

func (m *maker) biased(name string, cols, rows int) {
	m.matrix(name+".weight", cols, rows, 0)
	m.vector(name+".bias", rows, 0)
}

func (m *maker) normed(name string) {
	m.vector(name+".weight", m.Embedding, 1)
	m.vector(name+".bias", m.Embedding, 0)
}

// Marks are the control tokens of an encoder with a vocabulary, from id 0.
var Marks = []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}

// words writes a WordPiece vocabulary of the letters of ASCII, at the beginning of a
// word and within one.
func (m *maker) words() {
	const normal, control, unused = 1, 3, 5
	var types []int32
	tokens := append([]string(nil), Marks...)
	for range tokens {
		types = append(types, control)
	}
	for r := '!'; r <= '~'; r++ {
		tokens = append(tokens, "▁"+string(r), string(r))
		types = append(types, normal, normal)
	}
	for i := len(tokens); i < m.Vocab; i++ {
		tokens, types = append(tokens, fmt.Sprintf("[unused%d]", i)), append(types, unused)
	}
	m.set("tokenizer.ggml.model", "bert")
	m.set("tokenizer.ggml.tokens", tokens)
	m.set("tokenizer.ggml.token_type", types)
	for i, key := range []string{"padding", "unknown", "cls", "seperator", "mask"} {
		m.set("tokenizer.ggml."+key+"_token_id", uint32(i))
	}
	m.set("tokenizer.ggml.bos_token_id", uint32(2))
	m.set("tokenizer.ggml.eos_token_id", uint32(3))
}
