// Command speed measures the native engine on a model file: tokens per second of a
// prompt and of an answer, one sequence. With -make it first writes a model of
// random weights in the shape of a real one, so that other engines can be measured
// on the same file (tools/oracle/speed.py does so with llama.cpp).
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/engine"
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
	shape := flag.String("make", "", "write a model of this shape first: qwen2.5-0.5b-like, r1-distill-1.5b-like")
	weights := flag.String("weights", "Q4_K", "its storage format")
	threads := flag.Int("threads", runtime.GOMAXPROCS(0), "threads")
	prompt := flag.Int("prompt", 32, "tokens of the prompt, each a byte")
	generate := flag.Int("generate", 16, "tokens of the answer")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: speed [flags] FILE")
	}
	file := flag.Arg(0)
	if *shape != "" {
		if err := write(file, *shape, *weights); err != nil {
			log.Fatal(err)
		}
	}
	r, err := measure(file, *threads, *prompt, *generate)
	if err != nil {
		log.Fatal(err)
	}
	_ = json.NewEncoder(os.Stdout).Encode(r)
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

// result is what speed.py prints too.
type result struct {
	Engine  string  `json:"engine"`
	Threads int     `json:"threads"`
	Load    float64 `json:"load_seconds"`
	Prefill float64 `json:"prefill_tokens_per_second"`
	Decode  float64 `json:"decode_tokens_per_second"`
}

func measure(file string, threads, prompt, generate int) (r result, err error) {
	w := engine.NewWorkers(threads)
	defer w.Stop()
	start := time.Now()
	m, err := engine.Open("model", file, engine.Options{Workers: w, CacheBytes: 1 << 32, Sequences: 1, Waiting: 1, ContextTokens: prompt + generate + 32})
	if err != nil {
		return r, err
	}
	defer m.Close()
	r = result{Engine: "hearth", Threads: threads, Load: time.Since(start).Seconds()}
	zero := 0.0
	c := &hearth.Completion{Prompt: []hearth.Span{{Text: strings.Repeat("a", prompt)}}, Decoding: hearth.Decoding{MaxTokens: generate,
		Sampling: hearth.Sampling{Temperature: &zero, Bias: map[int]float64{256: -100, 258: -100}}}} // the ends of generation
	var first, last time.Time
	tokens := 0
	start = time.Now()
	for chunk, err := range m.Complete(context.Background(), c) {
		if err != nil {
			return r, err
		}
		if last = time.Now(); first.IsZero() {
			first = last
		}
		tokens += chunk.Tokens
	}
	r.Prefill = float64(prompt) / first.Sub(start).Seconds()
	r.Decode = float64(tokens-1) / last.Sub(first).Seconds()
	return r, nil
}
