package library

import (
	"bytes"
	"math/rand/v2"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"
)

// quantizations is what the table says of them, which a Library does not keep.
var quantizations = sync.OnceValue(func() map[string]Quantization {
	var d document
	if err := yaml.NewDecoder(bytes.NewReader(table)).Decode(&d); err != nil {
		panic(err)
	}
	return d.Quantizations
})

// TestWeightsOfKnownFiles computes what is known exactly.
func TestWeightsOfKnownFiles(t *testing.T) {
	l := load(t, native)
	for id, percent := range map[string]float64{"qwen3-8b": 1, "qwen3-14b": 1, "qwen3-0.6b": 3, "qwen2.5-1.5b": 2, "deepseek-r1-distill-qwen-1.5b": 3, "llama-3.2-3b": 2} {
		m, _ := l.Find(id)
		for _, f := range m.Files {
			if f.Estimated {
				continue
			}
			exact := f.Bytes
			f.Bytes = 0
			got, estimated := size(&m, &f, Quantization{})
			if f.Listed == 0 {
				got, estimated = size(&m, &f, quantizations()[f.Quantization])
			}
			if off := 100 * (float64(got)/float64(exact) - 1); !estimated || off > percent || off < -percent {
				t.Errorf("%s %s: computed %d for %d, %+.1f %%", id, f.Quantization, got, exact, off)
			}
		}
	}
}

// TestCache repeats figures that were checked from the models' config.json.
func TestCache(t *testing.T) {
	l := load(t, native)
	for _, c := range []struct {
		id           string
		tokens, bits int
		cache        int64
	}{
		{"deepseek-r1", 1, 16, 2 * 61 * 576},          // 68.6 KiB per token
		{"qwen3-32b", 1, 16, 256 << 10},               // 256 KiB
		{"qwen3-235b-a22b", 1, 16, 188 << 10},         // 188 KiB
		{"llama-3.1-70b", 131072, 16, 40 << 30},       // 40 GiB for the whole context
		{"qwen3-8b", 1024, 8, 1024 * 73728 * 17 / 16}, // blocks of 32 in 34 bytes
		{"qwen3-8b", 1 << 30, 16, 40960 * 147456},     // no more than the model's context
		{"qwen3-8b", -1, 16, 0},
		{"bge-m3", 8192, 16, 0},
		{"qwen3.5-27b", 1, 16, 16*2*4*256*2 + 48*48*128*128*4}, // 16 of 64 layers attend
	} {
		m, err := l.Find(c.id)
		if err != nil {
			t.Fatal(err)
		}
		need, ok := Need(m, m.Files[0], c.tokens, c.bits)
		if !ok || need.Cache != c.cache {
			t.Errorf("%s, %d tokens in %d bits: %d, want %d", c.id, c.tokens, c.bits, need.Cache, c.cache)
		}
		if need.Total() != need.Weights+need.Cache+need.Working || need.Weights != m.Files[0].Bytes || need.Working < runtimeBytes {
			t.Errorf("%s: %+v does not add up", c.id, need)
		}
	}
}

func TestNeedOfAnUnknownShape(t *testing.T) {
	m, _ := load(t, every).Find("qwen3.5-4b")
	if _, ok := Need(m, m.Files[0], 4096, 16); ok {
		t.Error("what is kept per token is not in the table, yet was computed")
	}
}

func TestNeedGrowsWithTheContext(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	models := load(t, every).Models()
	for range 2000 {
		m := models[r.IntN(len(models))]
		f := m.Files[r.IntN(len(m.Files))]
		a, b := r.IntN(300_000), r.IntN(300_000)
		less, _ := Need(m, f, min(a, b), 16)
		more, _ := Need(m, f, max(a, b), 16)
		packed, _ := Need(m, f, max(a, b), 8)
		if less.Total() > more.Total() || packed.Cache > more.Cache {
			t.Fatalf("%s, %d and %d tokens: %+v, %+v, in 8 bits %+v", m.ID, a, b, less, more, packed)
		}
	}
}
