package nntest

import "github.com/hearthbox/hearth/internal/gguf"

func (m *maker) mixtureMetadata() {
	if m.Experts == 0 {
		return
	}
	for _, kv := range []struct {
		key   string
		value int
	}{{"expert_count", m.Experts}, {"expert_used_count", m.ExpertsUsed}, {"expert_feed_forward_length", m.ExpertWidth},
		{"expert_shared_feed_forward_length", m.SharedWidth}, {"leading_dense_block_count", m.DenseLayers}, {"expert_shared_count", m.sharedCount()}} {
		if kv.value > 0 {
			m.set(m.Architecture+"."+kv.key, uint32(kv.value))
		}
	}
}

// experts writes those of a layer. The router is float in every published file.
func (m *maker) experts(blk string) {
	m.float(blk+"ffn_gate_inp.weight", m.Embedding, m.Experts)
	m.cube(blk+"ffn_gate_exps.weight", m.Embedding, m.ExpertWidth)
	m.cube(blk+"ffn_up_exps.weight", m.Embedding, m.ExpertWidth)
	m.cube(blk+"ffn_down_exps.weight", m.ExpertWidth, m.Embedding)
	switch m.Architecture {
	case "glm4moe":
		m.vector(blk+"exp_probs_b.bias", m.Experts, 0)
	case "gpt-oss":
		m.vector(blk+"ffn_gate_inp.bias", m.Experts, 0)
		m.add(blk+"ffn_gate_exps.bias", gguf.F32, []int{m.ExpertWidth, m.Experts}, m.rows(gguf.F32, m.ExpertWidth, m.Experts, 0.1))
		m.add(blk+"ffn_up_exps.bias", gguf.F32, []int{m.ExpertWidth, m.Experts}, m.rows(gguf.F32, m.ExpertWidth, m.Experts, 0.1))
		m.add(blk+"ffn_down_exps.bias", gguf.F32, []int{m.Embedding, m.Experts}, m.rows(gguf.F32, m.Embedding, m.Experts, 0.1))
	}
	if m.SharedWidth == 0 {
		return
	}
	m.matrix(blk+"ffn_gate_shexp.weight", m.Embedding, m.SharedWidth, 0)
	m.matrix(blk+"ffn_up_shexp.weight", m.Embedding, m.SharedWidth, 0)
	m.matrix(blk+"ffn_down_shexp.weight", m.SharedWidth, m.Embedding, 0)
	if m.Architecture == "qwen2moe" || m.Delta.Kernel > 0 {
		m.vector(blk+"ffn_gate_inp_shexp.weight", m.Embedding, 0)
	}
}

// float is a matrix that no format of storage touches.
func (m *maker) float(name string, cols, rows int) {
	m.add(name, gguf.F32, []int{cols, rows}, m.rows(gguf.F32, cols, rows, 0))
}

// cube is a matrix for each expert.
func (m *maker) cube(name string, cols, rows int) {
	t := m.typeOf(name)
	m.add(name, t, []int{cols, rows, m.Experts}, m.rows(t, cols, rows*m.Experts, 0))
}

// sharedCount is how many experts of the usual width the shared ones are, where files
// state that.
func (m *maker) sharedCount() int {
	if m.Architecture != "glm4moe" {
		return 0
	}
	return m.SharedWidth / m.ExpertWidth
}
