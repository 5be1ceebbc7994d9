package guard

import (
	"math/rand/v2"
	"testing"
)

// TestAutomaton holds the automaton against the plain way, and the array against its
// size.
func TestAutomaton(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var words [][]uint16
	for range 3000 {
		w := make([]uint16, 1+r.IntN(5))
		for i := range w {
			w[i] = uint16(1 + r.IntN(12)*r.IntN(12))
		}
		words = append(words, w)
	}
	a := build(words)
	if nodes := len(newTrie(words).kids); len(a.nodes) > 2*nodes+4096 {
		t.Errorf("%d places for %d nodes", len(a.nodes), nodes)
	}
	var text []uint16
	state := int32(rootState)
	for range 5000 {
		text = append(text, uint16(1+r.IntN(12)*r.IntN(12)))
		state = a.step(state, text[len(text)-1])
		got := map[int32]bool{}
		for _, id := range a.ends(state) {
			got[id] = true
		}
		for id, w := range words {
			if ends := endsWith(text, w); ends != got[int32(id)] {
				t.Fatalf("word %v at %d: %v, want %v", w, len(text), got[int32(id)], ends)
			}
		}
	}
}

func endsWith(text, w []uint16) bool {
	if len(w) > len(text) {
		return false
	}
	for i := range w {
		if text[len(text)-len(w)+i] != w[i] {
			return false
		}
	}
	return true
}
