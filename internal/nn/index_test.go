package nn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestChoose compares with sorting: the largest, and of equals the first.
func TestChoose(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		scores := make([]float32, 2+rng.IntN(200))
		for i := range scores {
			switch rng.IntN(4) {
			case 0:
				scores[i] = (float32(rng.IntN(3)) - 1) * float32(math.Copysign(1, rng.Float64()-0.5)) // many are equal, zeros of either sign
			case 1:
				scores[i] = float32(rng.NormFloat64() * 1e-30)
			default:
				scores[i] = float32(rng.NormFloat64())
			}
		}
		scores[rng.IntN(len(scores))] = float32(math.Inf(rng.IntN(2)*2 - 1))
		most := 1 + rng.IntN(len(scores)-1)
		want := make([]int, len(scores))
		order := make([]uint32, len(scores))
		for i, s := range scores {
			want[i], order[i] = i, ordered(s)
		}
		slices.SortStableFunc(want, func(a, b int) int {
			switch {
			case scores[a] > scores[b]:
				return -1
			case scores[a] < scores[b]:
				return 1
			}
			return 0
		})
		want = want[:most]
		slices.Sort(want)
		mask := make([]uint32, Pages(len(scores)))
		for i := range mask {
			mask[i] = rng.Uint32() // of an earlier batch
		}
		choose(mask, order, most)
		var got []int
		for i := range len(mask) * PageTokens {
			if mask[i/PageTokens]>>(i%PageTokens)&1 == 1 {
				got = append(got, i)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("of %v, %d: %v, want %v", scores, most, got, want)
		}
	}
}
