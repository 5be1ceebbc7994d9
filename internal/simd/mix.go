package simd

import "math"

// Lanes is how many columns the functions of this file work on at once. It is also
// how many tokens a page of a cache holds, so that the scores of a page are one row
// of lanes.
const Lanes = 32

// Rows are rows of floats, Stride apart from one another.
type Rows struct {
	Data   []float32
	Stride int
	Count  int
}

// From leaves the first rows out.
func (r Rows) From(i int) Rows {
	return Rows{Data: r.Data[i*r.Stride:], Stride: r.Stride, Count: r.Count - i}
}

// Only keeps the first n rows.
func (r Rows) Only(n int) Rows { r.Count = n; return r }

// Columns are the columns from i on.
func (r Rows) Columns(i int) Rows { r.Data = r.Data[i:]; return r }

// holds panics unless every row has so many columns.
func (r Rows) holds(columns int) { _ = r.Data[:(r.Count-1)*r.Stride+columns] }

// MixHalf multiplies rows of n numbers with n rows of halves, stride apart, of which
// it takes Lanes columns: out = keep·out + a×b. keep has a number per row; without
// it, out is overwritten. A row of out depends on its rows of a, b and keep alone.
// Sums run from the first step to the last, fused or not: the error is that of n
// roundings. What lies ahead, of which it takes Lanes numbers a step, is fetched
// from memory meanwhile.
func MixHalf(out, a Rows, b []uint16, stride, n int, keep []float32, ahead []uint16) {
	if out.Count == 0 {
		return
	}
	out.holds(Lanes)
	a.holds(n)
	b = b[:(n-1)*stride+Lanes]
	if keep != nil {
		keep = keep[:out.Count]
	}
	if mixHalfWide(out, a, b, stride, n, keep, ahead) {
		return
	}
	var sum [Lanes]float32
	for r := range out.Count {
		clear(sum[:])
		for k, v := range a.Data[r*a.Stride:][:n] {
			for i, h := range b[k*stride:][:Lanes] {
				sum[i] += v * F16(h)
			}
		}
		keepRow(out.Data[r*out.Stride:][:Lanes], &sum, r, keep)
	}
}

// MixBytes is MixHalf for bytes, with a scale for each of the columns.
func MixBytes(out, a Rows, b []int8, stride, n int, keep, scale []float32, ahead []int8) {
	if out.Count == 0 {
		return
	}
	out.holds(Lanes)
	a.holds(n)
	b, scale = b[:(n-1)*stride+Lanes], scale[:Lanes]
	if keep != nil {
		keep = keep[:out.Count]
	}
	if mixBytesWide(out, a, b, stride, n, keep, scale, ahead) {
		return
	}
	var sum [Lanes]float32
	for r := range out.Count {
		clear(sum[:])
		for k, v := range a.Data[r*a.Stride:][:n] {
			for i, q := range b[k*stride:][:Lanes] {
				sum[i] += v * float32(q)
			}
		}
		for i, s := range scale {
			sum[i] *= s
		}
		keepRow(out.Data[r*out.Stride:][:Lanes], &sum, r, keep)
	}
}

func keepRow(out []float32, sum *[Lanes]float32, r int, keep []float32) {
	if keep == nil {
		copy(out, sum[:])
		return
	}
	for i, s := range sum {
		out[i] = keep[r]*out[i] + s
	}
}

// Soften takes a step of a softmax over long rows (Milakov and Gimelshein 2018):
// rows of Lanes scores, of which the first n count, become weights 2^(score−largest),
// and 0 beyond n. largest and sum are those of each row so far and are carried on;
// keep becomes what the weights of earlier steps must be multiplied with. It begins
// with a largest of −∞ and a sum of 0. The weights are right to 2 units in the last
// place.
func Soften(scores []float32, n int, largest, sum, keep []float32) {
	rows := len(largest)
	if rows == 0 {
		return
	}
	scores, sum, keep = scores[:rows*Lanes], sum[:rows], keep[:rows]
	if softenWide(scores, n, largest, sum, keep) {
		return
	}
	for r := range rows {
		row := scores[r*Lanes : (r+1)*Lanes]
		top := largest[r]
		for _, s := range row[:n] {
			top = max(top, s)
		}
		keep[r] = pow2(largest[r] - top)
		largest[r] = top
		sum[r] = float32(sum[r]*keep[r]) + weigh(row, n, top)
	}
}

// weigh turns one row of scores into weights and sums them.
func weigh(row []float32, n int, top float32) (sum float32) {
	for i, s := range row[:n] {
		row[i] = pow2(s - top)
		sum += row[i]
	}
	clear(row[n:])
	return sum
}

func pow2(x float32) float32 { return float32(math.Exp2(float64(x))) }

// ScaleColumns writes rows of Lanes floats with each column times its factor. dst
// may be src.
func ScaleColumns(dst, src, by []float32) {
	dst, by = dst[:len(src)], by[:Lanes]
	if len(src) == 0 || scaleColumnsWide(dst, src, by) {
		return
	}
	for i, v := range src {
		dst[i] = v * by[i%Lanes]
	}
}
