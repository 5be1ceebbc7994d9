package library

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

const gib = 1 << 30

func TestRecommend(t *testing.T) {
	l := load(t, native)
	for _, c := range []struct {
		kind       Kind
		gib, speed float64 // GiB and GB/s
		id, quant  string
		context    int
	}{
		{Chat, 0.5, 0, "", "", 0},
		{Chat, 1, 0, "qwen3-0.6b", "Q4_K_M", 4096},
		{Chat, 2, 0, "qwen3-1.7b", "Q4_K_M", 4096},
		{Chat, 4, 0, "qwen3-4b-2507", "Q4_K_M", 8192},
		{Chat, 8, 0, "qwen3-8b", "Q4_K_M", 16384},
		{Chat, 16, 0, "qwen3-14b", "Q6_K", 16384},
		{Chat, 24, 0, "qwen3-32b", "Q4_K_M", 16384},
		{Chat, 64, 0, "deepseek-r1-distill-llama-70b", "Q4_K_M", 16384},
		{Chat, 64, 30, "qwen3-30b-a3b-2507", "Q8_0", 16384}, // memory alone makes no speed, and few active weights do
		{Chat, 64, 1, "qwen3-0.6b", "Q4_K_M", 16384},        // nothing keeps up: the smallest
		{Embedding, 8, 0, "qwen3-embedding-4b", "Q8_0", 4096},
		{Embedding, 2, 1, "qwen3-embedding-0.6b", "Q8_0", 4096},
		{Reranker, 2, 0, "qwen3-reranker-0.6b", "Q8_0", 4096},
		{Guard, 4, 0, "qwen3guard-gen-0.6b", "Q8_0", 4096},
		{"pictures", 64, 0, "", "", 0},
	} {
		got, ok := l.Recommend(int64(c.gib*gib), c.speed*1e9, c.kind)
		if ok != (c.id != "") || got.Model.ID != c.id || got.File.Quantization != c.quant || got.ContextTokens != c.context {
			t.Errorf("%s in %v GiB at %v GB/s: %s %s with %d tokens, want %s %s with %d",
				c.kind, c.gib, c.speed, got.Model.ID, got.File.Quantization, got.ContextTokens, c.id, c.quant, c.context)
		}
	}
}

func TestReasonsAreToldInBothLanguages(t *testing.T) {
	c, _ := load(t, native).Recommend(8*gib, 40e9, Chat)
	if want := "Qwen3 8B in Q4_K_M needs 7.2 GB with a context of 16k tokens and fits in 8.0 GB, at up to 8.0 tokens per second; coarser quantisations lose quality."; c.Reason.EN != want {
		t.Errorf("got  %s\nwant %s", c.Reason.EN, want)
	}
	if want := "Qwen3 8B（Q4_K_M）连同 16k 词元的上下文需要 7.2 GB，可放入 8.0 GB 内存，预计每秒至多 8.0 个词元；更低位的量化会明显损失质量。"; c.Reason.ZH != want {
		t.Errorf("got  %s\nwant %s", c.Reason.ZH, want)
	}
}

func TestConditionsOfTheLicenceAreTold(t *testing.T) {
	c, _ := load(t, native).Recommend(64*gib, 0, Chat)
	if c.Model.Licence.Commercial != CommercialConditions || !strings.HasSuffix(c.Reason.EN, c.Model.Licence.Condition.EN) ||
		!strings.HasSuffix(c.Reason.ZH, c.Model.Licence.Condition.ZH) {
		t.Errorf("%s: %+v", c.Model.ID, c.Reason)
	}
}

// TestRecommendLaws draws machines: nothing recommended is too large, and a machine
// with more memory gets no less.
func TestRecommendLaws(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for name, e := range map[string]Engine{"native": native, "every": every} {
		l := load(t, e)
		for range 1500 {
			kind := l.Kinds()[r.IntN(len(l.Kinds()))]
			speed := []float64{0, math.Exp(r.Float64()*9) * 1e8}[r.IntN(2)]
			sizes := []int64{memory(r), memory(r)}
			slices.Sort(sizes)
			small, okSmall := l.Recommend(sizes[0], speed, kind)
			large, okLarge := l.Recommend(sizes[1], speed, kind)
			if okSmall && !okLarge || small.Model.Parameters > large.Model.Parameters ||
				small.Model.ID == large.Model.ID && small.File.Bytes > large.File.Bytes {
				t.Fatalf("%s: %s at %.0f: %d bytes give %s %s, %d give %s %s", name, kind, speed, sizes[0],
					small.Model.ID, small.File.Quantization, sizes[1], large.Model.ID, large.File.Quantization)
			}
			if okLarge {
				checkChoice(t, large, sizes[1], kind)
			}
		}
	}
}

func memory(r *rand.Rand) int64 { return int64(math.Exp(r.Float64()*9) * float64(gib) / 8) }

func checkChoice(t *testing.T, c Choice, memoryBytes int64, kind Kind) {
	t.Helper()
	need, ok := Need(c.Model, c.File, c.ContextTokens, cacheBits)
	if !ok || need != c.Memory || need.Total() > memoryBytes {
		t.Fatalf("%s %s needs %+v of %d", c.Model.ID, c.File.Quantization, need, memoryBytes)
	}
	if c.Model.Kind != kind || !c.File.Native || c.Model.Licence.Commercial == CommercialNo {
		t.Fatalf("%s %s is not to be recommended", c.Model.ID, c.File.Quantization)
	}
	if !strings.Contains(c.Reason.EN, c.Model.Name) || !han.MatchString(c.Reason.ZH) {
		t.Fatalf("%s: %+v", c.Model.ID, c.Reason)
	}
}

// TestTheLadderDescends holds what L3 rests on.
func TestTheLadderDescends(t *testing.T) {
	l := load(t, every)
	for kind, ids := range l.ladder {
		last := int64(math.MaxInt64)
		for _, id := range ids {
			m, _ := l.Find(id)
			if m.Parameters > last || !m.Native || m.Licence.Commercial == CommercialNo {
				t.Errorf("%s: %s has no place there", kind, id)
			}
			last = m.Parameters
		}
	}
	for i, o := range offers[1:5] {
		if strings.Compare(o.quantization, offers[i].quantization) > 0 || o.context > offers[i].context {
			t.Errorf("offer %v is better than %v", o, offers[i])
		}
	}
}
