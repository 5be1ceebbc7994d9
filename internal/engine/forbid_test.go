package engine

import "testing"

// BenchmarkForbid is what taking tokens away costs, with none left but a few.
func BenchmarkForbid(b *testing.B) {
	logits, set := make([]float32, 128<<10), make([]uint64, 2<<10)
	set[7] = 1 << 3
	nevers := neversOf(4096)
	for b.Loop() {
		forbid(logits, set, nevers)
	}
}

func TestForbid(t *testing.T) {
	logits := make([]float32, 200)
	set := []uint64{1<<3 | 1<<63, ^uint64(0), 0}
	forbid(logits, set, neversOf(40))
	for i, l := range logits {
		fits := i == 3 || i == 63 || i >= 64 && i < 128
		if fits != (l == 0) {
			t.Errorf("token %d has %g", i, l)
		}
	}
}
