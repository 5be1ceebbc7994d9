package nn_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/nn"
	"github.com/hearthbox/hearth/internal/nn/nntest"
)

// TestLogitsDependOnTheSequenceAlone is invariant N1: several texts are computed
// together, cut at random into batches of random order, with any number of
// workers, on pages that other texts have used; every row must equal, bit for bit,
// the one computed alone.
func TestLogitsDependOnTheSequenceAlone(t *testing.T) {
	for _, c := range []nntest.Shape{
		{Weights: gguf.F32, Seed: 1}, {Weights: gguf.Q4_K, Seed: 2},
		{Architecture: "qwen2", Weights: gguf.Q8_0, Seed: 3}, {Architecture: "qwen3", Weights: gguf.Q5_1, HeadDim: 64, Seed: 4},
		{Architecture: "qwen3moe", Weights: gguf.Q8_0, Experts: 16, ExpertsUsed: 4, ExpertWidth: 256, Seed: 5},
		{Architecture: "qwen2moe", Experts: 8, ExpertsUsed: 2, ExpertWidth: 96, SharedWidth: 64, Seed: 6},
		nntest.DeepSeek, nntest.GLM4MoE, nntest.Gemma3, nntest.GPTOSS, {Architecture: "glm4", Weights: gguf.Q4_K, HeadDim: 64, Rotated: 32, Seed: 7},
		nntest.DeepSeek32, nntest.GLMDSA, nntest.Qwen3Next, nntest.Qwen35, nntest.Qwen35MoE,
	} {
		m := load(t, nntest.Make(c))
		rng := rand.New(rand.NewPCG(c.Seed, 9))
		texts := make([][]int, 4)
		alone := make([][][]float32, len(texts))
		for i := range texts {
			for range 20 + rng.IntN(30) {
				texts[i] = append(texts[i], rng.IntN(m.Vocab))
			}
			alone[i] = copyRows(logits(m, texts[i], all(len(texts[i]))))
		}
		cache := nn.NewCache(m, 600)
		for round := range 3 {
			together(t, m, cache, nntest.Workers(1+round%3), rng, texts, make([]*nn.Adapter, len(texts)), alone)
		}
		if cache.Free() != 600/nn.PageTokens {
			t.Errorf("%d pages are free after all sequences were released, not %d", cache.Free(), 600/nn.PageTokens)
		}
	}
}

func together(t *testing.T, m *nn.Model, cache *nn.Cache, w nn.Workers, rng *rand.Rand, texts [][]int, with []*nn.Adapter, alone [][][]float32) {
	t.Helper()
	const batchMax = 48
	run := nn.NewRunner(m, cache, w, batchMax, m.Context)
	seqs := make([]nn.Sequence, len(texts))
	for i, a := range with {
		seqs[i].Adapter = a
	}
	done := make([]int, len(texts))
	for {
		var batch []nn.Token
		var rows []struct{ text, at int }
		for _, i := range rng.Perm(len(texts)) {
			n := min(rng.IntN(12), len(texts[i])-done[i], batchMax-len(batch))
			if !cache.Grow(&seqs[i], n) {
				t.Fatal("the cache is full")
			}
			for range n {
				batch = append(batch, nn.Token{ID: texts[i][done[i]], Sequence: &seqs[i], Logits: true})
				rows = append(rows, struct{ text, at int }{i, done[i]})
				done[i]++
			}
		}
		if len(batch) == 0 {
			if slices.Equal(done, lengths(texts)) {
				break
			}
			continue
		}
		for j, row := range run.Step(batch) {
			if r := rows[j]; !slices.Equal(row, alone[r.text][r.at]) {
				t.Fatalf("%s: token %d of text %d has other logits in company", m.Architecture, r.at, r.text)
			}
		}
	}
	for i := range seqs {
		cache.Release(&seqs[i])
	}
}

// TestAdaptersKeepToTheirSequences is N1 for sequences that have adapters, where others in
// the batch have others, or none.
func TestAdaptersKeepToTheirSequences(t *testing.T) {
	for _, c := range []struct {
		nntest.Shape
		nntest.Adapter
	}{
		{nntest.Shape{Weights: gguf.Q4_K, Seed: 1}, nntest.Adapter{Weights: gguf.F16, Rank: 16}},
		{nntest.Shape{Tied: true, Seed: 2}, nntest.Adapter{Parts: []string{"token_embd.weight", "attn_v.weight", "ffn_up.weight"}}},
		{nntest.Shape{Architecture: "qwen3moe", Weights: gguf.Q8_0, Experts: 16, ExpertsUsed: 4, ExpertWidth: 256, Seed: 5}, nntest.Adapter{Weights: gguf.Q8_0, Rank: 32}},
		{nntest.DeepSeek, nntest.Adapter{Rank: 5}}, {nntest.GPTOSS, nntest.Adapter{Rank: 4}}, {nntest.Qwen3Next, nntest.Adapter{Rank: 4}},
	} {
		m := load(t, nntest.Make(c.Shape))
		with := make([]*nn.Adapter, 5)
		for i := range 3 {
			c.Adapter.Seed = uint64(i)
			with[i] = loadAdapter(t, m, nntest.MakeAdapter(c.Shape, c.Adapter))
		}
		with[3] = with[0]
		rng := rand.New(rand.NewPCG(c.Shape.Seed, 9))
		texts, alone := make([][]int, len(with)), make([][][]float32, len(with))
		for i, a := range with {
			for range 20 + rng.IntN(30) {
				texts[i] = append(texts[i], rng.IntN(m.Vocab))
			}
			alone[i] = copyRows(logitsWith(m, a, texts[i], all(len(texts[i]))))
			if without := logits(m, texts[i], all(len(texts[i]))); a != nil && slices.Equal(without[3], alone[i][3]) {
				t.Fatalf("%s: the adapter changes nothing", m.Architecture)
			}
		}
		cache := nn.NewCache(m, 600)
		for round := range 3 {
			together(t, m, cache, nntest.Workers(1+round%3), rng, texts, with, alone)
		}
	}
}

// TestVectorsDependOnTheTextAlone is N1 for models that make vectors: texts of all
// lengths, in any order and company.
func TestVectorsDependOnTheTextAlone(t *testing.T) {
	for _, s := range []nntest.Shape{
		{Architecture: "bert", Pooling: 1, Weights: gguf.Q8_0, Seed: 1}, {Architecture: "bert", Pooling: 2, Seed: 2},
		{Architecture: "bert", Pooling: 4, Classes: 1, Weights: gguf.Q4_K, Seed: 3},
		{Architecture: "qwen3", Pooling: 3, Weights: gguf.Q6_K, HeadDim: 64, Seed: 4}, {Architecture: "nomic-bert", Pooling: 1, Weights: gguf.Q8_0, Seed: 5},
	} {
		m := load(t, nntest.Make(s))
		rng := rand.New(rand.NewPCG(s.Seed, 8))
		var texts [][]int
		for _, n := range []int{1, 2, 31, 32, 33, 100, 64, 7} {
			ids := make([]int, n)
			for i := range ids {
				ids[i] = rng.IntN(m.Vocab)
			}
			texts = append(texts, ids)
		}
		alone := make([][]float32, len(texts))
		for i, ids := range texts {
			alone[i] = vector(m, ids)
		}
		cache := nn.NewCache(m, 1024)
		for workers := 1; workers <= 3; workers++ {
			r := nn.NewRunner(m, cache, nntest.Workers(workers), 300, m.Context)
			order := rng.Perm(len(texts))
			var batch [][]int
			for _, i := range order {
				batch = append(batch, texts[i])
			}
			for j, v := range vectors(r, cache, m, batch...) {
				if i := order[j]; !slices.Equal(v, alone[i]) {
					t.Fatalf("%s: a text of %d tokens has another vector in company", m.Architecture, len(texts[i]))
				}
			}
		}
	}
}

func TestCacheKeepsItsLimit(t *testing.T) {
	m := load(t, nntest.Make(nntest.Shape{}))
	c := nn.NewCache(m, 4*nn.PageTokens)
	var a, b nn.Sequence
	if !c.Grow(&a, 3*nn.PageTokens) || c.Free() != 1 {
		t.Fatalf("three of four pages leave %d", c.Free())
	}
	if c.Grow(&b, nn.PageTokens+1) || c.Free() != 1 {
		t.Fatal("two pages were taken from one")
	}
	c.Release(&a)
	if !c.Grow(&b, 4*nn.PageTokens) || c.Free() != 0 {
		t.Fatal("released pages were not handed out again")
	}
}

// TestSharedPagesAreNotWritten lets texts go on from pages of one another: from all
// of them, from the middle of one, and after a guess that was forgotten.
func TestSharedPagesAreNotWritten(t *testing.T) {
	m := load(t, nntest.Make(nntest.Shape{Weights: gguf.Q8_0, Seed: 5}))
	rng := rand.New(rand.NewPCG(5, 5))
	text := func(n int) []int {
		ids := make([]int, n)
		for i := range ids {
			ids[i] = rng.IntN(m.Vocab)
		}
		return ids
	}
	c := nn.NewCache(m, 6*nn.PageTokens)
	run := nn.NewRunner(m, c, nntest.Workers(2), 64, m.Context)
	add := func(s *nn.Sequence, ids []int) []float32 {
		t.Helper()
		if !c.Grow(s, len(ids)) {
			t.Fatal("the cache is full")
		}
		batch := make([]nn.Token, len(ids))
		for i, id := range ids {
			batch[i] = nn.Token{ID: id, Sequence: s, Logits: i == len(ids)-1}
		}
		return run.Step(batch)[0]
	}
	check := func(what string, s *nn.Sequence, text []int) {
		t.Helper()
		if row := add(s, text[s.Len:]); !slices.Equal(row, logits(m, text, []int{len(text) - 1})[0]) {
			t.Errorf("%s has other logits", what)
		}
	}
	first := text(50)
	var a, b, d nn.Sequence
	add(&a, first[:40])
	add(&a, text(20)) // a guess
	c.Cut(&a, 40)
	c.Fork(&b, &a)
	check("what was forked", &a, first)
	check("the fork", &b, append(slices.Clone(first[:40]), text(15)...))
	c.Join(&d, a.Page(0), nn.PageTokens)
	c.Join(&d, a.Page(1), 3)
	if a.Page(0).Holders() != 3 || a.Page(1).Holders() != 2 || c.Free() != 3 {
		t.Errorf("%d and %d holders, %d pages free", a.Page(0).Holders(), a.Page(1).Holders(), c.Free())
	}
	check("what joined in the middle of a page", &d, append(slices.Clone(first[:35]), text(8)...))
	check("who had it", &a, append(slices.Clone(first), text(5)...))
	for _, s := range []*nn.Sequence{&a, &b, &d} {
		c.Release(s)
	}
	if c.Free() != c.Limit() {
		t.Errorf("%d of %d pages came back", c.Free(), c.Limit())
	}
}

// TestUnsoundModelsAreRefused changes one thing about a sound model at a time.
func TestUnsoundModelsAreRefused(t *testing.T) {
	tiny := nntest.Shape{Embedding: 64, FeedForward: 64, Heads: 2, KVHeads: 1, HeadDim: 32}
	with := func(key string, v any) nntest.Shape {
		s := tiny
		s.Metadata = map[string]any{key: v}
		return s
	}
	rename := func(from, to string) []byte {
		return bytes.Replace(nntest.Make(tiny), []byte(from), []byte(to), 1)
	}
	encoder := nntest.Shape{Architecture: "bert", Embedding: 64, FeedForward: 64, Heads: 2, Pooling: 1}
	mixture := nntest.Shape{Architecture: "qwen3moe", Embedding: 64, Heads: 2, KVHeads: 1, HeadDim: 32, Experts: 8, ExpertsUsed: 2, ExpertWidth: 32}
	deep := nntest.DeepSeek
	but := func(s nntest.Shape, change func(s *nntest.Shape)) []byte { change(&s); return nntest.Make(s) }
	within := func(s nntest.Shape, from, to string) []byte {
		return bytes.Replace(nntest.Make(s), []byte(from), []byte(to), 1)
	}
	for name, c := range map[string]struct {
		data        []byte
		want        string
		unsupported bool
	}{
		"another architecture":       {nntest.Make(nntest.Shape{Architecture: "mamba"}), `architecture "mamba"`, true},
		"experts":                    {nntest.Make(with("expert_count", uint32(8))), "8 experts", true},
		"longrope":                   {nntest.Make(with("rope.scaling.type", "longrope")), "longrope", true},
		"partial rotation":           {rename("llama.rope.dimension_count\x04\x00\x00\x00\x20", "llama.rope.dimension_count\x04\x00\x00\x00\x10"), "rotation of a part", true},
		"an unknown tensor":          {nntest.Make(nntest.Shape{Architecture: "qwen2", RopeFactors: true}), "tensor rope_freqs.weight", true},
		"rope factor zero":           {nntest.Make(with("rope.scaling.factor", float32(0))), "rope.scaling.factor", false},
		"rope base negative":         {nntest.Make(with("rope.freq_base", float32(-1))), "rope.freq_base", false},
		"missing tensor":             {rename("blk.1.ffn_up.weight", "blk.1.ffn_xx.weight"), "blk.1.ffn_up.weight", false},
		"missing norm epsilon":       {rename("layer_norm_rms_epsilon", "layer_norm_rms_epsilom"), "layer_norm_rms_epsilon", false},
		"layers without limit":       {rename("llama.block_count\x04\x00\x00\x00\x02\x00", "llama.block_count\x04\x00\x00\x00\xff\xff"), "block_count", false},
		"heads that do not divide":   {nntest.Make(nntest.Shape{Embedding: 96, Heads: 3, KVHeads: 2, HeadDim: 32}), "head_count_kv", false},
		"zero heads":                 {rename("llama.attention.head_count\x04\x00\x00\x00\x02", "llama.attention.head_count\x04\x00\x00\x00\x00"), "head_count", false},
		"an encoder without pooling": {but(encoder, func(s *nntest.Shape) { s.Pooling = 0 }), "pooling_type", false},
		"a pooling nobody knows":     {but(encoder, func(s *nntest.Shape) { s.Pooling = 9 }), "pooling_type", false},
		"a score without a head":     {but(encoder, func(s *nntest.Shape) { s.Pooling = 4 }), "the classifier's head has 0 classes", false},
		"heads of an odd width":      {but(encoder, func(s *nntest.Shape) { s.Heads = 3 }), "does not divide a width of 64", false},
		"positions of another number": {within(encoder, "bert.context_length\x04\x00\x00\x00\x00\x02", "bert.context_length\x04\x00\x00\x00\x00\x01"),
			"position_embd.weight", false},
		"a mixture without experts":   {but(mixture, func(s *nntest.Shape) { s.Experts = 0 }), "expert_count", false},
		"more experts than there are": {but(mixture, func(s *nntest.Shape) { s.ExpertsUsed = 9 }), "is 9, of 8 experts", false},
		"experts of another number": {within(mixture, "qwen3moe.expert_count\x04\x00\x00\x00\x08", "qwen3moe.expert_count\x04\x00\x00\x00\x09"),
			"has shape [64 8], not [64 9] (embedding,experts)", false},
		"a missing expert tensor":   {within(mixture, "blk.1.ffn_up_exps", "blk.1.ffn_up_exqs"), "blk.1.ffn_up_exps.weight", false},
		"a shared expert too many":  {but(mixture, func(s *nntest.Shape) { s.SharedWidth = 32 }), "ffn_gate_shexp.weight, which this architecture does not have", true},
		"an attention of two forms": {within(deep, "blk.1.attn_kv_a_norm", "blk.1.attn_kv_b_norm"), "blk.1.attn_kv_a_norm.weight", false},
		"queries that grow":         {but(deep, func(s *nntest.Shape) { s.Metadata = map[string]any{"attention.temperature_scale": float32(1)} }), "queries that grow", true},
		"values of another name":    {within(deep, "blk.2.attn_v_b.weight", "blk.2.attn_v_c.weight"), "attn_v_c.weight, which this architecture does not have", true},
		"keys without values":       {within(deep, "blk.2.attn_v_b.weight", "blk.9.attn_v_b.weight"), "blk.9.attn_v_b.weight", true},
		"groups that do not divide": {but(deep, func(s *nntest.Shape) {
			s.Metadata = map[string]any{"expert_group_count": uint32(3), "expert_group_used_count": uint32(2)}
		}), "no way to choose 4 of 16 experts", false},
		"groups that are too few": {but(deep, func(s *nntest.Shape) {
			s.Metadata = map[string]any{"expert_group_count": uint32(8), "expert_group_used_count": uint32(1)}
		}), "no way to choose 4 of 16 experts", false},
		"a gate nobody knows":          {but(deep, func(s *nntest.Shape) { s.Metadata = map[string]any{"expert_gating_func": uint32(3)} }), "expert_gating_func", false},
		"a rotation wider than heads":  {within(deep, "deepseek2.rope.dimension_count\x04\x00\x00\x00\x20", "deepseek2.rope.dimension_count\x04\x00\x00\x00\x60"), "rope.dimension_count", false},
		"layers that are all left out": {but(deep, func(s *nntest.Shape) { s.Metadata = map[string]any{"nextn_predict_layers": uint32(3)} }), "leaves 0 layers", false},
		"a window of too few layers": {but(nntest.Gemma3, func(s *nntest.Shape) {
			s.Metadata = map[string]any{"attention.sliding_window": uint32(9), "attention.sliding_window_pattern": []bool{true, false}}
		}), "is of 2 layers, not 7", false},
		"a rotation of more than a head": {but(nntest.GLM4MoE, func(s *nntest.Shape) { s.Rotated = 96 }), "rope.dimension_count", false},
		"layers that are all dense":      {but(nntest.GLM4MoE, func(s *nntest.Shape) { s.DenseLayers = 3 }), "is 3, of 3 layers", false},
		"positions in images": {but(nntest.GLM4MoE, func(s *nntest.Shape) {
			s.Metadata = map[string]any{"rope.dimension_sections": []uint32{8, 12, 12, 0}}
		}), "positions in images", true},
		"more of gpt-oss's experts than there are": {but(nntest.GPTOSS, func(s *nntest.Shape) { s.ExpertsUsed = 17 }), "is 17, of 16 experts", false},
		"an index without queries of its own":      {within(nntest.DeepSeek32, "attention.q_lora_rank", "attention.q_lora_ranx"), "q_lora_rank", false},
		"an index of nothing":                      {but(nntest.DeepSeek32, func(s *nntest.Shape) { s.Latent.Index.Top = 0 }), "indexer.top_k", false},
		"an index narrower than the rotation":      {but(nntest.DeepSeek32, func(s *nntest.Shape) { s.Latent.Index.Width = 16 }), "indexer.key_length", false},
		"an index that nobody has made":            {within(nntest.GLMDSA, "attention.indexer.types\x09\x00\x00\x00\x07\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x01", "attention.indexer.types\x09\x00\x00\x00\x07\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00"), "the first layer", false},
		"states of no heads":                       {but(nntest.Qwen35, func(s *nntest.Shape) { s.Delta.Values = 3 }), "does not divide 3 heads", false},
		"states of another width":                  {but(nntest.Qwen35, func(s *nntest.Shape) { s.Metadata = map[string]any{"ssm.inner_size": uint32(300)} }), "is 300, not 256 for 4 heads of width 64", false},
		"states in every layer":                    {but(nntest.Qwen35, func(s *nntest.Shape) { s.Metadata = map[string]any{"full_attention_interval": uint32(9)} }), "without a layer that has keys", true},
		"states of too few layers":                 {but(nntest.Qwen35, func(s *nntest.Shape) { s.Metadata = map[string]any{"attention.recurrent_layers": []bool{true}} }), "is of 1 layers, not 4", false},
		"sections that leave a pair out":           {but(nntest.Qwen35, func(s *nntest.Shape) { s.Metadata = map[string]any{"rope.dimension_sections": []int32{8, 0, 0, 0}} }), "pair 1 of the rotation is in none", true},
		"experts in a model that has none":         {but(nntest.Qwen35, func(s *nntest.Shape) { s.Metadata = map[string]any{"expert_count": uint32(4)} }), "with 4 experts", true},
		"a cap that is none":                       {but(nntest.Gemma3, func(s *nntest.Shape) { s.Metadata = map[string]any{"final_logit_softcapping": float32(-1)} }), "final_logit_softcapping", false},
		"another width":                            {rename("llama.feed_forward_length\x04\x00\x00\x00\x40", "llama.feed_forward_length\x04\x00\x00\x00\x41"), "has shape", false},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := gguf.Parse(c.data)
			if err != nil {
				t.Fatal(err)
			}
			_, err = nn.Load(f)
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, nn.ErrUnsupported) != c.unsupported {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
}

// TestNoTensorIsTakenForGranted leaves out every tensor of every architecture, gives each a
// row too many, and adds one that does not belong there: the file is refused, and the error
// names the tensor, what was expected and what was found. Some may be missing.
func TestNoTensorIsTakenForGranted(t *testing.T) {
	small := nntest.Shape{Layers: 1, Embedding: 32, FeedForward: 64, Heads: 2, KVHeads: 1, HeadDim: 16, Vocab: 8, Context: 8}
	of := func(architecture string, change func(s *nntest.Shape)) nntest.Shape {
		s := small
		s.Architecture = architecture
		change(&s)
		return s
	}
	experts := func(s *nntest.Shape) { s.Experts, s.ExpertsUsed, s.ExpertWidth = 4, 2, 48 }
	delta := func(s *nntest.Shape) {
		s.Layers, s.Rotated, s.Delta = 4, 8, nntest.Delta{Keys: 2, Values: 4, Width: 6, Kernel: 3}
	}
	optional := map[string][]string{
		"":      {"output.weight"}, // then it is the embedding
		"llama": {"rope_freqs.weight", "attn_q.bias", "attn_k.bias", "attn_v.bias", "attn_output.bias", "ffn_gate.bias", "ffn_up.bias", "ffn_down.bias"},
		"bert": {"token_types.weight", "attn_q.bias", "attn_k.bias", "attn_v.bias", "attn_output.bias", "ffn_up.bias", "ffn_down.bias",
			"cls.weight", "cls.bias", "cls.output.bias"},
		"qwen2":      {"attn_q.bias", "attn_k.bias", "attn_v.bias"},
		"nomic-bert": {"token_types.weight", "attn_qkv.bias", "attn_output.bias"},
		"qwen2moe":   {"attn_q.bias", "attn_k.bias", "attn_v.bias"},
		"glm4":       {"attn_q.bias", "attn_k.bias", "attn_v.bias"},
		"glm4moe":    {"attn_q.bias", "attn_k.bias", "attn_v.bias", "attn_q_norm.weight", "attn_k_norm.weight"},
		"gpt-oss":    {"attn_q.bias", "attn_k.bias", "attn_v.bias"},
		"deepseek2":  {"exp_probs_b.bias"},
		"deepseek32": {"exp_probs_b.bias"},
	}
	for _, s := range []nntest.Shape{
		of("llama", func(s *nntest.Shape) { s.Bias, s.RopeFactors = true, true }), of("qwen2", func(*nntest.Shape) {}), of("qwen3", func(*nntest.Shape) {}),
		of("bert", func(s *nntest.Shape) { s.Pooling, s.Classes = 4, 2 }), of("nomic-bert", func(s *nntest.Shape) { s.Pooling, s.Bias = 1, true }),
		of("qwen3moe", experts), of("qwen2moe", func(s *nntest.Shape) { experts(s); s.SharedWidth = 40 }),
		of("deepseek2", func(s *nntest.Shape) {
			experts(s)
			s.Layers, s.SharedWidth, s.Bias = 2, 48, true
			s.Latent = nntest.Latent{Queries: 16, Keys: 24, Plain: 8, Rotated: 4, Values: 12, DenseLayers: 1}
		}),
		of("deepseek32", func(s *nntest.Shape) {
			experts(s)
			s.Layers, s.SharedWidth, s.Bias = 2, 48, true
			s.Latent = nntest.Latent{Queries: 16, Keys: 24, Plain: 8, Rotated: 4, Values: 12, DenseLayers: 1, Index: nntest.Index{Heads: 2, Width: 8, Top: 3}}
		}),
		of("glm4", func(s *nntest.Shape) { s.Bias, s.Rotated = true, 8 }),
		of("glm4moe", func(s *nntest.Shape) {
			experts(s)
			s.Layers, s.DenseLayers, s.SharedWidth, s.Bias, s.QKNorm, s.Rotated = 2, 1, 48, true, true, 8
		}),
		of("gemma3", func(*nntest.Shape) {}), of("gpt-oss", experts),
		of("qwen35", delta), of("qwen3next", func(s *nntest.Shape) { delta(s); experts(s); s.SharedWidth = 40 }),
		of("qwen35moe", func(s *nntest.Shape) { delta(s); experts(s); s.SharedWidth = 40 }),
	} {
		for _, tensor := range parse(t, nntest.Make(s)).Tensors {
			part := tensor.Name
			if _, after, ok := strings.Cut(strings.TrimPrefix(part, "blk."), "."); ok && strings.HasPrefix(part, "blk.") {
				part = after
			}
			missing := s
			missing.Missing = tensor.Name
			err := refusal(t, missing)
			may := slices.Contains(optional[s.Architecture], part) || part == "output.weight" && s.Architecture != "gpt-oss"
			switch {
			case may && err != nil:
				t.Errorf("%s without %s: %v", s.Architecture, tensor.Name, err)
			case !may && (err == nil || !strings.Contains(err.Error(), stem(tensor.Name)) && !latentForm(part, err)):
				t.Errorf("%s without %s: %v", s.Architecture, tensor.Name, err)
			}
			longer := s
			longer.Longer = tensor.Name
			err = refusal(t, longer)
			blamed := tensor.Name
			if blamed == "token_embd.weight" && s.Architecture != "bert" && s.Architecture != "nomic-bert" && s.Architecture != "gemma3" {
				blamed = "output.weight" // as the embedding says how many tokens there are
			}
			free := part == "token_embd.weight" && blamed == part || part == "token_types.weight" // may have any number of rows
			if free {
				continue
			}
			if err == nil || !strings.Contains(err.Error(), stem(blamed)) && !strings.Contains(err.Error(), stem(part)) || !strings.Contains(err.Error(), " not ") {
				t.Errorf("%s with a row more in %s: %v", s.Architecture, tensor.Name, err)
			}
		}
		for _, name := range []string{"extra.weight", "blk.0.attn_qq.weight", "blk.7.attn_norm.weight"} {
			extra := s
			extra.Extra = name
			if err := refusal(t, extra); !errors.Is(err, nn.ErrUnsupported) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s with %s: %v", s.Architecture, name, err)
			}
		}
	}
}

// latentForm is of the matrices that DeepSeek's attention may have in several forms: if one
// is missing the error is about the form.
func latentForm(part string, err error) bool {
	return strings.HasPrefix(part, "attn_") && (strings.Contains(err.Error(), "q_lora_rank") || strings.Contains(err.Error(), "kv_lora_rank") ||
		strings.Contains(err.Error(), "attn_kv_b") || strings.Contains(err.Error(), "attn_k_b"))
}

// stem is what a matrix and its bias have in common.
func stem(tensor string) string {
	return strings.TrimSuffix(strings.TrimSuffix(tensor, ".weight"), ".bias")
}

func refusal(t *testing.T, s nntest.Shape) error {
	t.Helper()
	_, err := nn.Load(parse(t, nntest.Make(s)))
	return err
}

// FuzzLoad changes bytes of a model: it is refused, or it computes.
func FuzzLoad(f *testing.F) {
	f.Add(nntest.Make(nntest.Shape{Layers: 1, Embedding: 32, FeedForward: 32, Heads: 2, KVHeads: 1, HeadDim: 16, Vocab: 8}))
	f.Add(nntest.Make(nntest.Shape{Architecture: "qwen3", Weights: gguf.Q8_0, Layers: 1, Embedding: 32, FeedForward: 32, Heads: 2, KVHeads: 1, HeadDim: 32, Vocab: 8}))
	f.Add(nntest.Make(nntest.Shape{Architecture: "bert", Pooling: 4, Classes: 1, Layers: 1, Embedding: 32, FeedForward: 32, Heads: 2, Vocab: 8, Context: 8}))
	f.Add(nntest.Make(nntest.Shape{Architecture: "qwen2moe", Layers: 1, Embedding: 32, FeedForward: 32, Heads: 2, KVHeads: 1, HeadDim: 16, Vocab: 8,
		Experts: 4, ExpertsUsed: 2, ExpertWidth: 16, SharedWidth: 16}))
	f.Add(nntest.Make(nntest.Shape{Architecture: "deepseek2", Layers: 2, Embedding: 32, FeedForward: 32, Heads: 2, Vocab: 8, Bias: true,
		Experts: 4, ExpertsUsed: 2, ExpertWidth: 16, SharedWidth: 16, Latent: nntest.Latent{Queries: 16, Keys: 16, Plain: 8, Rotated: 4, Values: 8, DenseLayers: 1}}))
	f.Add(nntest.Make(nntest.Shape{Architecture: "deepseek32", Layers: 2, Embedding: 32, FeedForward: 32, Heads: 2, Vocab: 8, Bias: true,
		Experts: 4, ExpertsUsed: 2, ExpertWidth: 16, SharedWidth: 16, Latent: nntest.Latent{Queries: 16, Keys: 16, Plain: 8, Rotated: 4, Values: 8, DenseLayers: 1,
			Index: nntest.Index{Heads: 2, Width: 8, Top: 1}}}))
	for _, architecture := range []string{"qwen35", "qwen3next"} {
		s := nntest.Shape{Architecture: architecture, Layers: 4, Embedding: 32, FeedForward: 32, Heads: 2, KVHeads: 1, HeadDim: 16, Rotated: 8, Vocab: 8,
			Delta: nntest.Delta{Keys: 1, Values: 2, Width: 4, Kernel: 2}}
		if architecture == "qwen3next" {
			s.Experts, s.ExpertsUsed, s.ExpertWidth, s.SharedWidth = 4, 2, 16, 16
		}
		f.Add(nntest.Make(s))
	}
	tiny := nntest.Shape{Layers: 2, Embedding: 32, FeedForward: 32, Heads: 2, KVHeads: 1, HeadDim: 16, Vocab: 8, Context: 8}
	for _, architecture := range []string{"nomic-bert", "glm4", "gemma3", "glm4moe", "gpt-oss"} {
		s := tiny
		s.Architecture, s.Metadata = architecture, map[string]any{"attention.sliding_window": uint32(1)}
		switch architecture {
		case "nomic-bert":
			s.Pooling = 1
		case "glm4moe", "gpt-oss":
			s.Experts, s.ExpertsUsed, s.ExpertWidth, s.SharedWidth = 4, 2, 16, 16
		}
		if architecture == "gpt-oss" {
			s.SharedWidth = 0
		}
		f.Add(nntest.Make(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := gguf.Parse(data)
		if err != nil {
			return
		}
		m, err := nn.Load(file)
		if err != nil {
			return
		}
		if m.Pooling != nn.PoolNone {
			vector(m, []int{0, m.Vocab - 1}[:min(2, m.Context)])
			return
		}
		logits(m, []int{0, m.Vocab - 1}, []int{1})
	})
}

func all(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

func lengths(texts [][]int) []int {
	var n []int
	for _, t := range texts {
		n = append(n, len(t))
	}
	return n
}

func copyRows(rows [][]float32) [][]float32 {
	var c [][]float32
	for _, r := range rows {
		c = append(c, slices.Clone(r))
	}
	return c
}
