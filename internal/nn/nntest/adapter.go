package nntest

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/hearthbox/hearth/internal/gguf"
)

// Adapter says what adapter to make for a model. Zero fields take the value of
// [SmallAdapter].
type Adapter struct {
	Weights  gguf.Type
	Rank     int
	Alpha    float32
	NoAlpha  bool           // states none
	Parts    []string       // names of tensors it changes, without what is theirs by layer; all but the embedding if empty
	Metadata map[string]any // more keys
	Seed     uint64
}

// SmallAdapter changes a model about as much as it says itself.
var SmallAdapter = Adapter{Rank: 8, Alpha: 16}

// fixed is what no adapter changes.
var fixed = []string{"token_types.weight", "position_embd.weight", "attn_k_b.weight", "attn_v_b.weight", "attn_kv_b.weight",
	"ssm_conv1d.weight", "ffn_gate_exps.bias", "ffn_up_exps.bias", "ffn_down_exps.bias"}

// MakeAdapter makes an adapter for the model of a shape as a GGUF file.
func MakeAdapter(s Shape, a Adapter) []byte {
	if a.Rank == 0 {
		a.Rank = SmallAdapter.Rank
	}
	if a.Alpha == 0 && !a.NoAlpha {
		a.Alpha = 2 * float32(a.Rank)
	}
	f, err := gguf.Parse(Make(s))
	if err != nil {
		panic(err)
	}
	m := &maker{Shape: s.withDefaults(), rng: rand.New(rand.NewPCG(a.Seed, 2))}
	m.Weights, m.More, m.Missing, m.Longer = a.Weights, gguf.F32, "", ""
	m.set("general.architecture", m.Architecture)
	m.set("general.type", "adapter")
	m.set("adapter.type", "lora")
	if a.Alpha != 0 {
		m.set("adapter.lora.alpha", a.Alpha)
	}
	for key, v := range a.Metadata {
		m.set(key, v)
	}
	for _, t := range f.Tensors {
		if a.changes(t) {
			m.change(t, a.Rank)
		}
	}
	var b bytes.Buffer
	if _, err := m.w.WriteTo(&b); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func (a *Adapter) changes(t *gguf.Tensor) bool {
	part := t.Name
	if rest, ok := strings.CutPrefix(part, "blk."); ok {
		_, part, _ = strings.Cut(rest, ".")
	}
	switch {
	case len(t.Shape) < 2 || slices.Contains(fixed, part):
		return false
	case len(a.Parts) > 0:
		return slices.Contains(a.Parts, part)
	}
	return part != "token_embd.weight"
}

// change adds both matrices of one, as large as makes the change comparable with it.
func (m *maker) change(t *gguf.Tensor, rank int) {
	cols, rows, more := t.Shape[0], t.Shape[1], t.Shape[2:]
	a, b := append([]int{cols, rank}, more...), append([]int{rank, rows}, more...)
	if t.Name == "token_embd.weight" {
		a, b = []int{rank, rows}, []int{rank, cols}
	}
	m.part(t.Name+".lora_a", a)
	m.part(t.Name+".lora_b", b)
}

func (m *maker) part(name string, shape []int) {
	rows := 1
	for _, n := range shape[1:] {
		rows *= n
	}
	t := m.Weights
	if shape[0]%t.BlockLen() != 0 {
		t = gguf.F32
	}
	m.add(name, t, shape, m.rows(t, shape[0], rows, 0.5/sqrt(shape[0])))
}

func sqrt(n int) float64 { return math.Sqrt(float64(n)) }
