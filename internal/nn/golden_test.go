package nn_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/nn"
	"github.com/hearthbox/hearth/internal/nn/nntest"
)

// tolerance of the root mean square difference from llama.cpp, relative to the
// spread of a row of logits; single logits may differ six times as much.
//
// Of the first token there is no attention to speak of, and what has one order of
// computation there agrees to the last places. After that llama.cpp narrows
// queries to halves; and with quantised weights both sides round activations to
// eight bits, where the slightest difference falls to another side now and then.
// F16 and BF16 weights make llama.cpp narrow activations to the same type.
//
// Sinks and GELUs count from the first token on, and llama.cpp computes GELUs by a table
// of halves.
//
// Layers with states norm what a head has gathered, however little it was: the first token's
// is its value times the product of its query and key, which may be near to nothing.
//
// Adapters make sums of their own, whose last places differ.
//
// Latent attention rounds activations twice more in a layer, and old files' keys are
// turned around in halves; and what 27 layers make of a rounding, two do not.
func tolerance(c nntest.Case, position int) float64 {
	later := slices.Contains([]string{"glm4moe", "gemma3", "gpt-oss", "deepseek32", "glm-dsa"}, c.Architecture)
	deep, latent := c.Layers > 20, c.Latent.Keys > 0
	if position == 0 && c.Adapter == nil {
		switch {
		case deep || c.Latent.Old:
			return 5e-4
		case later && c.Weights == gguf.F32:
			return 2e-4
		case c.Weights == gguf.F32:
			return 2e-5
		case !latent && !later && c.Delta.Kernel == 0 && (c.Weights == gguf.Q4_K || c.Weights == gguf.Q5_K || c.Weights == gguf.Q6_K):
			return 2e-5
		}
	}
	allowed := 0.025
	switch c.Weights {
	case gguf.F32:
		allowed = 0.001
	case gguf.F16:
		allowed = 0.002
	case gguf.BF16:
		allowed = 0.006
	}
	switch {
	case deep:
		return 4 * allowed
	case c.Delta.Kernel > 0:
		return 1.6 * allowed
	case latent && c.Long: // of many that are about as good, llama.cpp may choose others
		return 2.5 * allowed
	case latent:
		return 1.6 * allowed
	}
	return allowed
}

// TestLogitsGoldens compares the logits of random models of every architecture,
// format and feature with llama.cpp's (tools/oracle/logits.py).
func TestLogitsGoldens(t *testing.T) {
	text, err := os.ReadFile("testdata/logits.json")
	if err != nil {
		t.Fatal(err)
	}
	var goldens []struct{ Name, SHA256, Logits string }
	if err := json.Unmarshal(text, &goldens); err != nil {
		t.Fatal(err)
	}
	cases := nntest.Cases()
	if len(goldens) != len(cases) {
		t.Fatalf("%d goldens for %d cases: run make oracle", len(goldens), len(cases))
	}
	for i, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			data := nntest.Make(c.Shape)
			var adapter []byte
			if c.Adapter != nil {
				adapter = nntest.MakeAdapter(c.Shape, *c.Adapter)
			}
			if sum := sha256.Sum256(append(data[:len(data):len(data)], adapter...)); goldens[i].Name != c.Name || goldens[i].SHA256 != hex.EncodeToString(sum[:]) {
				t.Fatal("the golden is of another model: run make oracle")
			}
			want := decodeLogits(t, goldens[i].Logits)
			m := load(t, data)
			if m.Pooling != nn.PoolNone {
				compareVectors(t, vector(m, c.Tokens()), want, c)
				return
			}
			compare(t, logitsWith(m, loadAdapter(t, m, adapter), c.Tokens(), c.Positions()), want, c)
		})
	}
}

func compare(t *testing.T, got [][]float32, want []float32, c nntest.Case) {
	t.Helper()
	for i, row := range got {
		golden := want[i*len(row) : (i+1)*len(row)]
		allowed := tolerance(c, c.Positions()[i])
		spread := deviation(golden)
		var worst, squares float64
		for j := range row {
			d := math.Abs(float64(row[j]-golden[j])) / spread
			worst = max(worst, d)
			squares += d * d
		}
		rms := math.Sqrt(squares / float64(len(row)))
		kl := divergence(golden, row)
		t.Logf("after token %d: largest difference %.5f, root mean square %.5f of the spread, divergence %.2g",
			c.Positions()[i], worst, rms, kl)
		if !(rms <= allowed && worst <= 6*allowed && kl <= allowed*allowed) {
			t.Errorf("after token %d: beyond %g", c.Positions()[i], allowed)
		}
	}
}

// compareVectors allows for what llama.cpp does besides: its GELU is the one with the
// hyperbolic tangent, out of a table of halves.
func compareVectors(t *testing.T, got, want []float32, c nntest.Case) {
	t.Helper()
	var dot, g, w, squares float64
	for i, v := range got {
		dot += float64(v) * float64(want[i])
		g += float64(v) * float64(v)
		w += float64(want[i]) * float64(want[i])
		squares += float64(v-want[i]) * float64(v-want[i])
	}
	cosine, rms := dot/math.Sqrt(g*w), math.Sqrt(squares/w)
	t.Logf("cosine 1−%.2g, root mean square difference %.5f of the length", 1-cosine, rms)
	allowed := max(0.002, tolerance(c, 1))
	if !(rms <= allowed && (len(got) == 1 || 1-cosine <= allowed*allowed)) {
		t.Errorf("beyond %g: %v, want %v", allowed, got[:min(4, len(got))], want[:min(4, len(got))])
	}
}

// difference is the root mean square difference of two rows, of the spread of the second.
func difference(got, want []float32) float64 {
	var squares float64
	for i := range got {
		d := float64(got[i] - want[i])
		squares += d * d
	}
	return math.Sqrt(squares/float64(len(got))) / deviation(want)
}

// vector is what a model makes of a text: its vector, or its scores.
func vector(m *nn.Model, tokens []int) []float32 {
	cache := nn.NewCache(m, 4096)
	r := nn.NewRunner(m, cache, nntest.Workers(2), len(tokens), len(tokens))
	return vectors(r, cache, m, tokens)[0]
}

// vectors computes texts in one batch.
func vectors(r *nn.Runner, cache *nn.Cache, m *nn.Model, texts ...[]int) [][]float32 {
	seqs := make([]nn.Sequence, len(texts))
	var batch []nn.Token
	var of []int
	for i, ids := range texts {
		cache.Grow(&seqs[i], len(ids))
		for j, id := range ids {
			batch = append(batch, nn.Token{ID: id, Sequence: &seqs[i], Logits: m.Wants(j, len(ids))})
			if m.Wants(j, len(ids)) {
				of = append(of, i)
			}
		}
	}
	compute := r.Vectors
	if m.Pooling == nn.PoolRank {
		compute = r.Step
	}
	pooled := make([]nn.Pooled, len(texts))
	for i, row := range compute(batch) {
		pooled[of[i]].Add(row)
	}
	out := make([][]float32, len(texts))
	for i := range out {
		out[i] = pooled[i].Vector()
		if m.Architecture == "qwen3" && m.Pooling == nn.PoolRank { // as llama.cpp shows them
			yes := 1 / (1 + math.Exp(float64(out[i][1]-out[i][0])))
			out[i] = []float32{float32(yes), float32(1 - yes)}
		}
		cache.Release(&seqs[i])
	}
	return out
}

// divergence is the Kullback-Leibler divergence of the distributions, in nats.
func divergence(p, q []float32) float64 {
	lp, lq := logSum(p), logSum(q)
	var sum float64
	for i := range p {
		a, b := float64(p[i])-lp, float64(q[i])-lq
		sum += math.Exp(a) * (a - b)
	}
	return sum
}

func logSum(v []float32) float64 {
	var sum float64
	for _, x := range v {
		sum += math.Exp(float64(x))
	}
	return math.Log(sum)
}

func decodeLogits(t *testing.T, text string) []float32 {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	v := make([]float32, len(b)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v
}

func deviation(v []float32) float64 {
	var sum, squares float64
	for _, x := range v {
		sum += float64(x)
		squares += float64(x) * float64(x)
	}
	n := float64(len(v))
	return math.Sqrt(squares/n - sum/n*sum/n)
}

func load(t testing.TB, data []byte) *nn.Model {
	t.Helper()
	f, err := gguf.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	m, err := nn.Load(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// loadAdapter is nil of nothing.
func loadAdapter(t testing.TB, m *nn.Model, data []byte) *nn.Adapter {
	t.Helper()
	if data == nil {
		return nil
	}
	f, err := gguf.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	a, err := nn.LoadAdapter(f, m)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// logits computes a text in one batch and returns the rows at the positions.
func logits(m *nn.Model, tokens, positions []int) [][]float32 {
	return logitsWith(m, nil, tokens, positions)
}

func logitsWith(m *nn.Model, a *nn.Adapter, tokens, positions []int) [][]float32 {
	cache := nn.NewCache(m, 4096)
	r := nn.NewRunner(m, cache, nntest.Workers(2), len(tokens), len(tokens))
	seq := nn.Sequence{Adapter: a}
	cache.Grow(&seq, len(tokens))
	batch := make([]nn.Token, len(tokens))
	for i, id := range tokens {
		batch[i] = nn.Token{ID: id, Sequence: &seq}
	}
	for _, p := range positions {
		batch[p].Logits = true
	}
	return r.Step(batch)
}
