package bench

import "slices"

// Spread describes samples. The unit is that of the samples; percentiles are samples
// themselves, by nearest rank (B2).
type Spread struct {
	Count int     `json:"count" en:"samples" zh:"样本数"`
	Mean  float64 `json:"mean" en:"mean" zh:"平均值"`
	Min   float64 `json:"min" en:"smallest" zh:"最小值"`
	P50   float64 `json:"p50" en:"half of the samples are no larger; p90, p95 and p99 likewise" zh:"一半样本不超过该值；p90、p95、p99 类推"`
	P90   float64 `json:"p90" en:"" zh:""`
	P95   float64 `json:"p95" en:"" zh:""`
	P99   float64 `json:"p99" en:"" zh:""`
	Max   float64 `json:"max" en:"largest" zh:"最大值"`
}

// describe sorts the samples and reads their spread off; no samples have a zero one.
func describe(samples []float64) Spread {
	n := len(samples)
	if n == 0 {
		return Spread{}
	}
	slices.Sort(samples)
	sum := 0.0
	for _, x := range samples {
		sum += x
	}
	return Spread{Count: n, Mean: sum / float64(n), Min: samples[0], Max: samples[n-1],
		P50: percentile(samples, 50), P90: percentile(samples, 90), P95: percentile(samples, 95), P99: percentile(samples, 99)}
}

// percentile is the smallest sample that so many percent of them do not exceed. The
// samples are sorted, and there is one.
func percentile(sorted []float64, percent int) float64 {
	rank := (percent*len(sorted) + 99) / 100
	return sorted[max(1, rank)-1]
}

// Runs are rates of repeated runs, in the order they were measured.
type Runs struct {
	Median  float64   `json:"median" en:"middle of the runs" zh:"各次的中位数"`
	Min     float64   `json:"min" en:"slowest run" zh:"最慢的一次"`
	Max     float64   `json:"max" en:"fastest run" zh:"最快的一次"`
	Spread  float64   `json:"spread" en:"(max - min) / median" zh:"（最大值 − 最小值）/ 中位数"`
	Samples []float64 `json:"samples" en:"every run, in order" zh:"每一次的结果，按先后顺序"`
}

func repeated(samples []float64) Runs {
	r := Runs{Samples: samples, Median: median(samples)}
	if len(samples) > 0 {
		r.Min, r.Max = slices.Min(samples), slices.Max(samples)
	}
	if r.Median > 0 {
		r.Spread = (r.Max - r.Min) / r.Median
	}
	return r
}

// median is the middle sample, or the mean of the two in the middle; 0 if there is none.
func median(samples []float64) float64 {
	s := slices.Sorted(slices.Values(samples))
	n := len(s)
	if n == 0 {
		return 0
	}
	return (s[(n-1)/2] + s[n/2]) / 2
}
