package simd

// Batch is several vectors of one length, prepared to be multiplied with rows of
// weights together. It is made for kernels: numbers that are multiplied at the same
// time stand side by side.
//
// Where there are kernels, tokens are cut into parts of at most partMax, and a
// vector into groups of 256 bytes: 256 integers or 64 floats. A part holds the first
// group of all its tokens, then the second group of all, and so on; a last group
// that is not full takes the room of a full one. Scales and sums stand in the same
// order: for [Bytes32] eight scales and eight sums per group, the sums with the
// other sign; for [Bytes256] one scale, and twelve words of two sums each: of every
// 16 numbers, then of every 32.
type Batch struct {
	F   []float32 // the vectors themselves, one after another
	how Preparation
	n   int // vectors
	len int // numbers in one

	q      []int8
	floats []float32
	scales []float32
	sums   []int32

	plain []Input // where there are no kernels
}

const (
	partMax     = 144 // tokensMax of the generator
	partStep    = 12  // tokens that kernels like best together
	groupLen    = 256
	groupFloats = 64
	sumsK       = 12
)

// Len is how many vectors there are.
func (b *Batch) Len() int { return b.n }

// Prepare makes room for the n > 0 vectors that f holds one after another, which is
// kept, not copied. Storage of an earlier call is used again. Every one of them has
// then to be prepared with [Batch.PrepareOne].
func (b *Batch) Prepare(p Preparation, f []float32, n int) {
	b.F, b.how, b.n, b.len = f, p, n, len(f)/n
	if native == nil {
		for len(b.plain) < n {
			b.plain = append(b.plain, Input{})
		}
		return
	}
	if p == Floats {
		b.floats = resize(b.floats, n*b.groups()*groupFloats)
		return
	}
	groups := n * b.groups()
	b.q = resize(b.q, groups*groupLen)
	if p == Bytes32 {
		b.scales = resize(b.scales, groups*8)
		b.sums = resize(b.sums, groups*8)
		return
	}
	b.scales = resize(b.scales, groups)
	b.sums = resize(b.sums, groups*sumsK)
}

// PrepareOne prepares vector i. Several may be prepared at the same time.
func (b *Batch) PrepareOne(i int) {
	f := b.F[i*b.len : (i+1)*b.len]
	switch {
	case native == nil:
		b.plain[i].Prepare(b.how, f)
	case b.how == Floats:
		for at := 0; at < len(f); at += groupFloats {
			copy(b.floats[b.group(i, at/groupFloats)*groupFloats:], f[at:min(at+groupFloats, len(f))])
		}
	case b.how == Bytes32:
		for at := 0; at < len(f); at += groupLen {
			g := b.group(i, at/groupLen)
			native.quantize32(&b.q[g*groupLen], &b.scales[g*8], &b.sums[g*8], &f[at], min(8, (len(f)-at)/32))
		}
	default:
		for at := 0; at < len(f); at += groupLen {
			g := b.group(i, at/groupLen)
			native.quantize256(&b.q[g*groupLen], &b.scales[g], &b.sums[g*sumsK], &f[at], 1)
		}
	}
}

// groups is how many groups a vector has.
func (b *Batch) groups() int {
	if b.how == Floats {
		return (b.len + groupFloats - 1) / groupFloats
	}
	return (b.len + groupLen - 1) / groupLen
}

// partLen is how many tokens a part has, the last one excepted: parts are about
// equal.
func (b *Batch) partLen() int {
	parts := (b.n + partMax - 1) / partMax
	return (b.n + parts*partStep - 1) / (parts * partStep) * partStep
}

// group is the place of group g of vector i.
func (b *Batch) group(i, g int) int {
	size := b.partLen()
	first := i / size * size
	return first*b.groups() + g*min(size, b.n-first) + i - first
}
