package nn

import "math"

// ropeTable holds how fast each pair of a head turns.
type ropeTable struct {
	frequency []float64 // radians per position
	magnitude float32   // of the rotated vectors
}

// newRopeTable applies the scaling to the frequencies of Su et al. 2021, for dim numbers
// of a head.
// All supported scalings act on frequencies, not on positions. factors divide them
// one by one (Llama 3.1); nil leaves them.
func newRopeTable(r *Rope, dim int, factors Vector) *ropeTable {
	t := &ropeTable{frequency: make([]float64, dim/2), magnitude: float32(r.magnitude())}
	for i := range t.frequency {
		f := math.Pow(r.Base, -2*float64(i)/float64(dim))
		if factors != nil {
			f /= float64(factors[i])
		}
		keep := 0.0
		if r.Scaling == "yarn" {
			keep = r.kept(i, dim)
		}
		t.frequency[i] = f/r.Factor*(1-keep) + f*keep
	}
	return t
}

// magnitude is what rotated vectors are multiplied with.
func (r *Rope) magnitude() float64 {
	switch {
	case r.Scaling != "yarn":
		return 1
	case r.LogMultiplier != 0:
		return r.Attention
	}
	return r.Attention * (1 + 0.1*math.Log(r.Factor))
}

// kept is how far YaRN leaves pair i alone: 1 for pairs that turn often within the
// original context, 0 for those that turn less than once, a ramp between
// (Peng et al. 2023, section 3.2).
func (r *Rope) kept(i, headDim int) float64 {
	low := max(0, math.Floor(r.pairTurning(r.BetaFast, headDim)))
	high := min(float64(headDim-1), math.Ceil(r.pairTurning(r.BetaSlow, headDim)))
	ramp := (float64(i) - low) / max(0.001, high-low)
	return 1 - min(1, max(0, ramp))
}

// pairTurning is the (fractional) pair that turns the given number of times within
// the original context.
func (r *Rope) pairTurning(turns float64, headDim int) float64 {
	return float64(headDim) * math.Log(float64(r.OriginalContext)/(turns*2*math.Pi)) / (2 * math.Log(r.Base))
}

// fill writes the cosines and sines of one position.
func (t *ropeTable) fill(cos, sin []float32, position int) {
	for i, f := range t.frequency {
		s, c := math.Sincos(float64(position) * f)
		cos[i] = float32(c) * t.magnitude
		sin[i] = float32(s) * t.magnitude
	}
}
