package quantize

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hearthbox/hearth/internal/gguf"
)

// Recipe says which tensors get which format.
type Recipe struct {
	Name string
	base gguf.Type // of the tensors that nothing is said about
	file uint32    // general.file_type

	// more is the format of those of which quality depends most: values and the way
	// down, in some of the layers. It is base where there is none.
	more gguf.Type
}

// Recipes are those that [Find] knows, the largest last.
func Recipes() []Recipe {
	return []Recipe{
		{"Q4_0", gguf.Q4_0, 2, gguf.Q4_0},
		{"Q4_K_M", gguf.Q4_K, 15, gguf.Q6_K},
		{"Q5_K_M", gguf.Q5_K, 17, gguf.Q6_K},
		{"Q6_K", gguf.Q6_K, 18, gguf.Q6_K},
		{"Q8_0", gguf.Q8_0, 7, gguf.Q8_0},
	}
}

// Find is the recipe of a name, in any case.
func Find(name string) (Recipe, bool) {
	i := slices.IndexFunc(Recipes(), func(r Recipe) bool { return strings.EqualFold(r.Name, name) })
	if i < 0 {
		return Recipe{}, false
	}
	return Recipes()[i], true
}

// Errors of models that can't be quantised.
var (
	ErrQuantised    = errors.New("its weights are quantised already")
	ErrArchitecture = errors.New("there is no recipe for its architecture")
)

// shape is what a recipe looks at besides the names of tensors.
type shape struct {
	architecture string
	layers       int // those that guess further included
	experts      int
	values       int  // tensors of attention values
	tied         bool // no output matrix of its own
	shared       bool // many query heads for each of few value heads, in the models of 70 B
}

// layersMax and expertsMax bound what a file may say.
const (
	layersMax  = 1 << 12
	expertsMax = 1 << 16
)

func shapeOf(f *gguf.File) (s shape, err error) {
	if s.architecture, err = f.Text("general.architecture"); err != nil {
		return s, err
	}
	if s.architecture == "falcon" || s.architecture == "glm5-next" {
		return s, fmt.Errorf("%w: %s", ErrArchitecture, s.architecture)
	}
	integer := func(key string, most int64) int {
		if key = s.architecture + "." + key; !f.Has(key) || err != nil {
			return 0
		}
		var n int64
		n, err = f.Int(key, 0, most)
		return int(n)
	}
	s.layers, s.experts = integer("block_count", layersMax), integer("expert_count", expertsMax)
	if s.layers == 80 {
		heads, kv := f.Has(s.architecture+".attention.head_count"), integer("attention.head_count_kv", expertsMax)
		s.shared = s.architecture == "qwen2" || s.architecture == "llama" && heads && kv > 0 && kv != integer("attention.head_count", expertsMax)
	}
	s.tied = true
	for _, t := range f.Tensors {
		if valueLike(t.Name) {
			s.values++
		}
		s.tied = s.tied && t.Name != "output.weight"
	}
	return s, err
}

// Plan is the format that each tensor of a file gets, in the file's order.
func Plan(f *gguf.File, r Recipe) ([]gguf.Type, error) {
	s, err := shapeOf(f)
	if err != nil {
		return nil, err
	}
	order := make([]int, len(f.Tensors))
	for i := range order {
		order[i] = i
	}
	// Some of the choices go by how many of a kind came before, layer by layer.
	slices.SortFunc(order, func(a, b int) int {
		x, y := f.Tensors[a].Name, f.Tensors[b].Name
		return cmp.Or(cmp.Compare(layerOf(x), layerOf(y)), cmp.Compare(x, y))
	})
	p := planner{shape: s, recipe: r}
	plan := make([]gguf.Type, len(f.Tensors))
	for _, i := range order {
		t := f.Tensors[i]
		plan[i] = t.Type
		if !quantisable(t) {
			continue
		}
		plan[i] = p.choose(t.Name, t.Shape[0])
		if plan[i] != t.Type && !float(t.Type) {
			return nil, fmt.Errorf("%w: tensor %s is %s", ErrQuantised, t.Name, t.Type)
		}
	}
	return plan, nil
}

func float(t gguf.Type) bool { return t == gguf.F32 || t == gguf.F16 || t == gguf.BF16 }

// layerOf is the layer a tensor belongs to, -1 if it is none's.
func layerOf(name string) int {
	n := -1
	if _, err := fmt.Sscanf(name, "blk.%d.", &n); err != nil {
		return -1
	}
	return n
}

// quantisable reports whether a tensor may lose precision: matrices of weights may, but
// those which decide between experts, and the places of tokens.
func quantisable(t *gguf.Tensor) bool {
	if !slices.ContainsFunc(t.Shape[1:], func(d int) bool { return d > 1 }) || !strings.HasSuffix(t.Name, "weight") {
		return false
	}
	for _, part := range []string{
		"_norm.weight", "ffn_gate_inp.weight", "ffn_gate_tid2eid.weight", "altup", "laurel", "per_layer_model_proj",
		"ssm_conv1d", "shortconv.conv.weight", "indexer.k_proj.weight", "indexer.q_proj.weight",
		"time_mix_first.weight", "time_mix_w0.weight", "time_mix_w1.weight", "time_mix_w2.weight",
		"time_mix_v0.weight", "time_mix_v1.weight", "time_mix_v2.weight", "time_mix_a0.weight", "time_mix_a1.weight",
		"time_mix_a2.weight", "time_mix_g1.weight", "time_mix_g2.weight", "time_mix_decay_w1.weight",
		"time_mix_decay_w2.weight", "time_mix_lerp_fused.weight", "attn_rel_b.weight", ".position_embd", "sam.pos_embd",
		"sam.neck.", "sam.net_", ".rel_pos", ".patch_embd", ".patch_merger", "a.rvq.codebook", "mm.a.code_embd",
	} {
		if strings.Contains(t.Name, part) {
			return false
		}
	}
	return t.Name != "position_embd.weight" && t.Name != "token_types.weight"
}

// valueLike reports whether a tensor makes the values of attention.
func valueLike(name string) bool {
	return strings.Contains(name, "attn_v.weight") || strings.Contains(name, "attn_qkv.weight") || strings.Contains(name, "attn_kv_b.weight")
}

// planner chooses formats, one tensor after the other.
type planner struct {
	shape
	recipe       Recipe
	values, down int // tensors of that kind so far
}

func (p *planner) choose(name string, width int) gguf.Type {
	return fitting(p.wanted(name, width), width)
}

// wanted is the format for a tensor whose rows are of any width.
func (p *planner) wanted(name string, width int) gguf.Type {
	base := p.recipe.base
	switch {
	case name == "output.weight", p.tied && (name == "token_embd.weight" || name == "per_layer_token_embd.weight"):
		switch {
		case width%base.BlockLen() != 0, base == gguf.Q8_0:
			return gguf.Q8_0
		}
		return gguf.Q6_K
	case name == "token_embd.weight", name == "per_layer_token_embd.weight":
		return base
	case valueLike(name):
		return p.value()
	case strings.Contains(name, "attn_k.weight") && p.experts == 8:
		return gguf.Q8_0
	case strings.Contains(name, "attn_output.weight") && p.experts == 8 && p.recipe.Name == "Q4_K_M":
		return gguf.Q5_K
	case isDown(name):
		return p.wayDown(name)
	}
	return base
}

// isDown reports whether a tensor is the way down of a feed-forward block. What is
// named as another kind as well is that.
func isDown(name string) bool {
	for _, other := range []string{"attn_k.weight", "attn_q.weight", "attn_output.weight", "ffn_up", "ffn_gate"} {
		if strings.Contains(name, other) {
			return false
		}
	}
	return strings.Contains(name, "ffn_down")
}

func (p *planner) value() gguf.Type {
	t := p.recipe.base
	if moreBits(p.values, p.shape.values) {
		t = p.recipe.more
	}
	p.values++
	if p.shared && t == gguf.Q4_K {
		t = gguf.Q5_K
	}
	if p.experts == 8 {
		t = gguf.Q8_0
	}
	return t
}

func (p *planner) wayDown(name string) gguf.Type {
	layer := p.down
	if p.experts > 1 {
		layer = layerOf(name)
	}
	p.down++
	if moreBits(layer, p.layers) {
		return p.recipe.more
	}
	return p.recipe.base
}

// moreBits chooses the first and the last eighth of the layers, and every third between.
func moreBits(layer, layers int) bool {
	return layer < layers/8 || layer >= 7*layers/8 || (layer-layers/8)%3 == 2
}

// fitting is the format, or one that is like it, for rows of that width.
func fitting(t gguf.Type, width int) gguf.Type {
	if width%t.BlockLen() == 0 {
		return t
	}
	switch t {
	case gguf.Q4_K:
		t = gguf.Q5_0
	case gguf.Q5_K:
		t = gguf.Q5_1
	case gguf.Q6_K:
		t = gguf.Q8_0
	}
	if width%t.BlockLen() != 0 {
		return gguf.F16
	}
	return t
}
