package nntest

import (
	"fmt"

	"github.com/hearthbox/hearth/internal/gguf"
)

// Delta is the shape of layers that keep a state; zero is none. Every fourth layer is none
// of them.
type Delta struct{ Keys, Values, Width, Kernel int }

const deltaInterval = 4

func (m *maker) deltaMetadata() {
	d := &m.Delta
	for _, kv := range []struct {
		key   string
		value int
	}{{"ssm.conv_kernel", d.Kernel}, {"ssm.inner_size", d.Values * d.Width}, {"ssm.state_size", d.Width}, {"ssm.time_step_rank", d.Values},
		{"ssm.group_count", d.Keys}, {"full_attention_interval", deltaInterval}} {
		if _, other := m.Metadata[kv.key]; kv.value > 0 && !other {
			m.set(m.Architecture+"."+kv.key, uint32(kv.value))
		}
	}
	if _, other := m.Metadata["rope.dimension_sections"]; m.Architecture != "qwen3next" && !other {
		third := int32(m.Rotated+5) / 6
		m.set(m.Architecture+".rope.dimension_sections", []int32{third, third, third, 0})
	}
}

// deltaLayer writes what is not the feed-forward block of a layer.
func (m *maker) deltaLayer(i int, blk string) {
	d, q, kv := &m.Delta, m.Heads*m.HeadDim, m.KVHeads*m.HeadDim
	if (i+1)%deltaInterval == 0 {
		m.matrix(blk+"attn_q.weight", m.Embedding, 2*q, 0)
		m.matrix(blk+"attn_k.weight", m.Embedding, kv, 0)
		m.matrix(blk+"attn_v.weight", m.Embedding, kv, 0)
		m.matrix(blk+"attn_output.weight", q, m.Embedding, 0)
		m.vector(blk+"attn_q_norm.weight", m.HeadDim, 1)
		m.vector(blk+"attn_k_norm.weight", m.HeadDim, 1)
		return
	}
	inner := d.Values * d.Width
	conv := 2*d.Keys*d.Width + inner
	m.matrix(blk+"attn_qkv.weight", m.Embedding, conv, 0)
	m.matrix(blk+"attn_gate.weight", m.Embedding, inner, 0)
	m.add(blk+"ssm_conv1d.weight", gguf.F32, []int{d.Kernel, conv}, m.rows(gguf.F32, d.Kernel, conv, 0.5))
	m.vector(blk+"ssm_dt.bias", d.Values, 0)
	m.vector(blk+"ssm_a", d.Values, -0.5)
	if m.Architecture == "qwen3next" {
		m.matrix(blk+"ssm_ba.weight", m.Embedding, 2*d.Values, 0)
	} else {
		m.matrix(blk+"ssm_beta.weight", m.Embedding, d.Values, 0)
		m.matrix(blk+"ssm_alpha.weight", m.Embedding, d.Values, 0)
	}
	m.vector(blk+"ssm_norm.weight", d.Width, 1)
	m.matrix(blk+"ssm_out.weight", inner, m.Embedding, 0)
}

// deltaTensors writes all of the model.
func (m *maker) deltaTensors() {
	m.matrix("token_embd.weight", m.Embedding, m.Vocab, 1)
	m.vector("output_norm.weight", m.Embedding, 1)
	m.matrix("output.weight", m.Embedding, m.Vocab, 0)
	for i := range m.Layers {
		blk := fmt.Sprintf("blk.%d.", i)
		m.vector(blk+"attn_norm.weight", m.Embedding, 1)
		m.vector(blk+"post_attention_norm.weight", m.Embedding, 1)
		m.deltaLayer(i, blk)
		if m.Experts > 0 {
			m.experts(blk)
			continue
		}
		m.matrix(blk+"ffn_gate.weight", m.Embedding, m.FeedForward, 0)
		m.matrix(blk+"ffn_up.weight", m.Embedding, m.FeedForward, 0)
		m.matrix(blk+"ffn_down.weight", m.FeedForward, m.Embedding, 0)
	}
}
