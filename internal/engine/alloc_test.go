package engine

import (
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/nn/nntest"
)

// TestATokenTakesNoMemory steps one running answer by hand.
func TestATokenTakesNoMemory(t *testing.T) {
	f, err := gguf.Parse(nntest.Make(nntest.Shape{Vocabulary: true, Layers: 1, Embedding: 32, FeedForward: 32, Heads: 2, KVHeads: 1, HeadDim: 16}))
	if err != nil {
		t.Fatal(err)
	}
	w := NewWorkers(1)
	defer w.Stop()
	for name, c := range map[string]struct {
		sampling hearth.Sampling
		plain    bool
	}{
		"drawn":          {hearth.Sampling{Temperature: new(float64(1))}, true},
		"greedy":         {hearth.Sampling{Temperature: new(float64(0))}, true},
		"with proposals": {hearth.Sampling{TopK: 2}, false},
	} {
		m, err := load("m", f, Options{Workers: w, CacheBytes: 1 << 22, Sequences: 1, Waiting: 1, ContextTokens: 4096, Plain: c.plain})
		if err != nil {
			t.Fatal(err)
		}
		c.sampling.Bias = map[int]float64{}
		for id := range m.nn.Vocab {
			if id < 'a' || id > 'z' {
				c.sampling.Bias[id] = -100
			}
		}
		r, err := m.submit(&hearth.Completion{Prompt: []hearth.Span{{Text: "a b c"}}, Decoding: hearth.Decoding{Sampling: c.sampling, MaxTokens: 4000}}, &Adapted{})
		if err != nil {
			t.Fatal(err)
		}
		l := &m.loop
		l.admit()
		var chunks []hearth.Chunk
		step := func() {
			if err := l.step(); err != nil {
				t.Fatal(err)
			}
			chunks, _, _ = r.out.take(chunks)
		}
		for range 600 {
			step()
		}
		// Until the memory is full, a page and its node are made every so many tokens.
		total := testing.AllocsPerRun(300, step)
		if total != 0 {
			t.Errorf("%s: a token takes %v allocations", name, total)
		}
		t.Logf("%s: %d of %d proposals", name, m.stats.Accepted, m.stats.Proposed)
	}
}
