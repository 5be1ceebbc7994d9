// Package quantizetest lists the models that quantize is compared with llama.cpp on, for
// its tests and for the oracle. It is no part of the product.
package quantizetest

import (
	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/nn/nntest"
)

// Case is a model of random weights.
type Case struct {
	Name string
	nntest.Shape
}

// Cases are all of them: each way in which a recipe may go.
func Cases() []Case {
	latent := nntest.Latent{}
	for _, c := range nntest.Cases() {
		if c.Architecture == "deepseek2" {
			latent = c.Latent
			break
		}
	}
	return []Case{
		{"llama-f16", nntest.Shape{Weights: gguf.F16, FeedForward: 256, Layers: 9, Seed: 1}},
		{"llama-f32", nntest.Shape{Weights: gguf.F32, Seed: 2}},
		{"llama-bf16", nntest.Shape{Weights: gguf.BF16, Seed: 3}},
		{"qwen2-bias", nntest.Shape{Architecture: "qwen2", Weights: gguf.F16, Bias: true, Seed: 4}},
		{"qwen3-tied", nntest.Shape{Architecture: "qwen3", Weights: gguf.F16, Tied: true, Seed: 5}},
		{"narrow", nntest.Shape{Weights: gguf.F16, Embedding: 288, FeedForward: 352, Heads: 9, KVHeads: 3, HeadDim: 32, Seed: 6}},
		{"narrower", nntest.Shape{Weights: gguf.F32, Embedding: 80, FeedForward: 120, Heads: 5, KVHeads: 5, HeadDim: 16, Seed: 7}},
		{"experts", nntest.Shape{Architecture: "qwen3moe", Weights: gguf.F16, Layers: 3, Experts: 4, ExpertsUsed: 2, ExpertWidth: 256, Seed: 8}},
		{"eight-experts", nntest.Shape{Architecture: "qwen3moe", Weights: gguf.BF16, Experts: 8, ExpertsUsed: 2, ExpertWidth: 256, Seed: 9}},
		{"latent", nntest.Shape{Architecture: "deepseek2", Weights: gguf.F16, Layers: 3, FeedForward: 256, Experts: 4, ExpertsUsed: 2, ExpertWidth: 256, SharedWidth: 256, Latent: latent, Seed: 10}},
		{"bert", nntest.Shape{Architecture: "bert", Weights: gguf.F16, KVHeads: 8, Pooling: 1, Bias: true, Seed: 11}},
	}
}
