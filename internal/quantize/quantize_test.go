package quantize

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/nn"
	"github.com/hearthbox/hearth/internal/nn/nntest"
	"github.com/hearthbox/hearth/internal/quantize/quantizetest"
	"github.com/hearthbox/hearth/internal/simd"
)

// TestAsLlamaCpp holds every tensor, of every recipe, against what llama.cpp makes of it
// (tools/oracle/quantize): format and bytes.
func TestAsLlamaCpp(t *testing.T) {
	text, err := os.ReadFile("testdata/llama.json")
	if err != nil {
		t.Fatal(err)
	}
	var goldens map[string]struct {
		SHA256  string
		Recipes map[string]map[string]string
	}
	if err := json.Unmarshal(text, &goldens); err != nil {
		t.Fatal(err)
	}
	if len(goldens) != len(quantizetest.Cases()) {
		t.Fatalf("%d goldens for %d cases: run make oracle", len(goldens), len(quantizetest.Cases()))
	}
	for _, c := range quantizetest.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			data := nntest.Make(c.Shape)
			if sum := sha256.Sum256(data); goldens[c.Name].SHA256 != hex.EncodeToString(sum[:]) {
				t.Fatal("the golden is of another model: run make oracle")
			}
			for _, r := range Recipes() {
				got := parse(t, quantised(t, data, r, 2))
				want := goldens[c.Name].Recipes[r.Name]
				if len(got.Tensors) != len(want) {
					t.Errorf("%s: %d tensors, want %d", r.Name, len(got.Tensors), len(want))
				}
				for _, tensor := range got.Tensors {
					sum := sha256.Sum256(tensor.Data)
					if have := fmt.Sprintf("%s %x", tensor.Type, sum[:8]); have != want[tensor.Name] {
						t.Errorf("%s: %s is %s, want %s", r.Name, tensor.Name, have, want[tensor.Name])
					}
				}
			}
		})
	}
}

func parse(t testing.TB, data []byte) *gguf.File {
	t.Helper()
	f, err := gguf.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func quantised(t testing.TB, data []byte, r Recipe, workers int) []byte {
	t.Helper()
	j := &Job{File: parse(t, data), Recipe: r, Workers: workers}
	size, err := j.Prepare()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := j.Write(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	if b.Len() < int(size) {
		t.Errorf("%d bytes were foretold, and %d written", size, b.Len())
	}
	return b.Bytes()
}

// TestWorkersDoNotMatter: the same bytes come out, whoever makes them.
func TestWorkersDoNotMatter(t *testing.T) {
	data := nntest.Make(nntest.Shape{Weights: gguf.BF16, Vocabulary: true, Seed: 3})
	r, _ := Find("q4_k_m")
	want := quantised(t, data, r, 1)
	for _, n := range []int{2, 7} {
		if !bytes.Equal(quantised(t, data, r, n), want) {
			t.Errorf("%d workers write something else", n)
		}
	}
}

// TestMetadataStays: all that a file says of itself but the format it is in.
func TestMetadataStays(t *testing.T) {
	data := nntest.Make(nntest.Shape{Weights: gguf.F16, Vocabulary: true, Template: "{{ messages }}", Seed: 3})
	r, _ := Find("Q6_K")
	before, after := parse(t, data), parse(t, quantised(t, data, r, 1))
	for key, v := range before.All() {
		var now gguf.Value
		for k, w := range after.All() {
			if k == key {
				now = w
			}
		}
		if v.Display() != now.Display() || v.Len != now.Len || v.Kind != now.Kind {
			t.Errorf("%s was %s and is %s", key, v.Display(), now.Display())
		}
	}
	if n, err := after.Int("general.file_type", 0, 99); err != nil || n != 18 {
		t.Errorf("file type %d, %v", n, err)
	}
	tokens, err := after.Texts("tokenizer.ggml.tokens")
	was, _ := before.Texts("tokenizer.ggml.tokens")
	if err != nil || !slices.Equal(tokens, was) {
		t.Errorf("other tokens, %v", err)
	}
}

// TestFormatsComeClose: what is read back is near to what was written, as near as the
// format allows, whatever the numbers.
func TestFormatsComeClose(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, f := range simd.Formats() {
		i := slices.IndexFunc([]gguf.Type{gguf.F16, gguf.Q4_0, gguf.Q5_0, gguf.Q5_1, gguf.Q8_0, gguf.Q4_K, gguf.Q5_K, gguf.Q6_K},
			func(k gguf.Type) bool { return k.String() == f.Name })
		if i < 0 {
			continue
		}
		kind := []gguf.Type{gguf.F16, gguf.Q4_0, gguf.Q5_0, gguf.Q5_1, gguf.Q8_0, gguf.Q4_K, gguf.Q5_K, gguf.Q6_K}[i]
		allowed := []float64{0.0005, 0.1, 0.05, 0.04, 0.006, 0.1, 0.05, 0.03}[i]
		for _, scale := range []float64{0.01, 1, 100} {
			x, y := make([]float32, 1024), make([]float32, 1024)
			for j := range x {
				x[j] = float32(rng.NormFloat64() * scale)
			}
			clear(x[256:512]) // nothing but zeros is read back as that
			row := make([]byte, f.RowBytes(len(x)))
			encoders()[kind](row, x)
			f.Widen(y, row)
			var squares, all float64
			for j := range x {
				squares += math.Pow(float64(x[j]-y[j]), 2)
				all += float64(x[j]) * float64(x[j])
				if j >= 256 && j < 512 && y[j] != 0 {
					t.Fatalf("%s: a zero became %g", f.Name, y[j])
				}
			}
			if off := math.Sqrt(squares / all); !(off <= allowed) {
				t.Errorf("%s at scale %g: off by %.4f of the numbers", f.Name, scale, off)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	r, _ := Find("Q4_K_M")
	small, _ := Find("Q8_0")
	data := quantised(t, nntest.Make(nntest.Shape{Weights: gguf.F16, Seed: 1}), small, 1)
	if _, err := (&Job{File: parse(t, data), Recipe: r}).Prepare(); !errors.Is(err, ErrQuantised) {
		t.Errorf("quantised twice: %v", err)
	}
	for name, v := range map[string]uint16{"infinity": 0x7c00, "no number": 0x7e00} {
		f := parse(t, nntest.Make(nntest.Shape{Weights: gguf.F16, Seed: 1}))
		tensor, _ := f.Tensor("blk.1.ffn_down.weight")
		tensor.Data[101*2], tensor.Data[101*2+1] = byte(v), byte(v>>8)
		j := &Job{File: f, Recipe: r, Workers: 2}
		if _, err := j.Prepare(); err != nil {
			t.Fatal(err)
		}
		if err := j.Write(t.Context(), new(bytes.Buffer)); !errors.Is(err, ErrNotANumber) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	j := &Job{File: parse(t, nntest.Make(nntest.Shape{Weights: gguf.F16, Seed: 1})), Recipe: r, Workers: 1}
	if _, err := j.Prepare(); err != nil {
		t.Fatal(err)
	}
	if err := j.Write(ctx, new(bytes.Buffer)); !errors.Is(err, context.Canceled) {
		t.Errorf("went on: %v", err)
	}
}

// TestLoss: fewer bits lose more, and none lose nothing.
func TestLoss(t *testing.T) {
	data := nntest.Make(nntest.Shape{Weights: gguf.F16, Seed: 5})
	before := model(t, data)
	tokens := make([]int, 300)
	for i := range tokens {
		tokens[i] = i * 7 % before.Vocab
	}
	seen := 0
	loss := func(after *nn.Model) Loss {
		l, err := Compare(t.Context(), before, after, nntest.Workers(2), tokens, func(done, _ int) { seen = done })
		if err != nil || l.Tokens != len(tokens) || seen != len(tokens) {
			t.Fatal(l, err)
		}
		return l
	}
	none := loss(before)
	if none.Mean != 0 || none.SameTop != 1 || none.Perplexity != none.Before {
		t.Errorf("itself: %+v", none)
	}
	last := 0.0
	for _, name := range []string{"Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M"} {
		r, _ := Find(name)
		l := loss(model(t, quantised(t, data, r, 2)))
		t.Logf("%s: %+v", name, l)
		if l.Mean <= last || l.P99 < l.Mean {
			t.Errorf("%s: %+v, less than of more bits", name, l)
		}
		last = l.Mean
	}
}

// TestLossOfVectors: an encoder's is the angle between its vectors.
func TestLossOfVectors(t *testing.T) {
	data := nntest.Make(nntest.Shape{Architecture: "bert", Weights: gguf.F16, KVHeads: 8, Pooling: 1, Context: 64, Seed: 5})
	r, _ := Find("Q8_0")
	tokens := make([]int, 150) // more than the model takes at once
	for i := range tokens {
		tokens[i] = i
	}
	l, err := Compare(t.Context(), model(t, data), model(t, quantised(t, data, r, 2)), nntest.Workers(2), tokens, nil)
	if err != nil || l.Cosine < 0.99 || l.Cosine > 1 || l.Mean != 0 {
		t.Errorf("%+v, %v", l, err)
	}
}

func model(t *testing.T, data []byte) *nn.Model {
	t.Helper()
	m, err := nn.Load(parse(t, data))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func BenchmarkEncode(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, 4096)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	for _, kind := range []gguf.Type{gguf.Q4_0, gguf.Q8_0, gguf.Q4_K, gguf.Q5_K, gguf.Q6_K} {
		b.Run(kind.String(), func(b *testing.B) {
			row := make([]byte, kind.RowBytes(len(x)))
			b.SetBytes(int64(len(x)))
			for b.Loop() {
				encoders()[kind](row, x)
			}
		})
	}
}
