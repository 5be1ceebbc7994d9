package simd

//go:generate go run ./genneon

// native is what this machine computes with, nil if it has no kernels.
var native = best(machines())

func best(list []*machine) *machine {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// machine is the kernels of an instruction set. Its rows of a panel lie side by side
// in the lanes of a vector.
type machine struct {
	name  string
	lanes int
	mul   map[*Format]kernel

	// quantize32 prepares n blocks of 32 numbers, quantize256 n groups of a [Batch].
	quantize32, quantize256 func(q *int8, scales *float32, sums *int32, f *float32, n int)
}

// kernel multiplies lanes rows, rowBytes apart, with the tokens of a part of a
// [Batch]: dst[t*stride+r]. Numbers of a row are counted in blocks of len. The
// numbers of float vectors take the place of scales.
type kernel struct {
	len int
	mul func(dst *float32, stride int, rows *byte, rowBytes int, q *int8, scales *float32, sums *int32, blocks, tokens int)
}

// Mul multiplies n rows with every vector of the batch, which must have been
// prepared as the format's Input says, and writes the product of row r and vector t
// to dst[t*stride+r].
func (f *Format) Mul(dst []float32, stride int, rows []byte, n int, b *Batch) {
	if n == 0 || b.n == 0 {
		return
	}
	rows = rows[:n*f.RowBytes(b.len)]
	_ = dst[(b.n-1)*stride+n-1]
	if native == nil {
		f.mulPlain(dst, stride, rows, n, b)
		return
	}
	k := native.mul[f]
	switch {
	case b.len%k.len != 0:
		f.mulPlain(dst, stride, rows, n, b)
		return
	case n < native.lanes:
		k.few(f, dst, stride, rows, n, b)
		return
	}
	size, bytes := b.partLen(), f.RowBytes(b.len)
	for first := 0; first < b.n; first += size {
		for r := 0; r < n; r += native.lanes {
			r := min(r, n-native.lanes) // the last panel may overlap the one before
			k.panel(dst[first*stride+r:], stride, rows[r*bytes:], bytes, b, first)
		}
	}
}

// panel multiplies the rows of a panel with the part that starts at token first.
func (k kernel) panel(dst []float32, stride int, rows []byte, rowBytes int, b *Batch, first int) {
	tokens := min(b.partLen(), b.n-first)
	g := first * b.groups()
	blocks := b.len / k.len
	switch b.how {
	case Floats:
		k.mul(&dst[0], stride, &rows[0], rowBytes, nil, &b.floats[g*groupFloats], nil, blocks, tokens)
	case Bytes32:
		k.mul(&dst[0], stride, &rows[0], rowBytes, &b.q[g*groupLen], &b.scales[g*8], &b.sums[g*8], blocks, tokens)
	default:
		k.mul(&dst[0], stride, &rows[0], rowBytes, &b.q[g*groupLen], &b.scales[g], &b.sums[g*sumsK], blocks, tokens)
	}
}

// few multiplies fewer rows than a panel has, with panels that hold one row many
// times: no real matrix is so small.
func (k kernel) few(f *Format, dst []float32, stride int, rows []byte, n int, b *Batch) {
	size, bytes := b.partLen(), f.RowBytes(b.len)
	out := make([]float32, size*native.lanes)
	for first := 0; first < b.n; first += size {
		for r := range n {
			k.panel(out, native.lanes, rows[r*bytes:], 0, b, first)
			for t := range min(size, b.n-first) {
				dst[(first+t)*stride+r] = out[t*native.lanes]
			}
		}
	}
}

// mulPlain is for machines without kernels, and for float rows of odd lengths.
func (f *Format) mulPlain(dst []float32, stride int, rows []byte, n int, b *Batch) {
	bytes := f.RowBytes(b.len)
	for r := range n {
		row := rows[r*bytes : (r+1)*bytes]
		for t := range b.n {
			in := Input{F: b.F[t*b.len : (t+1)*b.len]}
			if b.how != Floats {
				in = b.plain[t]
			}
			dst[t*stride+r] = f.Dot(row, &in)
		}
	}
}
