package nntest

import (
	"fmt"

	"github.com/hearthbox/hearth/internal/gguf"
)

// Latent is the shape of DeepSeek's attention and of its layers.
type Latent struct {
	Queries, Keys          int // ranks; 0 is none for queries
	Plain, Rotated, Values int // widths of parts of a head
	DenseLayers            int // the first
	Index                  Index
	Old                    bool // keys and values from one matrix, as files had it at first
}

// Index is the shape of DeepSeek-V3.2's choice of tokens; zero is none.
type Index struct {
	Heads, Width, Top int
	Shared            bool // every second layer sees what the one before it does
}

func (m *maker) latentMetadata() {
	l := &m.Latent
	whole, values := l.Keys+l.Rotated, l.Keys
	if l.Old {
		whole, values = l.Plain+l.Rotated, l.Values
	} else {
		m.set(m.Architecture+".attention.key_length_mla", uint32(l.Plain+l.Rotated))
		m.set(m.Architecture+".attention.value_length_mla", uint32(l.Values))
	}
	kvHeads := 1
	if l.Old {
		kvHeads = m.Heads
	}
	for _, kv := range []struct {
		key   string
		value int
	}{{"block_count", m.Layers}, {"context_length", m.Context}, {"embedding_length", m.Embedding},
		{"feed_forward_length", m.FeedForward}, {"attention.head_count", m.Heads}, {"attention.head_count_kv", kvHeads},
		{"vocab_size", m.Vocab}, {"attention.q_lora_rank", l.Queries}, {"attention.kv_lora_rank", l.Keys},
		{"attention.key_length", whole}, {"attention.value_length", values}, {"rope.dimension_count", l.Rotated},
		{"attention.indexer.head_count", l.Index.Heads}, {"attention.indexer.key_length", l.Index.Width}, {"attention.indexer.top_k", l.Index.Top},
		{"leading_dense_block_count", l.DenseLayers}, {"expert_shared_count", m.SharedWidth / m.ExpertWidth}} {
		if kv.value > 0 {
			m.set(m.Architecture+"."+kv.key, uint32(kv.value))
		}
	}
	if l.Index.Shared {
		types := make([]bool, m.Layers)
		for i := range types {
			types[i] = i%2 == 0
		}
		m.set(m.Architecture+".attention.indexer.types", types)
	}
	m.set(m.Architecture+".attention.layer_norm_rms_epsilon", float32(1e-6))
	for _, kv := range []struct {
		key   string
		value int
	}{{"expert_count", m.Experts}, {"expert_used_count", m.ExpertsUsed}, {"expert_feed_forward_length", m.ExpertWidth}} {
		m.set(m.Architecture+"."+kv.key, uint32(kv.value))
	}
}

func (m *maker) latentTensors() {
	l := &m.Latent
	m.matrix("token_embd.weight", m.Embedding, m.Vocab, 1)
	m.vector("output_norm.weight", m.Embedding, 1)
	m.matrix("output.weight", m.Embedding, m.Vocab, 0)
	q := m.Heads * (l.Plain + l.Rotated)
	for i := range m.Layers {
		blk := fmt.Sprintf("blk.%d.", i)
		m.vector(blk+"attn_norm.weight", m.Embedding, 1)
		m.vector(blk+"ffn_norm.weight", m.Embedding, 1)
		if l.Queries > 0 {
			m.matrix(blk+"attn_q_a.weight", m.Embedding, l.Queries, 0)
			m.vector(blk+"attn_q_a_norm.weight", l.Queries, 1)
			m.matrix(blk+"attn_q_b.weight", l.Queries, q, 0)
		} else {
			m.matrix(blk+"attn_q.weight", m.Embedding, q, 0)
		}
		m.matrix(blk+"attn_kv_a_mqa.weight", m.Embedding, l.Keys+l.Rotated, 0)
		m.vector(blk+"attn_kv_a_norm.weight", l.Keys, 1)
		if x := l.Index; x.Heads > 0 && !(x.Shared && i%2 == 1) {
			m.matrix(blk+"indexer.attn_q_b.weight", l.Queries, x.Heads*x.Width, 0)
			m.matrix(blk+"indexer.attn_k.weight", m.Embedding, x.Width, 0)
			m.vector(blk+"indexer.k_norm.weight", x.Width, 1)
			m.vector(blk+"indexer.k_norm.bias", x.Width, 0)
			m.matrix(blk+"indexer.proj.weight", m.Embedding, x.Heads, 0)
		}
		if l.Old {
			m.matrix(blk+"attn_kv_b.weight", l.Keys, m.Heads*(l.Plain+l.Values), 0)
		} else {
			m.perHead(blk+"attn_k_b.weight", l.Plain, l.Keys)
			m.perHead(blk+"attn_v_b.weight", l.Keys, l.Values)
		}
		m.matrix(blk+"attn_output.weight", m.Heads*l.Values, m.Embedding, 0)
		if i < l.DenseLayers {
			m.matrix(blk+"ffn_gate.weight", m.Embedding, m.FeedForward, 0)
			m.matrix(blk+"ffn_up.weight", m.Embedding, m.FeedForward, 0)
			m.matrix(blk+"ffn_down.weight", m.FeedForward, m.Embedding, 0)
			continue
		}
		m.experts(blk)
		if m.Bias {
			m.vector(blk+"exp_probs_b.bias", m.Experts, 0)
		}
	}
}

// perHead is a matrix for each head, in a format that its short rows allow, as
// llama.cpp's quantiser has it.
func (m *maker) perHead(name string, cols, rows int) {
	t := m.typeOf(name)
	if cols%t.BlockLen() != 0 {
		t = gguf.Q8_0
	}
	m.add(name, t, []int{cols, rows, m.Heads}, m.rows(t, cols, rows*m.Heads, 0))
}
