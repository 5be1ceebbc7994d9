package nn_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/nn"
	"github.com/hearthbox/hearth/internal/nn/nntest"
	"github.com/hearthbox/hearth/internal/simd"
	"github.com/hearthbox/hearth/internal/simd/simdtest"
)

// TestAdaptersAreWhatMergingMakes adds adapters to the weights themselves: the logits must
// be those of the model with the adapter beside it, but for rounding. llama.cpp leaves out
// some matrices of some architectures; here none is.
func TestAdaptersAreWhatMergingMakes(t *testing.T) {
	for _, s := range []nntest.Shape{
		{Seed: 1}, {Architecture: "qwen2", Seed: 2}, {Architecture: "qwen3", HeadDim: 64, Seed: 3},
		{Architecture: "qwen3moe", HeadDim: 64, Experts: 4, ExpertsUsed: 4, ExpertWidth: 96, Seed: 4},
		{Architecture: "qwen2moe", Experts: 4, ExpertsUsed: 4, ExpertWidth: 64, SharedWidth: 96, Seed: 5},
		nntest.DeepSeek, nntest.GLM4MoE, nntest.Gemma3, nntest.GPTOSS, nntest.Qwen35, nntest.Qwen35MoE, {Architecture: "glm4", HeadDim: 64, Rotated: 32, Seed: 6},
	} {
		adapter := nntest.MakeAdapter(s, nntest.Adapter{Rank: 6, Alpha: 3, Seed: s.Seed})
		file := nntest.Make(s)
		m, merged := load(t, bytes.Clone(file)), load(t, merge(t, file, adapter, 3))
		c := nntest.Case{Shape: s}
		tokens := c.Tokens()
		got := copyRows(logitsWith(m, loadAdapter(t, m, adapter), tokens, c.Positions()))
		for i, want := range logits(merged, tokens, c.Positions()) {
			if rms := difference(got[i], want); rms > 0.001 {
				t.Errorf("%s: after token %d: %.5f of the spread", m.Architecture, c.Positions()[i], rms)
			}
		}
		if rms := difference(got[0], logits(m, tokens, c.Positions())[0]); rms < 0.02 {
			t.Errorf("%s: the adapter changes next to nothing: %.5f of the spread", m.Architecture, rms)
		}
	}
}

// merge adds an adapter to the weights of a model in F32, in its place.
func merge(t *testing.T, model, adapter []byte, alpha float32) []byte {
	t.Helper()
	f, a := parse(t, model), parse(t, adapter)
	for _, target := range f.Tensors {
		A, ok := a.Tensor(target.Name + ".lora_a")
		if !ok {
			continue
		}
		B, _ := a.Tensor(target.Name + ".lora_b")
		wide := func(t *gguf.Tensor) []float32 {
			v := make([]float32, t.Shape[0]*t.Rows())
			simd.FormatF32.Widen(v, t.Data)
			return v
		}
		w, av, bv := wide(target), wide(A), wide(B)
		cols, rank := target.Shape[0], B.Shape[0]
		rows := target.Shape[1]
		for i := range w {
			row, col := i/cols, i%cols
			matrix := row / rows
			var sum float64
			for r := range rank {
				sum += float64(bv[row*rank+r]) * float64(av[(matrix*rank+r)*cols+col])
			}
			w[i] += float32(sum) * alpha / float32(rank)
		}
		copy(target.Data, simdtest.Bytes(w)) // which lies in the model's own bytes
	}
	return model
}

func parse(t testing.TB, data []byte) *gguf.File {
	t.Helper()
	f, err := gguf.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestUnsoundAdaptersAreRefused names what was expected and what was found.
func TestUnsoundAdaptersAreRefused(t *testing.T) {
	base := nntest.Shape{Embedding: 64, FeedForward: 96, Heads: 2, KVHeads: 1, HeadDim: 32}
	plain := nntest.Adapter{Rank: 4}
	but := func(change func(s *nntest.Shape)) []byte { s := base; change(&s); return nntest.MakeAdapter(s, plain) }
	within := func(from, to string) []byte {
		return bytes.Replace(nntest.MakeAdapter(base, plain), []byte(from), []byte(to), 1)
	}
	with := func(key string, v any) []byte {
		a := plain
		a.Metadata = map[string]any{key: v}
		return nntest.MakeAdapter(base, a)
	}
	for name, c := range map[string]struct {
		data        []byte
		want        []string
		unsupported bool
	}{
		"for another architecture": {but(func(s *nntest.Shape) { s.Architecture = "qwen2" }), []string{"general.architecture", `is "qwen2", not "llama"`}, false},
		"for a wider model": {but(func(s *nntest.Shape) { s.Embedding = 128 }), []string{"blk.0.attn_k.weight.lora_a",
			"has shape [128 4], not [64 4]", "rank 4", "of shape [64 32]"}, false},
		"for one with more in its feed-forward": {but(func(s *nntest.Shape) { s.FeedForward = 128 }), []string{"ffn_down.weight.lora_a", "[128 4], not [96 4]"}, false},
		"for a deeper model":                    {but(func(s *nntest.Shape) { s.Layers = 3 }), []string{"blk.2.", "there is no such matrix in the model"}, false},
		"for experts that are not there": {but(func(s *nntest.Shape) { s.Experts, s.ExpertsUsed, s.ExpertWidth = 4, 2, 32 }),
			[]string{"ffn_down_exps.weight", "there is no such matrix"}, false},
		"of one half":           {within("blk.1.ffn_up.weight.lora_b", "blk.1.ffn_xx.weight.lora_b"), []string{"blk.1.ffn_up.weight.lora_b beside it"}, false},
		"of a norm":             {within("blk.1.ffn_up.weight.lora_b", "blk.1.ffn_norm.weight....."), []string{"blk.1.ffn_norm.weight....., which is no part of a low-rank change"}, true},
		"of a rank that is not": {within("lora.alpha\x06\x00\x00\x00\x00\x00\x00\x41", "lora.alpha\x06\x00\x00\x00\x00\x00\xc0\x7f"), []string{"adapter.lora.alpha", "NaN"}, false},
		"no adapter":            {within("general.type\x08\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00adapter", "general.type\x08\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00Model.."), []string{`"Model..", not "adapter"`}, false},
		"of another kind":       {within("adapter.type\x08\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00lora", "adapter.type\x08\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00ia3."), []string{`"ia3.", not "lora"`}, false},
		"that begins later":     {with("adapter.alora.invocation_tokens", []uint32{1, 2}), []string{"in the middle of a text"}, true},
		"without anything":      {nntest.MakeAdapter(base, nntest.Adapter{Parts: []string{"none"}}), []string{"no tensors are"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := nn.LoadAdapter(parse(t, c.data), load(t, nntest.Make(base)))
			if err == nil || errors.Is(err, nn.ErrUnsupported) != c.unsupported {
				t.Fatalf("got %v", err)
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("got %v, want %q in it", err, w)
				}
			}
		})
	}
	if a, err := nn.LoadAdapter(parse(t, nntest.MakeAdapter(base, plain)), load(t, nntest.Make(base))); err != nil || a.Bytes == 0 {
		t.Errorf("what all others were made from: %v, %+v", err, a)
	}
}

// FuzzLoadAdapter changes bytes of an adapter: it is refused, or it computes.
func FuzzLoadAdapter(f *testing.F) {
	shape := nntest.Shape{Layers: 1, Embedding: 32, FeedForward: 32, Heads: 2, KVHeads: 1, HeadDim: 16, Vocab: 8}
	m := load(f, nntest.Make(shape))
	f.Add(nntest.MakeAdapter(shape, nntest.Adapter{Rank: 2}))
	f.Add(nntest.MakeAdapter(shape, nntest.Adapter{Rank: 32, Weights: gguf.Q8_0, Parts: []string{"token_embd.weight", "attn_q.weight"}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := gguf.Parse(data)
		if err != nil {
			return
		}
		if a, err := nn.LoadAdapter(file, m); err == nil {
			logitsWith(m, a, []int{0, m.Vocab - 1}, []int{1})
		}
	})
}
