package nn

// Wants reports whether the vector of a text of n tokens is made from token i.
func (c *Config) Wants(i, n int) bool {
	switch c.Pooling {
	case PoolMean:
		return true
	case PoolFirst:
		return i == 0
	case PoolRank:
		if c.BothWays {
			return i == 0
		}
	}
	return i == n-1
}

// Pooled gathers the vector of a text from the rows of the tokens that
// [Config.Wants]: their mean, taken in double precision and in their order (N1).
type Pooled struct {
	sum  []float64
	rows int
}

// Add adds the row of one token.
func (p *Pooled) Add(row []float32) {
	if p.sum == nil {
		p.sum = make([]float64, len(row))
	}
	for i, v := range row {
		p.sum[i] += float64(v)
	}
	p.rows++
}

// Vector is what has been gathered. Its length is whatever the model gives it.
func (p *Pooled) Vector() []float32 {
	v := make([]float32, len(p.sum))
	for i, s := range p.sum {
		v[i] = float32(s / float64(p.rows))
	}
	return v
}
