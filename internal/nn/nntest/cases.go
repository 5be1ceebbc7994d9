package nntest

import (
	"maps"
	"slices"

	"github.com/hearthbox/hearth/internal/gguf"
)

// Weights are the storage formats the engine runs.
var Weights = []gguf.Type{gguf.F32, gguf.F16, gguf.BF16, gguf.Q8_0, gguf.Q4_0, gguf.Q4_1,
	gguf.Q5_0, gguf.Q5_1, gguf.IQ4_NL, gguf.Q4_K, gguf.Q5_K, gguf.Q6_K, gguf.MXFP4}

// Case is a model whose logits are compared with another implementation's.
type Case struct {
	Name string
	Shape
	Adapter *Adapter // that the model is computed with; nil is none
	Long    bool     // the text goes over many pages of a cache
}

// Cases are every architecture in every format, and each feature of the
// architectures on its own.
func Cases() []Case {
	var cases []Case
	for i, arch := range []string{"llama", "qwen2", "qwen3"} {
		for j, w := range Weights {
			s := Shape{Architecture: arch, Weights: w, Seed: uint64(100*i + j)}
			if arch == "qwen3" {
				s.HeadDim = 64
			}
			cases = append(cases, Case{Name: arch + "-" + w.String(), Shape: s})
		}
	}
	yarn := map[string]any{"rope.scaling.type": "yarn", "rope.scaling.factor": float32(4),
		"rope.scaling.original_context_length": uint32(128), "rope.freq_base": float32(1e6)}
	linear := map[string]any{"rope.scaling.type": "linear", "rope.scaling.factor": float32(2)}
	cases = append(cases,
		Case{Name: "llama-bias", Shape: Shape{Bias: true, Seed: 1000}},
		Case{Name: "llama-tied", Shape: Shape{Tied: true, Seed: 1001}},
		Case{Name: "llama-rope-factors", Shape: Shape{RopeFactors: true, Metadata: map[string]any{"rope.freq_base": float32(5e5)}, Seed: 1002}},
		Case{Name: "llama-linear", Shape: Shape{Metadata: linear, Seed: 1003}},
		Case{Name: "llama-heads-alone", Shape: Shape{Heads: 4, KVHeads: 4, HeadDim: 64, Seed: 1004}},
		Case{Name: "llama-one-kv-head", Shape: Shape{KVHeads: 1, Seed: 1005}},
		Case{Name: "llama-odd-sizes", Shape: Shape{Embedding: 96, FeedForward: 160, Heads: 3, KVHeads: 3, HeadDim: 32, Vocab: 101, Seed: 1006}},
		Case{Name: "qwen2-yarn", Shape: Shape{Architecture: "qwen2", Metadata: yarn, Seed: 1007}},
		Case{Name: "qwen3-tied-yarn", Shape: Shape{Architecture: "qwen3", Tied: true, HeadDim: 64, Metadata: yarn, Seed: 1008}},
	)
	return slices.Concat(cases, vectorCases(), mixtureCases(), latentCases(), adapterCases(), laterCases(), deltaCases())
}

// DeepSeek is DeepSeek-V3 made small: queries from a latent, sigmoids, a bias, groups.
var DeepSeek = Shape{Architecture: "deepseek2", Layers: 3, Heads: 4, Bias: true, Experts: 16, ExpertsUsed: 4, ExpertWidth: 256, SharedWidth: 256,
	Latent: Latent{Queries: 256, Keys: 256, Plain: 64, Rotated: 32, Values: 64, DenseLayers: 1},
	Metadata: map[string]any{"expert_gating_func": uint32(2), "expert_weights_norm": true, "expert_weights_scale": float32(2.5),
		"expert_group_count": uint32(4), "expert_group_used_count": uint32(2)}}

// DeepSeek32 is DeepSeek-V3.2 made small: a token sees eight of those before it.
var DeepSeek32 = func() Shape {
	s := DeepSeek
	s.Architecture, s.Latent.Index = "deepseek32", Index{Heads: 8, Width: 64, Top: 8}
	return s
}()

// GLMDSA is GLM-5.2 made small: its second layer sees what the first has chosen.
var GLMDSA = func() Shape {
	s := DeepSeek32
	s.Architecture, s.Latent.Index.Shared = "glm-dsa", true
	s.Metadata = map[string]any{"expert_weights_norm": true, "expert_weights_scale": float32(2.5)}
	return s
}()

// latentCases are DeepSeek's models.
func latentCases() []Case {
	with := func(metadata map[string]any) map[string]any {
		all := map[string]any{"rope.scaling.type": "yarn", "rope.scaling.factor": float32(40),
			"rope.scaling.original_context_length": uint32(128), "rope.scaling.yarn_log_multiplier": float32(0.1)}
		maps.Copy(all, metadata)
		return all
	}
	var cases []Case
	for i, w := range Weights {
		s := DeepSeek
		s.Weights, s.Seed = w, uint64(600+i)
		switch w { // on the brink, as in mixtureCases
		case gguf.Q5_0, gguf.Q6_K, gguf.MXFP4:
			s.Seed += 50
		}
		cases = append(cases, Case{Name: "deepseek2-" + w.String(), Shape: s})
	}
	// Which eight are chosen, a rounding may decide: so what is quantised sees all.
	for i, w := range Weights {
		s := DeepSeek32
		s.Weights, s.Seed = w, uint64(1210+i)
		if w != gguf.F32 {
			s.Latent.Index.Top = 64
		}
		if w == gguf.Q5_1 || w == gguf.IQ4_NL { // on the brink, as in mixtureCases
			s.Seed += 50
		}
		cases = append(cases, Case{Name: "deepseek32-" + w.String(), Shape: s})
	}
	for i, w := range []gguf.Type{gguf.F32, gguf.F16, gguf.Q8_0, gguf.Q4_K} {
		s := GLMDSA
		s.Weights, s.Seed = w, uint64(1250+i)
		if w != gguf.F32 {
			s.Latent.Index.Top = 64
		}
		cases = append(cases, Case{Name: "glm-dsa-" + w.String(), Shape: s})
	}
	all := GLMDSA
	all.Latent.Index.Shared, all.Seed = false, 1230
	cases = append(cases, Case{Name: "glm-dsa-all", Shape: all})
	chosen, chosenYarn := DeepSeek32, DeepSeek32
	chosen.Context, chosen.Latent.Index.Top, chosen.Seed = 1024, 100, 1240
	chosenYarn.Metadata, chosenYarn.Seed = with(DeepSeek.Metadata), 1241
	cases = append(cases, Case{Name: "deepseek32-long", Shape: chosen, Long: true}, Case{Name: "deepseek32-yarn", Shape: chosenYarn})

	yarn, old := DeepSeek, DeepSeek
	yarn.Metadata, yarn.Seed = with(DeepSeek.Metadata), 1300
	old.Latent.Old, old.Seed = true, 1301
	// V2-Lite, which llama.cpp knows by its 27 layers: a softmax, queries from the
	// stream, two shared experts.
	lite := Shape{Architecture: "deepseek2", Layers: 27, Embedding: 64, FeedForward: 96, Heads: 4, Experts: 8, ExpertsUsed: 2, ExpertWidth: 32, SharedWidth: 64,
		Latent:   Latent{Keys: 64, Plain: 32, Rotated: 16, Values: 32, DenseLayers: 1},
		Metadata: with(map[string]any{"rope.scaling.yarn_log_multiplier": float32(0.0707), "expert_weights_scale": float32(1)}), Seed: 1314}
	liteOld := lite
	liteOld.Latent.Old, liteOld.Seed = true, 1320
	return append(cases, Case{Name: "deepseek2-yarn", Shape: yarn}, Case{Name: "deepseek2-old", Shape: old}, Case{Name: "deepseek2-lite", Shape: lite}, Case{Name: "deepseek2-lite-old", Shape: liteOld})
}

// mixtureCases are models with experts. Their seeds are such that no token stands on the
// brink between two of them, where the rounding of activations would decide.
func mixtureCases() []Case {
	var cases []Case
	for i, w := range Weights {
		three := Shape{Architecture: "qwen3moe", Weights: w, HeadDim: 64, Experts: 16, ExpertsUsed: 4, ExpertWidth: 256, Seed: uint64(420 + i)}
		two := Shape{Architecture: "qwen2moe", Weights: w, Experts: 8, ExpertsUsed: 2, ExpertWidth: 256, SharedWidth: 512, Seed: uint64(500 + i)}
		cases = append(cases, Case{Name: "qwen3moe-" + w.String(), Shape: three}, Case{Name: "qwen2moe-" + w.String(), Shape: two})
	}
	return append(cases,
		Case{Name: "qwen3moe-all-experts", Shape: Shape{Architecture: "qwen3moe", Experts: 4, ExpertsUsed: 4, ExpertWidth: 96, Seed: 1200}},
		Case{Name: "qwen2moe-one-expert", Shape: Shape{Architecture: "qwen2moe", Experts: 32, ExpertsUsed: 1, ExpertWidth: 64, SharedWidth: 96, Seed: 1201}},
	)
}

// vectorCases are models that make vectors of texts, or scores.
func vectorCases() []Case {
	const mean, first, last, rank = 1, 2, 3, 4
	var cases []Case
	for i, w := range Weights {
		cases = append(cases, Case{Name: "bert-" + w.String(), Shape: Shape{Architecture: "bert", Weights: w, Pooling: first, Seed: uint64(300 + i)}})
	}
	return append(cases,
		Case{Name: "bert-mean", Shape: Shape{Architecture: "bert", Pooling: mean, Embedding: 384, FeedForward: 1536, Heads: 12, Seed: 1100}},
		Case{Name: "bert-rank", Shape: Shape{Architecture: "bert", Pooling: rank, Classes: 1, Seed: 1101}},
		Case{Name: "qwen3-embedding", Shape: Shape{Architecture: "qwen3", Pooling: last, Tied: true, HeadDim: 64, Seed: 1102}},
		Case{Name: "qwen3-reranker", Shape: Shape{Architecture: "qwen3", Pooling: rank, Classes: 2, Tied: true, HeadDim: 64, Seed: 1103}},
	)
}

// adapterCases are models that an adapter changes.
func adapterCases() []Case {
	deep := DeepSeek
	deep.Seed = 1400
	mixed := Shape{Architecture: "qwen3moe", HeadDim: 64, Experts: 16, ExpertsUsed: 4, ExpertWidth: 256, Seed: 1401}
	return []Case{
		{Name: "llama-adapter", Shape: Shape{Seed: 1402}, Adapter: &Adapter{Seed: 1}},
		{Name: "llama-adapter-attention", Shape: Shape{Weights: gguf.Q4_K, Seed: 1403}, Adapter: &Adapter{Weights: gguf.F16, Rank: 32, Seed: 2,
			Parts: []string{"attn_q.weight", "attn_k.weight", "attn_v.weight", "attn_output.weight"}}},
		{Name: "llama-adapter-embedding", Shape: Shape{Seed: 1404}, Adapter: &Adapter{NoAlpha: true, Seed: 3, Parts: []string{"token_embd.weight", "ffn_down.weight"}}},
		{Name: "qwen2-adapter", Shape: Shape{Architecture: "qwen2", Weights: gguf.Q8_0, Seed: 1405}, Adapter: &Adapter{Weights: gguf.Q8_0, Rank: 32, Seed: 4}},
		{Name: "qwen3-adapter", Shape: Shape{Architecture: "qwen3", Weights: gguf.BF16, HeadDim: 64, Seed: 1406}, Adapter: &Adapter{Weights: gguf.BF16, Rank: 5, Alpha: 7, Seed: 5}},
		{Name: "qwen3moe-adapter", Shape: mixed, Adapter: &Adapter{Seed: 6}},
		// llama.cpp leaves queries, keys and the output of this one as they are.
		{Name: "deepseek2-adapter", Shape: deep, Adapter: &Adapter{Rank: 4, Seed: 7, Parts: []string{"attn_output.weight", "ffn_gate.weight", "ffn_up.weight", "ffn_down.weight",
			"ffn_gate_exps.weight", "ffn_up_exps.weight", "ffn_down_exps.weight", "ffn_gate_shexp.weight", "ffn_up_shexp.weight", "ffn_down_shexp.weight"}}},
	}
}

// GLM4MoE is GLM-4.5 made small.
var GLM4MoE = Shape{Architecture: "glm4moe", Layers: 3, HeadDim: 64, Rotated: 32, Bias: true, QKNorm: true, DenseLayers: 1,
	Experts: 16, ExpertsUsed: 4, ExpertWidth: 256, SharedWidth: 256,
	Metadata: map[string]any{"expert_gating_func": uint32(2), "expert_weights_norm": true, "expert_weights_scale": float32(1.5)}}

// Gemma3 is Gemma 3 made small: of seven layers two look back to the beginning.
var Gemma3 = Shape{Architecture: "gemma3", Layers: 7, HeadDim: 64, Tied: true, Metadata: map[string]any{"attention.sliding_window": uint32(9),
	"rope.freq_base": float32(1e6), "rope.scaling.type": "linear", "rope.scaling.factor": float32(8)}}

// GPTOSS is gpt-oss made small.
var GPTOSS = Shape{Architecture: "gpt-oss", HeadDim: 64, Experts: 16, ExpertsUsed: 4, ExpertWidth: 256, Metadata: map[string]any{
	"attention.sliding_window": uint32(9), "rope.freq_base": float32(150000), "rope.scaling.type": "yarn", "rope.scaling.factor": float32(32),
	"rope.scaling.original_context_length": uint32(128)}}

// Qwen3Next is Qwen3-Next made small, Qwen35 and Qwen35MoE are Qwen3.5.
var (
	Qwen3Next = Shape{Architecture: "qwen3next", Layers: 4, Heads: 4, KVHeads: 2, HeadDim: 64, Rotated: 16, Experts: 16, ExpertsUsed: 4, ExpertWidth: 256,
		SharedWidth: 256, Delta: Delta{Keys: 2, Values: 4, Width: 64, Kernel: 4}}
	Qwen35    = Shape{Architecture: "qwen35", Layers: 4, Heads: 4, KVHeads: 2, HeadDim: 64, Rotated: 16, Delta: Delta{Keys: 2, Values: 4, Width: 64, Kernel: 4}}
	Qwen35MoE = Shape{Architecture: "qwen35moe", Layers: 4, Heads: 4, KVHeads: 2, HeadDim: 64, Rotated: 16, Experts: 16, ExpertsUsed: 4, ExpertWidth: 256,
		SharedWidth: 256, Delta: Delta{Keys: 2, Values: 8, Width: 64, Kernel: 4}}
)

// deltaCases are models whose layers keep states.
func deltaCases() []Case {
	var cases []Case
	for i, w := range Weights {
		for j, s := range []Shape{Qwen3Next, Qwen35, Qwen35MoE} {
			s.Weights, s.Seed = w, uint64(1600+100*j+i)
			if w != gguf.F32 && w != gguf.F16 && s.Experts > 0 {
				s.Experts, s.ExpertsUsed = 4, 4 // in four layers, a token in many stands on the brink between two
			}
			if w == gguf.Q5_1 && j == 0 { // a head has gathered next to nothing, which the norm after it makes as much of as of others
				s.Seed += 70
			}
			cases = append(cases, Case{Name: s.Architecture + "-" + w.String(), Shape: s})
		}
	}
	long := Qwen35
	long.Context, long.Seed = 1024, 1900
	return append(cases, Case{Name: "qwen35-long", Shape: long, Long: true})
}

// laterCases are the architectures of 2025.
func laterCases() []Case {
	var cases []Case
	long := func(s Shape, window int) Shape {
		s.Context, s.Metadata = 1024, maps.Clone(s.Metadata)
		s.Metadata["attention.sliding_window"] = uint32(window)
		return s
	}
	for i, w := range Weights {
		for j, s := range []Shape{{Architecture: "nomic-bert", Pooling: 1}, {Architecture: "glm4", HeadDim: 64, Rotated: 32, Bias: true}, GLM4MoE, Gemma3, GPTOSS} {
			s.Weights, s.Seed = w, uint64(700+100*j+i)
			if s.Architecture == "glm4moe" && (w == gguf.Q4_K || w == gguf.Q5_K) { // on the brink, as in mixtureCases
				s.Seed += 50
			}
			cases = append(cases, Case{Name: s.Architecture + "-" + w.String(), Shape: s})
		}
	}
	plain, air := Shape{Architecture: "glm4", HeadDim: 64, Rotated: 32, Tied: true, Seed: 1501}, GLM4MoE
	air.QKNorm, air.Seed = false, 1502
	alone, no := Gemma3, Gemma3
	alone.KVHeads, alone.Seed = 1, 1503
	no.Metadata, no.Seed = map[string]any{"rope.freq_base": float32(1e6), "final_logit_softcapping": float32(3)}, 1504
	large := Shape{Architecture: "gemma3", Layers: 62, Embedding: 64, FeedForward: 96, Heads: 4, KVHeads: 2, HeadDim: 32, Tied: true, Seed: 1505,
		Metadata: map[string]any{"attention.sliding_window": uint32(9)}}
	gemma, oss := long(Gemma3, 100), long(GPTOSS, 70)
	gemma.Seed, oss.Seed = 1506, 1507
	return append(cases,
		Case{Name: "nomic-bert-bias", Shape: Shape{Architecture: "nomic-bert", Pooling: 2, Bias: true, Seed: 1500, Metadata: map[string]any{"rope.freq_base": float32(1000)}}},
		Case{Name: "glm4-plain", Shape: plain}, Case{Name: "glm4moe-air", Shape: air},
		Case{Name: "gemma3-one-kv-head", Shape: alone}, Case{Name: "gemma3-no-window", Shape: no}, Case{Name: "gemma3-62-layers", Shape: large},
		Case{Name: "gemma3-long", Shape: gemma, Long: true}, Case{Name: "gpt-oss-long", Shape: oss, Long: true},
	)
}

// Tokens is a text for a case: the same tokens for everyone.
func (c Case) Tokens() []int {
	vocab := c.Shape.withDefaults().Vocab
	ids := make([]int, c.Positions()[2]+1)
	state := uint32(c.Seed) + 1
	for i := range ids {
		state = state*1664525 + 1013904223 // Numerical Recipes
		ids[i] = int(state>>8) % vocab
	}
	return ids
}

// Positions are the places in [Case.Tokens] after which logits are compared. Models
// that make vectors are compared in those.
func (c Case) Positions() []int {
	if c.Long {
		return []int{0, 130, 699}
	}
	return []int{0, 7, 23}
}
