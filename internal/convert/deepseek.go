package convert

import (
	"fmt"
	"strings"
)

// deepseekSettings are those of DeepSeek V2 and V3: queries and keys from latents. GGUF
// knows them as attention to one head of keys, as wide as the latent.
func deepseekSettings(m *Model) {
	c := m.config
	c.values["num_key_value_heads"] = 1.0
	if !c.has("rms_norm_eps") {
		c.values["rms_norm_eps"] = 1e-6
	}
	decoderSettings(m)
	rank, rotated, plain := c.integer("kv_lora_rank", widthMax), c.integer("qk_rope_head_dim", widthMax), c.integer("qk_nope_head_dim", widthMax)
	m.set(".leading_dense_block_count", uint32(c.integerOr("first_k_dense_replace", layersMax, 0)))
	m.set(".vocab_size", uint32(c.integer("vocab_size", widthMax*16)))
	if c.has("q_lora_rank") {
		m.set(".attention.q_lora_rank", uint32(c.integer("q_lora_rank", widthMax)))
	}
	m.set(".attention.kv_lora_rank", uint32(rank))
	m.set(".attention.key_length", uint32(rank+rotated))
	m.set(".attention.value_length", uint32(rank))
	m.set(".attention.key_length_mla", uint32(plain+rotated))
	m.set(".attention.value_length_mla", uint32(c.integer("v_head_dim", widthMax)))
	m.set(".rope.dimension_count", uint32(rotated))
	m.deepseekExperts()
	if r, _, _ := m.ropeSettings(); r.has("mscale_all_dim") {
		m.set(".rope.scaling.yarn_log_multiplier", float32(0.1*r.real("mscale_all_dim")))
	}
}

func (m *Model) deepseekExperts() {
	c := m.config
	m.set(".expert_feed_forward_length", uint32(c.integer("moe_intermediate_size", widthMax)))
	m.set(".expert_count", uint32(m.experts()))
	m.set(".expert_used_count", uint32(c.integer("num_experts_per_tok", expertsMax)))
	m.set(".expert_shared_count", uint32(c.integerOr("n_shared_experts", expertsMax, 0)))
	for _, s := range []struct{ from, to string }{{"n_group", ".expert_group_count"}, {"topk_group", ".expert_group_used_count"}} {
		if c.has(s.from) {
			m.set(s.to, uint32(c.integer(s.from, expertsMax)))
		}
	}
	if c.has("routed_scaling_factor") {
		m.set(".expert_weights_scale", float32(c.real("routed_scaling_factor")))
	}
	if c.flag("norm_topk_prob") {
		m.set(".expert_weights_norm", true)
	}
	// Transformers' own classes leave out what is the same in all models of a class.
	const softmax, sigmoid = 1, 2
	switch scoring := c.text("scoring_func"); {
	case scoring == "sigmoid", scoring == "" && m.v3():
		m.set(".expert_gating_func", uint32(sigmoid))
	case scoring == "softmax", scoring == "":
		m.set(".expert_gating_func", uint32(softmax))
	default:
		c.fail("scoring_func is %q: %w", scoring, ErrUnsupported)
	}
}

func (m *Model) v3() bool {
	list, _ := m.config.values["architectures"].([]any)
	return len(list) == 1 && list[0] == "DeepseekV3ForCausalLM"
}

// deepseekInLayer are names besides those that others have.
var deepseekInLayer = map[string]string{
	"self_attn.q_a_proj": "attn_q_a", "self_attn.q_a_layernorm": "attn_q_a_norm", "self_attn.q_b_proj": "attn_q_b",
	"self_attn.kv_a_proj_with_mqa": "attn_kv_a_mqa", "self_attn.kv_a_layernorm": "attn_kv_a_norm", "self_attn.kv_b_proj": "attn_kv_b",
	"mlp.gate.e_score_correction_bias": "exp_probs_b.bias",
	"mlp.shared_experts.gate_proj":     "ffn_gate_shexp", "mlp.shared_experts.up_proj": "ffn_up_shexp", "mlp.shared_experts.down_proj": "ffn_down_shexp",
}

func deepseekName(m *Model, name string) (string, bool) {
	layer, rest, ok := cutLayer(strings.TrimPrefix(name, "model."), "layers.")
	if ok && layer >= m.layers {
		return "", true // what guesses further, of which nothing depends
	}
	if ok {
		if to, ok := mapped(rest, deepseekInLayer); ok {
			return fmt.Sprintf("blk.%d.%s", layer, to), true
		}
	}
	return decoderName(m, name)
}

// arrangeDeepSeek parts the matrix that makes keys and values of the latent: keys are
// turned around, so that queries can be multiplied with them first.
func arrangeDeepSeek(m *Model) error {
	c := m.config
	heads, plain, values := c.integer("num_attention_heads", widthMax), c.integer("qk_nope_head_dim", widthMax), c.integer("v_head_dim", widthMax)
	if err := cmpErr(*c.err); err != nil {
		return err
	}
	for i := range m.layers {
		name := fmt.Sprintf("blk.%d.attn_kv_b.weight", i)
		o := m.byName[name]
		if o == nil {
			return fmt.Errorf("%s: layer %d has no self_attn.kv_b_proj", m.dir, i)
		}
		t := o.parts[0]
		both := plain + values
		if len(t.Shape) != 2 || t.Shape[0] != heads*both || plain < 1 || values < 1 {
			return t.Refuse("is of shape %v, and %d heads of %d keys and %d values need %d rows", t.Shape, heads, plain, values, heads*both)
		}
		if int64(plain)*int64(t.Width()) > 1<<28 {
			return t.Refuse("has heads of %d × %d numbers", plain, t.Width())
		}
		m.drop(name)
		m.add(&output{name: fmt.Sprintf("blk.%d.attn_k_b.weight", i), shape: []int{plain, t.Width(), heads}, parts: o.parts, turn: &turn{heads, both, plain}})
		m.add(&output{name: fmt.Sprintf("blk.%d.attn_v_b.weight", i), shape: []int{t.Width(), values, heads}, parts: o.parts,
			row: func(r int) int { return r/values*both + plain + r%values }})
	}
	return arrangeExperts(m)
}
