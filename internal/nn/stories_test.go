package nn_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/nn"
	"github.com/hearthbox/hearth/internal/nn/nntest"
)

// TestStoriesGreedy continues six prompts with a trained model, token for token as
// llama.cpp does.
func TestStoriesGreedy(t *testing.T) {
	text, err := os.ReadFile("../../../shared/data/engine/stories260K-greedy.json")
	if err != nil {
		t.Skip("../shared/data/engine is not here")
	}
	var prompts []struct {
		Prompt     string
		Prompted   []int `json:"prompt_tokens"`
		Tokens     []int
		FirstSteps [][]struct {
			ID      int
			LogProb float64
		} `json:"first_steps"`
	}
	if err := json.Unmarshal(text, &prompts); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Open("../../../shared/data/engine/stories260K.gguf")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := nn.Load(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range prompts {
		g := newGreedy(m)
		row := g.step(p.Prompted)
		var got []int
		for len(got) < len(p.Tokens) {
			if len(got) < len(p.FirstSteps) {
				for _, want := range p.FirstSteps[len(got)] {
					if lp := float64(row[want.ID]) - logSum(row); math.Abs(lp-want.LogProb) > 0.02 {
						t.Errorf("%q, step %d: token %d has log-probability %.5f, want %.5f", p.Prompt, len(got), want.ID, lp, want.LogProb)
					}
				}
			}
			got = append(got, largest(row))
			row = g.step(got[len(got)-1:])
		}
		if !slices.Equal(got, p.Tokens) {
			t.Errorf("%q continues\n%v, want\n%v", p.Prompt, got, p.Tokens)
		}
	}
}

type greedy struct {
	cache *nn.Cache
	run   *nn.Runner
	seq   nn.Sequence
}

func newGreedy(m *nn.Model) *greedy {
	// The file states a context of 128; the model was trained on 512.
	g := &greedy{cache: nn.NewCache(m, 512)}
	g.run = nn.NewRunner(m, g.cache, nntest.Workers(2), 64, 512)
	return g
}

func (g *greedy) step(ids []int) []float32 {
	g.cache.Grow(&g.seq, len(ids))
	batch := make([]nn.Token, len(ids))
	for i, id := range ids {
		batch[i] = nn.Token{ID: id, Sequence: &g.seq, Logits: i == len(ids)-1}
	}
	return g.run.Step(batch)[0]
}

func largest(row []float32) int {
	best := 0
	for i, v := range row {
		if v > row[best] {
			best = i
		}
	}
	return best
}
