package convert

import (
	"fmt"
	"path/filepath"
	"strings"
)

// bertSettings are those of BERT's encoders.
func bertSettings(m *Model) {
	c := m.config
	m.layers = c.integer("num_hidden_layers", layersMax)
	m.set(".block_count", uint32(m.layers))
	m.set(".context_length", uint32(c.integer("max_position_embeddings", contextMax)))
	m.set(".embedding_length", uint32(c.integer("hidden_size", widthMax)))
	m.set(".feed_forward_length", uint32(c.integer("intermediate_size", widthMax)))
	m.set(".attention.head_count", uint32(c.integer("num_attention_heads", widthMax)))
	m.set(".attention.layer_norm_epsilon", float32(c.real("layer_norm_eps")))
	m.set(".attention.causal", false)
	if act := c.text("hidden_act"); act != "" && act != "gelu" {
		c.fail("hidden_act is %q, not gelu: %w", act, ErrUnsupported)
	}
	if kind := c.text("position_embedding_type"); kind != "" && kind != "absolute" {
		c.fail("position_embedding_type is %q: %w", kind, ErrUnsupported)
	}
	m.pooling(true)
}

// pooling says how a vector is made of a text, as sentence-transformers has it beside
// the model.
func (m *Model) pooling(needed bool) {
	kinds := map[string]uint32{"mean": 1, "cls": 2, "last": 3, "lasttoken": 3}
	kind := m.options.Pooling
	if kind == "" {
		kind = m.statedPooling()
	}
	n, ok := kinds[kind]
	switch {
	case ok:
		m.set(".pooling_type", n)
	case kind != "":
		m.config.fail("pooling %q: %w; mean, cls and last can be", kind, ErrUnsupported)
	case needed:
		m.config.fail("nothing says how a vector is made of a text: say it with --pooling cls, mean or last")
	}
}

func (m *Model) statedPooling() string {
	var modules []struct{ Type, Path string }
	err := readJSON(filepath.Join(m.dir, "modules.json"), &modules)
	if err != nil {
		if !absent(err) {
			m.config.fail("%w", err)
		}
		return ""
	}
	for _, module := range modules {
		if !strings.HasSuffix(module.Type, "Pooling") {
			continue
		}
		if !filepath.IsLocal(module.Path) {
			m.config.fail("modules.json: %.80q leads elsewhere", module.Path)
			return ""
		}
		p, err := readConfig(m.dir, filepath.Join(module.Path, "config.json"))
		if err != nil {
			m.config.fail("%w", err)
			return ""
		}
		for _, s := range []struct{ key, kind string }{
			{"pooling_mode_mean_tokens", "mean"}, {"pooling_mode_cls_token", "cls"}, {"pooling_mode_lasttoken", "last"},
		} {
			if p.flag(s.key) {
				return s.kind
			}
		}
		if kind := p.text("pooling_mode"); kind != "" {
			return kind
		}
		m.config.fail("%s: neither the mean of all tokens, nor the first, nor the last: %w", p.file, ErrUnsupported)
	}
	return ""
}

var bertNames = map[string]string{
	"embeddings.word_embeddings": "token_embd", "embeddings.position_embeddings": "position_embd",
	"embeddings.token_type_embeddings": "token_types", "embeddings.LayerNorm": "token_embd_norm",
	"embeddings.position_ids": "", "embeddings.token_type_ids": "",
	"pooler.dense.weight": "", "pooler.dense.bias": "", // for what it was trained on, not for vectors
}

var bertInLayer = map[string]string{
	"attention.self.query": "attn_q", "attention.self.key": "attn_k", "attention.self.value": "attn_v",
	"attention.output.dense": "attn_output", "attention.output.LayerNorm": "attn_output_norm",
	"intermediate.dense": "ffn_up", "output.dense": "ffn_down", "output.LayerNorm": "layer_output_norm",
}

func bertName(m *Model, name string) (string, bool) {
	name = strings.TrimPrefix(name, "bert.")
	if strings.HasPrefix(name, "cls.") {
		return "", true // the head it was trained with
	}
	name = strings.NewReplacer(".gamma", ".weight", ".beta", ".bias").Replace(name)
	if to, ok := mapped(name, bertNames); ok {
		return to, true
	}
	layer, rest, ok := cutLayer(name, "encoder.layer.")
	if !ok || layer >= m.layers {
		return "", false
	}
	to, ok := mapped(rest, bertInLayer)
	return fmt.Sprintf("blk.%d.%s", layer, to), ok
}
