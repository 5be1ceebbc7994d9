// Command model writes a model file of random weights in the shape of a real one, so
// that engines can be measured on the same file: hearth by `hearth bench`, llama.cpp by
// tools/oracle/speed.py.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"

	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/nn/nntest"
)

// shapes are those of published models; vocabularies are cut to 32,000 so that files
// stay small.
var shapes = map[string]nntest.Shape{
	"qwen2.5-0.5b-like":    {Architecture: "qwen2", Layers: 24, Embedding: 1024, FeedForward: 4864, Heads: 16, KVHeads: 2, HeadDim: 64},
	"r1-distill-1.5b-like": {Architecture: "qwen2", Layers: 28, Embedding: 1536, FeedForward: 8960, Heads: 12, KVHeads: 2, HeadDim: 128},
}

func main() {
	log.SetFlags(0)
	shape := flag.String("shape", "qwen2.5-0.5b-like", "qwen2.5-0.5b-like or r1-distill-1.5b-like")
	weights := flag.String("weights", "Q4_K", "storage format")
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
	s.Vocabulary, s.Vocab, s.Context = true, 32000, 4096
	for _, t := range nntest.Weights {
		if t.String() == weights {
			s.Weights = t
		}
	}
	if s.Weights == gguf.F32 && weights != "F32" {
		return fmt.Errorf("no storage format %q", weights)
	}
	return os.WriteFile(file, nntest.Make(s), 0o644)
}
