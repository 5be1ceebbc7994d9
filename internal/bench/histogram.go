package bench

import (
	"math"
	"slices"
)

// Bin counts the samples from From up to, but not including, To.
type Bin struct {
	From  float64 `json:"from" en:"lower edge" zh:"下界"`
	To    float64 `json:"to" en:"upper edge, not included" zh:"上界（不含）"`
	Count int     `json:"count" en:"samples in between" zh:"其间的样本数"`
}

// steps divide a decade: waits spread over several, so that bins grow with them.
var steps = []float64{1, 1.5, 2, 3, 5, 7}

// Decades that have bins of their own; what is shorter is in the first bin, from 0, and
// what is longer in the last.
const (
	decadeMin = -6
	decadeMax = 4
)

// histogram counts sorted samples, from the bin of the smallest to that of the
// largest, the empty ones between them included.
func histogram(sorted []float64) []Bin {
	bins := []Bin{}
	edges := edges()
	for i := 1; i < len(edges) && len(sorted) > 0; i++ {
		n, _ := slices.BinarySearch(sorted, edges[i])
		if i == len(edges)-1 {
			n = len(sorted)
		}
		if n > 0 || len(bins) > 0 {
			bins = append(bins, Bin{edges[i-1], edges[i], n})
		}
		sorted = sorted[n:]
	}
	return bins
}

func edges() []float64 {
	list := []float64{0}
	for d := decadeMin; d < decadeMax; d++ {
		for _, s := range steps {
			if d < 0 {
				list = append(list, s/math.Pow10(-d)) // exact, as its product with 10^d is not
			} else {
				list = append(list, s*math.Pow10(d))
			}
		}
	}
	return append(list, math.Pow10(decadeMax))
}
