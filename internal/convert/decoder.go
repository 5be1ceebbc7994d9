package convert

import (
	"fmt"
	"math"
	"strings"
)

// Limits, far above what published models have.
const (
	layersMax  = 1 << 10
	widthMax   = 1 << 20
	contextMax = 1 << 30
	expertsMax = 1 << 12
)

// decoderSettings are those that all models share which continue texts: Qwen2 and 3.
func decoderSettings(m *Model) {
	c := m.config
	m.layers = c.integer("num_hidden_layers", layersMax)
	m.tied = c.flag("tie_word_embeddings")
	heads := c.integer("num_attention_heads", widthMax)
	m.set(".block_count", uint32(m.layers))
	m.set(".context_length", uint32(c.integer("max_position_embeddings", contextMax)))
	m.set(".embedding_length", uint32(c.integer("hidden_size", widthMax)))
	m.set(".feed_forward_length", uint32(c.integer("intermediate_size", widthMax)))
	m.set(".attention.head_count", uint32(heads))
	m.set(".attention.head_count_kv", uint32(c.integerOr("num_key_value_heads", widthMax, heads)))
	m.rope()
	m.set(".attention.layer_norm_rms_epsilon", float32(c.real("rms_norm_eps")))
	if c.has("head_dim") && m.Architecture != "deepseek2" {
		m.set(".attention.key_length", uint32(c.integer("head_dim", widthMax)))
		m.set(".attention.value_length", uint32(c.integer("head_dim", widthMax)))
	}
	if act := c.text("hidden_act"); act != "" && act != "silu" {
		c.fail("hidden_act is %q, not silu: %w", act, ErrUnsupported)
	}
	if c.flag("use_sliding_window") {
		c.fail("use_sliding_window: attention to a window: %w", ErrUnsupported)
	}
	m.pooling(false)
}

// ropeSettings is where a configuration says how positions are rotated: Transformers 5
// has one place for it, and those before two.
func (m *Model) ropeSettings() (c config, kind string, base float64) {
	c = m.config.object("rope_parameters")
	if len(c.values) == 0 {
		c = m.config.object("rope_scaling")
	}
	if all := c.object("full_attention"); len(all.values) > 0 {
		c = all // which says it by kinds of layers
	}
	base = m.config.realOr("rope_theta", 10000)
	base = c.realOr("rope_theta", base)
	kind = c.text("rope_type")
	if kind == "" {
		kind = c.text("type")
	}
	return c, kind, base
}

func (m *Model) rope() {
	c, kind, base := m.ropeSettings()
	if part := c.realOr("partial_rotary_factor", m.config.realOr("partial_rotary_factor", 1)); part != 1 {
		c.fail("partial_rotary_factor is %v: rotation of a part of each head: %w", part, ErrUnsupported)
	}
	m.set(".rope.freq_base", float32(base))
	switch kind {
	case "", "default", "llama3": // that one is a tensor, see arrangeLlama
	case "linear":
		m.set(".rope.scaling.type", "linear")
		m.set(".rope.scaling.factor", float32(c.real("factor")))
	case "yarn":
		m.set(".rope.scaling.type", "yarn")
		m.set(".rope.scaling.factor", float32(c.real("factor")))
		m.set(".rope.scaling.original_context_length", uint32(c.integer("original_max_position_embeddings", contextMax)))
		for _, s := range []struct{ from, to string }{
			{"extrapolation_factor", "ext_factor"}, {"attention_factor", "attn_factor"}, {"beta_fast", "beta_fast"}, {"beta_slow", "beta_slow"},
		} {
			if c.has(s.from) {
				m.set(".rope.scaling.yarn_"+s.to, float32(c.real(s.from)))
			}
		}
	default:
		c.fail("rotation of the kind %q: %w", kind, ErrUnsupported)
	}
}

// inLayer maps the names of tensors in a layer.
var inLayer = map[string]string{
	"input_layernorm.weight": "attn_norm.weight", "post_attention_layernorm.weight": "ffn_norm.weight",
	"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
	"self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
	"mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
	"mlp.gate.weight":               "ffn_gate_inp.weight",
	"mlp.shared_expert_gate":        "ffn_gate_inp_shexp",
	"mlp.shared_expert.gate_proj":   "ffn_gate_shexp",
	"mlp.shared_expert.up_proj":     "ffn_up_shexp",
	"mlp.shared_expert.down_proj":   "ffn_down_shexp",
	"mlp.experts.gate_up_proj":      "ffn_gate_up_exps.weight",
	"mlp.experts.down_proj":         "ffn_down_exps.weight",
	"self_attn.rotary_emb.inv_freq": "",
}

// decoderName maps a name as Transformers has it.
func decoderName(m *Model, name string) (string, bool) {
	name = strings.TrimPrefix(name, "model.")
	switch name {
	case "embed_tokens.weight":
		return "token_embd.weight", true
	case "norm.weight":
		return "output_norm.weight", true
	case "lm_head.weight":
		if m.tied {
			return "", true
		}
		return "output.weight", true
	}
	layer, rest, ok := cutLayer(name, "layers.")
	if !ok || layer >= m.layers {
		return "", false
	}
	if to, ok := mapped(rest, inLayer); ok {
		if to == "" {
			return "", true
		}
		return fmt.Sprintf("blk.%d.%s", layer, to), true
	}
	// An expert's own: mlp.experts.N.up_proj.weight
	var n int
	var which string
	if k, err := fmt.Sscanf(strings.NewReplacer(".", " ").Replace(rest), "mlp experts %d %s weight", &n, &which); err == nil && k == 2 {
		if to, ok := map[string]string{"gate_proj": "gate", "up_proj": "up", "down_proj": "down"}[which]; ok && n >= 0 {
			return fmt.Sprintf("blk.%d.ffn_%s_exps.weight#%d", layer, to, n), true
		}
	}
	return "", false
}

// mapped looks a name up, whole or without what it ends with.
func mapped(name string, names map[string]string) (string, bool) {
	if to, ok := names[name]; ok {
		return to, true
	}
	for _, end := range []string{".weight", ".bias"} {
		if rest, ok := strings.CutSuffix(name, end); ok {
			if to, ok := names[rest]; ok {
				return to + end, true
			}
		}
	}
	return "", false
}

// cutLayer takes the number of a layer off a name: PREFIX N . REST.
func cutLayer(name, prefix string) (layer int, rest string, ok bool) {
	name, ok = strings.CutPrefix(name, prefix)
	number, rest, found := strings.Cut(name, ".")
	if !ok || !found || number == "" || len(number) > 4 || strings.Trim(number, "0123456789") != "" {
		return 0, "", false
	}
	for _, d := range number {
		layer = layer*10 + int(d-'0')
	}
	return layer, rest, true
}

// experts is how many a layer has.
func (m *Model) experts() int {
	for _, key := range []string{"num_experts", "n_routed_experts", "num_local_experts"} {
		if m.config.has(key) {
			return m.config.integer(key, expertsMax)
		}
	}
	return 0
}

// mixtureSettings are those of Qwen2's and Qwen3's models with experts. In Qwen2's there is
// one that every token goes through besides, and the weights of the others do not sum to one.
func mixtureSettings(m *Model) {
	decoderSettings(m)
	c := m.config
	second := m.Architecture == "qwen2moe"
	if second {
		m.set(".expert_shared_feed_forward_length", uint32(c.integer("shared_expert_intermediate_size", widthMax)))
	}
	m.set(".expert_count", uint32(m.experts()))
	m.set(".expert_used_count", uint32(c.integer("num_experts_per_tok", expertsMax)))
	m.set(".expert_feed_forward_length", uint32(c.integer("moe_intermediate_size", widthMax)))
	if list, _ := c.values["mlp_only_layers"].([]any); len(list) > 0 || c.integerOr("decoder_sparse_step", layersMax, 1) > 1 {
		c.fail("layers without experts among those that have them: %w", ErrUnsupported)
	}
	if c.has("norm_topk_prob") && c.flag("norm_topk_prob") == second {
		c.fail("norm_topk_prob is %t, which it is in no other model of the family: %w", second, ErrUnsupported)
	}
}

// llamaSettings are those of Llama and Mistral.
func llamaSettings(m *Model) {
	decoderSettings(m)
	c := m.config
	m.set(".vocab_size", uint32(c.integer("vocab_size", widthMax*16)))
	m.set(".rope.dimension_count", uint32(m.headDim()))
	if c.has("sliding_window") {
		c.fail("sliding_window: attention to a window: %w", ErrUnsupported)
	}
}

func (m *Model) headDim() int {
	c := m.config
	if c.has("head_dim") {
		return c.integer("head_dim", widthMax)
	}
	return c.integer("hidden_size", widthMax) / max(1, c.integer("num_attention_heads", widthMax))
}

// arrangeLlama puts the rows of queries and keys so that those which rotate together are
// neighbours, as GGUF has them for this family, and writes Llama 3.1's factors of
// rotation, which no file has.
func arrangeLlama(m *Model) error {
	c := m.config
	heads := c.integer("num_attention_heads", widthMax)
	kv := c.integerOr("num_key_value_heads", widthMax, heads)
	for _, o := range m.plan {
		n := 0
		switch {
		case strings.Contains(o.name, "attn_q."):
			n = heads
		case strings.Contains(o.name, "attn_k."):
			n = kv
		default:
			continue
		}
		if err := o.interleave(n); err != nil {
			return err
		}
	}
	if _, kind, _ := m.ropeSettings(); kind == "llama3" {
		m.add(&output{name: "rope_freqs.weight", fixed: m.llama3Factors()})
		o := m.byName["rope_freqs.weight"]
		o.shape = []int{len(o.fixed)}
	}
	return cmpErr(*c.err)
}

// interleave makes neighbours of the two halves of each head. A bias is rows of one.
func (o *output) interleave(heads int) error {
	t := o.parts[0]
	all := t.Shape[0]
	if heads < 1 || all%heads != 0 || all/heads%2 != 0 {
		return t.Refuse("has %d rows, which %d heads do not part evenly", all, heads)
	}
	each := all / heads
	place := func(i int) int { return i/each*each + i%each/2 + i%2*(each/2) }
	if len(t.Shape) == 1 {
		x := make([]float32, all)
		if err := o.model.read(x, t, 0); err != nil {
			return err
		}
		o.fixed = make([]float32, all)
		for i := range x {
			o.fixed[i] = x[place(i)]
		}
		return nil
	}
	o.row = place
	return nil
}

// llama3Factors are what the frequencies of rotation are divided by, in the first half
// of a head (Llama 3.1's model card).
func (m *Model) llama3Factors() []float32 {
	c, _, base := m.ropeSettings()
	factor, low, high := c.realOr("factor", 8), c.realOr("low_freq_factor", 1), c.realOr("high_freq_factor", 4)
	context := c.realOr("original_max_position_embeddings", 8192)
	dim := m.headDim()
	factors := make([]float32, min(dim, widthMax)/2)
	for i := range factors {
		frequency := float32(1 / float32(math.Pow(base, float64(float32(2*i)/float32(dim)))))
		wave := 2 * math.Pi / float64(frequency)
		switch {
		case wave < context/high:
			factors[i] = 1
		case wave > context/low:
			factors[i] = float32(factor)
		default:
			smooth := (context/wave - low) / (high - low)
			factors[i] = float32(1 / ((1-smooth)/factor + smooth))
		}
	}
	return factors
}
