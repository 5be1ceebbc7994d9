package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/engine"
	"github.com/hearthbox/hearth/internal/nn/nntest"
)

// The numbers of llama.cpp for how a vector is made of a text.
const poolMean, poolFirst, poolLast, poolRank = 1, 2, 3, 4

var (
	embedder = nntest.Shape{Architecture: "bert", Pooling: poolMean, Vocabulary: true, Embedding: 64, FeedForward: 96, Heads: 4, Seed: 1}
	ranker   = nntest.Shape{Architecture: "bert", Pooling: poolRank, Classes: 1, Vocabulary: true, Embedding: 64, FeedForward: 96, Heads: 4, Seed: 2}
	decoder  = nntest.Shape{Architecture: "qwen3", Pooling: poolLast, Vocabulary: true, Context: 2048, Seed: 3}
	judging  = nntest.Shape{Architecture: "qwen3", Pooling: poolRank, Classes: 2, Vocabulary: true, Context: 4096, Seed: 4}
)

func openEncoder(t *testing.T, s nntest.Shape, o engine.Options) *engine.Encoder {
	t.Helper()
	path := filepath.Join(t.TempDir(), "m.gguf")
	if err := os.WriteFile(path, nntest.Make(s), 0o600); err != nil {
		t.Fatal(err)
	}
	if o.Workers == nil {
		o.Workers = engine.NewWorkers(2)
		t.Cleanup(o.Workers.Stop)
	}
	if o.CacheBytes == 0 {
		o.CacheBytes, o.Waiting = 64<<20, 16
	}
	e, err := engine.OpenEncoder("m", path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func embed(t *testing.T, e *engine.Encoder, dimensions int, texts ...string) [][]float32 {
	t.Helper()
	got, err := e.Embed(t.Context(), &hearth.EmbeddingRequest{Texts: texts, Dimensions: dimensions})
	if err != nil {
		t.Error(err)
		return make([][]float32, len(texts))
	}
	if len(got.Vectors) != len(texts) || got.ServedBy != "native/m" || got.Usage.PromptTokens < len(texts) {
		t.Errorf("%d vectors of %d texts, by %s, of %d tokens", len(got.Vectors), len(texts), got.ServedBy, got.Usage.PromptTokens)
	}
	return got.Vectors
}

// TestVectorsAreTheSameInCompany embeds texts of all lengths alone, and then many at
// once in requests of many sizes.
func TestVectorsAreTheSameInCompany(t *testing.T) {
	for _, s := range []nntest.Shape{embedder, decoder} {
		e := openEncoder(t, s, engine.Options{})
		var texts []string
		var alone [][]float32
		for i := range 40 {
			text := strings.Repeat(string(rune('a'+i%26)), 1+i*i%70) + " " + strings.Repeat("word ", i*i%80)
			texts, alone = append(texts, text), append(alone, embed(t, e, 0, text)[0])
		}
		for _, v := range alone {
			var square float64
			for _, x := range v {
				square += float64(x) * float64(x)
			}
			if math.Abs(square-1) > 1e-6 {
				t.Fatalf("a vector of length² %v", square)
			}
		}
		var all sync.WaitGroup
		for _, n := range []int{1, 3, 40, 17, 8} {
			all.Go(func() {
				for from := 0; from < len(texts); from += n {
					part := texts[from:min(from+n, len(texts))]
					for i, v := range embed(t, e, 0, part...) {
						if !slices.Equal(v, alone[from+i]) {
							t.Errorf("%s: text %d has another vector in company", s.Architecture, from+i)
						}
					}
				}
			})
		}
		all.Wait()
		if s := e.Stats(); s.Running != 0 || s.PromptTokens == 0 || s.Busy == 0 {
			t.Errorf("at rest: %+v", s)
		}
	}
}

func TestDimensions(t *testing.T) {
	e := openEncoder(t, embedder, engine.Options{})
	whole, cut := embed(t, e, 0, "hello")[0], embed(t, e, 16, "hello")[0]
	if len(whole) != 64 || len(cut) != 16 {
		t.Fatalf("vectors of %d and %d numbers", len(whole), len(cut))
	}
	var square float64
	for _, x := range whole[:16] {
		square += float64(x) * float64(x)
	}
	for i, x := range cut {
		if math.Abs(float64(x)-float64(whole[i])/math.Sqrt(square)) > 1e-6 {
			t.Fatalf("number %d is %v, of %v", i, x, whole[i])
		}
	}
	_, err := e.Embed(t.Context(), &hearth.EmbeddingRequest{Texts: []string{"x"}, Dimensions: 65})
	if !errors.Is(err, hearth.NewError(hearth.OutOfRange)) {
		t.Errorf("65 dimensions: %v", err)
	}
}

// TestRanking: scores are probabilities, and depend on the query and the text.
func TestRanking(t *testing.T) {
	unstated := ranker // as early converters left it
	unstated.Pooling = 0
	for _, s := range []nntest.Shape{ranker, judging, unstated} {
		e := openEncoder(t, s, engine.Options{})
		rank := func(query string, texts ...string) []float64 {
			got, err := e.Rerank(t.Context(), &hearth.RerankRequest{Query: query, Texts: texts})
			if err != nil {
				t.Fatal(err)
			}
			return got.Scores
		}
		together := rank("which one", "this", "that one", strings.Repeat("long ", 60), "this")
		for i, score := range together {
			if !(score > 0 && score < 1) {
				t.Errorf("%s: score %d is %v", s.Architecture, i, score)
			}
		}
		if together[0] != together[3] || together[0] == together[1] {
			t.Errorf("%s: scores %v", s.Architecture, together)
		}
		if alone := rank("which one", "that one"); alone[0] != together[1] {
			t.Errorf("%s: %v alone, %v in company", s.Architecture, alone[0], together[1])
		}
		if other := rank("another", "that one"); other[0] == together[1] {
			t.Errorf("%s: the query does not matter", s.Architecture)
		}
	}
}

// TestEncoderRefusals: what can't be honoured is refused with the numbers, and harms
// nobody.
func TestEncoderRefusals(t *testing.T) {
	e := openEncoder(t, embedder, engine.Options{})
	long := strings.Repeat("a ", 600)
	for name, c := range map[string]struct {
		ask         func() error
		code        hearth.Code
		field, want string
	}{
		"a text that is too long": {func() error {
			_, err := e.Embed(t.Context(), &hearth.EmbeddingRequest{Texts: []string{"short", long}})
			return err
		}, hearth.ContextOverflow, "texts[1]", "512"},
		"ranking by an embedder": {func() error {
			_, err := e.Rerank(t.Context(), &hearth.RerankRequest{Query: "q", Texts: []string{"x"}})
			return err
		}, hearth.WrongTask, "model", "embedding"},
		"a caller who has left": {func() error {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := e.Embed(ctx, &hearth.EmbeddingRequest{Texts: []string{strings.Repeat("b ", 400)}})
			return err
		}, hearth.Canceled, "", ""},
	} {
		err := c.ask()
		if x := hearth.AsError(err); err == nil && c.code != hearth.Canceled || err != nil && (x.Code != c.code || x.Field != c.field || !strings.Contains(x.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, open := range map[string]func(path string) error{
		"an encoder that is to answer":  func(path string) error { _, err := engine.Open("m", path, engine.Options{}); return err },
		"a chat model that is to embed": func(path string) error { _, err := engine.OpenEncoder("m", path, engine.Options{}); return err },
	} {
		s := embedder
		if strings.HasPrefix(name, "a chat") {
			s = nntest.Shape{Vocabulary: true}
		}
		path := filepath.Join(t.TempDir(), "m.gguf")
		if err := os.WriteFile(path, nntest.Make(s), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := open(path); !errors.Is(err, hearth.NewError(hearth.WrongTask)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := embed(t, e, 0); len(got) != 0 {
		t.Errorf("no texts have %d vectors", len(got))
	}
	embed(t, e, 0, "still there", "")
}

// TestEncoderLimits: the context is what memory allows, the line is as long as may be,
// and a model that closes tells who waits.
func TestEncoderLimits(t *testing.T) {
	long := decoder
	long.Context = 100_000
	e := openEncoder(t, long, engine.Options{CacheBytes: 12 << 20, Waiting: 0})
	if n := e.ContextTokens(); n < 512 || n >= 100_000 {
		t.Errorf("a context of %d tokens", n)
	}
	var asked sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		asked.Go(func() {
			_, errs[i] = e.Embed(t.Context(), &hearth.EmbeddingRequest{Texts: []string{strings.Repeat("x", 400), fmt.Sprint(i)}})
		})
	}
	asked.Wait()
	done := 0
	for _, err := range errs {
		switch {
		case err == nil:
			done++
		case !errors.Is(err, hearth.NewError(hearth.QueueFull)):
			t.Error(err)
		}
	}
	if done == 0 {
		t.Error("nobody was served")
	}
	_ = e.Close()
	if _, err := e.Embed(t.Context(), &hearth.EmbeddingRequest{Texts: []string{"x"}}); !errors.Is(err, hearth.NewError(hearth.ServerStop)) {
		t.Errorf("after the end: %v", err)
	}
}

// TestLongTextsAreComputedInParts gives a decoder a text of several batches.
func TestLongTextsAreComputedInParts(t *testing.T) {
	e := openEncoder(t, decoder, engine.Options{})
	long := strings.Repeat("0123456789", 150)
	alone := embed(t, e, 0, long)[0]
	if got := embed(t, e, 0, "a", long, strings.Repeat("y", 300), long); !slices.Equal(got[1], alone) || !slices.Equal(got[3], alone) {
		t.Error("a long text has another vector in company")
	}
}
