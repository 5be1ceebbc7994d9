// Command model writes a model file of random weights in the shape of a real one, so
// that engines can be measured on the same file: hearth by `hearth bench`, llama.cpp by
// tools/oracle/speed.py.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/nn/nntest"
)

// shapes are those of published models, the larger ones with fewer layers. Vocabularies
// are cut so that files stay small; that of the distill is as long as deepseek-llm's.
var shapes = map[string]nntest.Shape{
	"qwen2.5-0.5b-like":    {Architecture: "qwen2", Layers: 24, Embedding: 1024, FeedForward: 4864, Heads: 16, KVHeads: 2, HeadDim: 64, Vocab: 32000},
	"r1-distill-1.5b-like": {Architecture: "qwen2", Layers: 28, Embedding: 1536, FeedForward: 8960, Heads: 12, KVHeads: 2, HeadDim: 128, Vocab: 102400},
	"qwen3-30b-a3b-like": {Architecture: "qwen3moe", Layers: 4, Embedding: 2048, FeedForward: 6144, Heads: 32, KVHeads: 4, HeadDim: 128, Vocab: 32000,
		Experts: 128, ExpertsUsed: 8, ExpertWidth: 768},
	"deepseek-v2-lite-like": {Architecture: "deepseek2", Layers: 4, Embedding: 2048, FeedForward: 10240, Heads: 16, HeadDim: 192, Vocab: 32000,
		Experts: 64, ExpertsUsed: 6, ExpertWidth: 1536, SharedWidth: 3072,
		Latent:   nntest.Latent{Queries: 1536, Keys: 512, Plain: 128, Rotated: 64, Values: 128, DenseLayers: 1},
		Metadata: map[string]any{"expert_weights_scale": float32(1)}},
	"bge-base-like": {Architecture: "bert", Layers: 12, Embedding: 768, FeedForward: 3072, Heads: 12, Pooling: 2, Vocab: 21128, Context: 512},
}

// mixes are those of llama.cpp: the type of most matrices, and that of some.
var mixes = map[string][2]gguf.Type{"Q4_K_M": {gguf.Q4_K, gguf.Q6_K}, "Q5_K_M": {gguf.Q5_K, gguf.Q6_K}}

func main() {
	log.SetFlags(0)
	shape := flag.String("shape", "qwen2.5-0.5b-like", "one of "+strings.Join(slices.Sorted(maps.Keys(shapes)), ", "))
	weights := flag.String("weights", "Q4_K", "storage format, or Q4_K_M or Q5_K_M")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: model [flags] FILE")
	}
	if err := write(flag.Arg(0), *shape, *weights); err != nil {
		log.Fatal(err)
	}
}

func write(file, shape, weights string) error {
	s, ok := shapes[shape]
	if !ok {
		return fmt.Errorf("no shape %q", shape)
	}
	s.Vocabulary = true
	if s.Context == 0 {
		s.Context = 8192
	}
	if s.Weights, s.More, ok = formats(weights); !ok {
		return fmt.Errorf("no storage format %q", weights)
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(nntest.Write(f, s), f.Close())
}

func formats(name string) (most, some gguf.Type, ok bool) {
	if m, ok := mixes[name]; ok {
		return m[0], m[1], true
	}
	for _, t := range nntest.Weights {
		if t.String() == name {
			return t, gguf.F32, true
		}
	}
	return 0, 0, false
}
