package engine_test

import (
	"errors"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/engine"
	"github.com/hearthbox/hearth/internal/nn/nntest"
)

// adapt loads an adapter of random weights.
func adapt(t testing.TB, m *engine.Model, seed uint64) *engine.Adapted {
	t.Helper()
	a, err := m.Adapt("m:a", write(t, nntest.MakeAdapter(small, nntest.Adapter{Seed: seed})))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestAdaptersShareBatches asks a model and three of its adapters the same things at the
// same time, with few slots and too little room: each answer is the one it gets alone.
func TestAdaptersShareBatches(t *testing.T) {
	roomy := open(t, small)
	tight := open(t, small, func(o *engine.Options) {
		o.ContextTokens, o.CacheBytes, o.Sequences = 512, twentyPages(t), 6
	})
	askers := []struct{ alone, together hearth.Completer }{{roomy, tight}}
	for seed := range uint64(3) {
		askers = append(askers, struct{ alone, together hearth.Completer }{adapt(t, roomy, seed), adapt(t, tight, seed)})
	}
	var requests []*hearth.Completion
	for i := range 6 {
		c := ask(strings.Repeat(string(rune('a'+i)), 20*(i+1)), 40, int64(i))
		c.Choices = 1 + i%2
		requests = append(requests, c)
	}
	alone := map[int]reply{}
	for i := range 4 * len(requests) {
		alone[i] = mustCollect(t, askers[i%4].alone, requests[i/4])
		if i%4 > 0 && alone[i].text[0] == alone[i-1].text[0] {
			t.Errorf("two askers get the same answer: %q", alone[i].text[0])
		}
	}
	rng := rand.New(rand.NewPCG(1, 3))
	for range 2 {
		var wg sync.WaitGroup
		for _, i := range rng.Perm(4 * len(requests)) {
			wg.Go(func() {
				got, err := collect(askers[i%4].together, requests[i/4])
				if err != nil || !reflect.DeepEqual(got.text, alone[i].text) {
					t.Errorf("asker %d, request %d: %q (%v), and alone %q", i%4, i/4, got.text, err, alone[i].text)
				}
			})
		}
		wg.Wait()
	}
	if tight.Stats().PutAside == 0 {
		t.Error("there was room for all")
	}
}

// TestAdaptersHaveTheirOwnPages asks for the same text with a model and its adapters: what
// is known of it with one is not what is known with another.
func TestAdaptersHaveTheirOwnPages(t *testing.T) {
	m := open(t, small)
	a, b := adapt(t, m, 1), adapt(t, m, 2)
	for i, c := range []struct {
		asked  hearth.Completer
		cached int
	}{{m, 0}, {a, 0}, {b, 0}, {m, 109}, {a, 109}, {b, 109}} {
		if r := mustCollect(t, c.asked, ask(told(110), 3, 1)); r.usage.CachedTokens != c.cached {
			t.Errorf("request %d: %d tokens were known, not %d", i, r.usage.CachedTokens, c.cached)
		}
	}
	pages := m.Stats().CachedPages
	a.Close()
	mustCollect(t, b, ask("?", 1, 1)) // the loop comes by
	if left := m.Stats().CachedPages; left != pages-pages/3 {
		t.Errorf("of %d pages %d are left after one of three was let go", pages, left)
	}
	mustCollect(t, a, ask(told(110), 3, 1)) // who came late is served
	mustCollect(t, b, ask("?", 1, 1))
	if left := m.Stats().CachedPages; left != pages-pages/3 {
		t.Errorf("of %d pages %d are left after one was asked once more", pages, left)
	}
	again := adapt(t, m, 1)
	if r := mustCollect(t, again, ask(told(110), 3, 1)); r.usage.CachedTokens != 0 {
		t.Errorf("%d tokens are known to an adapter that was loaded anew", r.usage.CachedTokens)
	}
}

func TestAdapterThatDoesNotFit(t *testing.T) {
	m := open(t, small)
	wide := small
	wide.Embedding = 128
	_, err := m.Adapt("m:wide", write(t, nntest.MakeAdapter(wide, nntest.Adapter{})))
	if e, ok := errors.AsType[*hearth.Error](err); !ok || e.Code != hearth.AdapterUnfit || !strings.Contains(e.Error(), "[128 8], not [64 8]") {
		t.Errorf("got %v", err)
	}
	if _, err = m.Adapt("m:none", filepath.Join(t.TempDir(), "none")); hearth.AsError(err).Code != hearth.ModelInvalid {
		t.Errorf("got %v", err)
	}
}

// BenchmarkAdapt is how soon an adapter is live: of rank 16 on all matrices of a model of
// 1.5 billion weights, from its file to its first token.
func BenchmarkAdapt(b *testing.B) {
	shape := nntest.Shape{Vocabulary: true, Layers: 28, Embedding: 1536, FeedForward: 8960, Heads: 12, KVHeads: 2, HeadDim: 128, Weights: 12}
	m := open(b, shape, func(o *engine.Options) { o.CacheBytes = 1 << 28 })
	path := write(b, nntest.MakeAdapter(shape, nntest.Adapter{Weights: 1, Rank: 16}))
	mustCollect(b, m, ask("Hi", 1, 1))
	for b.Loop() {
		a, err := m.Adapt("m:a", path)
		if err != nil {
			b.Fatal(err)
		}
		mustCollect(b, a, ask("Hi", 1, 1))
		a.Close()
		b.ReportMetric(float64(a.Bytes()), "bytes")
	}
}
