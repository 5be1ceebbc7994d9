package nn

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestGroups compares the choice of experts by groups with what DeepSeek's papers say,
// written down plainly: sort the groups by their best expert (V2) or their two best
// together (V3), and rule out all others.
func TestGroups(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		x := Mixture{Groups: 1 + rng.IntN(6), GroupBy: 1 + rng.IntN(2)}
		size := 1 + rng.IntN(5)
		x.Experts, x.GroupsUsed = x.Groups*size, 1+rng.IntN(x.Groups)
		if size == 1 {
			x.GroupBy = 1
		}
		scores := make([]float32, x.Experts)
		for i := range scores {
			scores[i] = rng.Float32()
		}
		type group struct {
			index int
			score float32
		}
		var groups []group
		for g := range x.Groups {
			members := slices.Clone(scores[g*size : (g+1)*size])
			slices.Sort(members)
			slices.Reverse(members)
			sum := float32(0)
			for _, s := range members[:x.GroupBy] {
				sum += s
			}
			groups = append(groups, group{g, sum})
		}
		slices.SortFunc(groups, func(a, b group) int {
			if a.score > b.score {
				return -1
			}
			return 1
		})
		got := slices.Clone(scores)
		x.keepBestGroups(got, make([]float32, x.Groups))
		for i, g := range groups {
			for e := g.index * size; e < (g.index+1)*size; e++ {
				if kept := got[e] == scores[e]; kept != (i < x.GroupsUsed) {
					t.Fatalf("%+v, %v: expert %d of the group that is number %d: kept %v", x, scores, e, i+1, kept)
				}
			}
		}
	}
}
