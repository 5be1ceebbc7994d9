// Command model writes a model file of random weights in the shape of a real one, so
// that engines can be measured on the same file: hearth by `hearth bench`, llama.cpp by
// tools/oracle/speed.py.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"

	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/nn/nntest"
)

// shapes are those of published models. The smaller one's vocabulary is cut so that the
// file stays small; the larger one's is as long as deepseek-llm's.
var shapes = map[string]nntest.Shape{
	"qwen2.5-0.5b-like":    {Architecture: "qwen2", Layers: 24, Embedding: 1024, FeedForward: 4864, Heads: 16, KVHeads: 2, HeadDim: 64, Vocab: 32000},
	"r1-distill-1.5b-like": {Architecture: "qwen2", Layers: 28, Embedding: 1536, FeedForward: 8960, Heads: 12, KVHeads: 2, HeadDim: 128, Vocab: 102400},
}

// mixes are those of llama.cpp: the type of most matrices, and that of some.
var mixes = map[string][2]gguf.Type{"Q4_K_M": {gguf.Q4_K, gguf.Q6_K}, "Q5_K_M": {gguf.Q5_K, gguf.Q6_K}}

func main() {
	log.SetFlags(0)
	shape := flag.String("shape", "qwen2.5-0.5b-like", "qwen2.5-0.5b-like or r1-distill-1.5b-like")
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
	s.Vocabulary, s.Context = true, 8192
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
