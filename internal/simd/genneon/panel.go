package main

// A kernel multiplies a panel of four rows, one per 32-bit lane, with all tokens, in
// the same way as those of amd64 (../gen): it goes through the rows a group of 256
// bytes of tokens at a time, unpacks the group's weights into scratch as vectors of
// four neighbouring bytes of every row, and multiplies them with the tokens tile by
// tile. So a weight is unpacked once, there is nothing to sum up across lanes, and a
// row's sum runs in the order of its blocks whatever the tile.
type format struct {
	name       string
	blockBytes int
	blockLen   int
	group      int // numbers unpacked at a time
	scratch    int // vectors of scratch per block
	unpack     func(k *kernel)
	small      bool // sums of two products of four vectors of weights fit into 16 bits together
	excess     int  // what unpacked weights are too large by
	minima     bool // there are minima
	sub        int  // vectors of weights in a sub-block of a K format
}

var formats = []format{
	{name: "Q8_0", blockBytes: 2 + 32, blockLen: 32, group: 256, scratch: scratch32, unpack: unpackQ8_0},
	{name: "Q4_0", blockBytes: 2 + 16, blockLen: 32, group: 256, scratch: scratch32, unpack: unpackQ4_0, small: true, excess: 8},
	{name: "Q4_1", blockBytes: 4 + 16, blockLen: 32, group: 256, scratch: scratch32, unpack: unpackQ4_1, small: true, minima: true},
	{name: "Q5_0", blockBytes: 6 + 16, blockLen: 32, group: 256, scratch: scratch32, unpack: unpackQ5_0, small: true, excess: 16},
	{name: "Q5_1", blockBytes: 8 + 16, blockLen: 32, group: 256, scratch: scratch32, unpack: unpackQ5_1, small: true, minima: true},
	{name: "IQ4NL", blockBytes: 2 + 16, blockLen: 32, group: 256, scratch: scratch32, unpack: unpackIQ4NL},
	{name: "MXFP4", blockBytes: 1 + 16, blockLen: 32, group: 256, scratch: scratch32, unpack: unpackMXFP4, small: true, excess: 16},
	{name: "Q4K", blockBytes: 16 + 128, blockLen: 256, group: 256, scratch: scratchK, unpack: unpackQ4K, small: true, minima: true, sub: 8},
	{name: "Q5K", blockBytes: 16 + 160, blockLen: 256, group: 256, scratch: scratchK, unpack: unpackQ5K, small: true, minima: true, sub: 8},
	{name: "Q6K", blockBytes: 192 + 18, blockLen: 256, group: 256, scratch: scratch6, unpack: unpackQ6K, small: true, excess: 32, sub: 4},
	{name: "F32", blockBytes: 16, blockLen: 4, group: groupFloats, scratch: 4, unpack: unpackF32},
	{name: "F16", blockBytes: 16, blockLen: 8, group: groupFloats, scratch: 8, unpack: unpackF16},
	{name: "BF16", blockBytes: 16, blockLen: 8, group: groupFloats, scratch: 8, unpack: unpackBF16},
}

const (
	tokensMax   = 144 // partMax of package simd
	groupFloats = 64
)

// kernel is a kernel being written.
type kernel struct {
	*assembly
	format
	dotProduct bool   // the machine has SDOT
	direct     bool   // weights are multiplied at once, not stored (direct.go)
	held       [2]int // which 16 bytes of the token vectors 14 and 15 have
}

// tiles are the numbers of tokens that are multiplied at a time, the largest first.
func (k *kernel) tiles() []int {
	if k.dotProduct || k.floats() {
		return []int{8, 4, 2, 1}
	}
	return []int{4, 2, 1} // five instructions stand for one
}

// What registers are for, in all kernels. R18 and those from R26 on are taken.
const (
	base r = 0 // scratch, then the accumulators of the tokens
	row0 r = 1 // to row3
	out  r = 5 // where unpacked weights go
	next r = 6 // what is fetched from memory ahead

	count r = 7
	spare r = 8

	q      r = 9 // what the tokens' numbers are read from
	scales r = 10
	sums   r = 11
	sum    r = 12 // the tokens' accumulators

	w      r = 13 // weights in scratch
	left   r = 14 // tokens
	blocks r = 15
	now    r = 16 // blocks of this group
	ws     r = 17 // scales of sub-blocks in scratch

	rowBytes r = 19
	tokens   r = 20
	dst      r = 21
	stride   r = 22
)

// excess holds 16 times what weights are too large by, while they are stored.
const excess v = 15

// acc is where the accumulators start, from base.
func (k *kernel) acc() int { return k.group / k.blockLen * k.scratch * 16 }

func (k *kernel) floats() bool { return k.blockLen < 32 }

// sumsOf is how many vectors of sums a token has.
func (k *kernel) sumsOf() int {
	if k.floats() {
		return 2
	}
	return 1
}

// mul writes a format's kernel.
func (a *assembly) mul(f format, suffix string, dotProduct bool) {
	k := &kernel{assembly: a, format: f, dotProduct: dotProduct}
	a.function("mul"+f.name+suffix,
		"(dst *float32, stride int, rows *byte, rowBytes int, q *int8, scales *float32, sums *int32, blocks int, tokens int)",
		"multiplies four rows of "+f.name+" with tokens.", k.acc()+2*tokensMax*16+64, k.write)
}

func (k *kernel) write() {
	k.do("MOVD RSP, %v", base)
	k.do("ADD $71, %v", base)
	k.do("AND $~63, %v", base)
	k.param("dst", dst)
	k.param("stride", stride)
	k.do("LSL $2, %v", stride)
	k.param("rowBytes", rowBytes)
	k.param("q", q)
	k.param("scales", scales)
	k.param("sums", sums)
	k.param("blocks", blocks)
	k.param("tokens", tokens)
	k.param("rows", row0)
	for i := range r(3) {
		k.do("ADD %v, %v, %v", rowBytes, row0+i, row0+i+1)
	}
	k.do("ADD %v, %v, %v", rowBytes, row0+3, next)
	k.clear()
	k.do("CBZ %v, store", blocks)
	k.do("CMP $1, %v", tokens)
	k.do("BNE group")
	k.one()
	k.do("B store")

	k.label("group")
	k.do("MOVD $%d, %v", k.group/k.blockLen, now)
	k.do("CMP %v, %v", now, blocks)
	k.do("CSEL LT, %v, %v, %v", blocks, now, now)
	k.do("SUB %v, %v", now, blocks)
	k.do("MOVD %v, %v", now, count)
	k.do("MOVD %v, %v", base, out)
	if k.excess > 0 {
		k.bytes(excess, byte(k.excess))
	}
	k.unpack(k)
	k.multiplyAll()
	k.do("CBNZ %v, group", blocks)

	k.label("store")
	k.finishAll()
	k.do("RET")
}

// clear makes the sums zero.
func (k *kernel) clear() {
	k.zero(0)
	k.do("ADD $%d, %v, %v", k.acc(), base, sum)
	k.do("MOVD %v, %v", tokens, left)
	k.loop(left, 1, func() {
		for i := range k.sumsOf() {
			k.store(quad, 0, sum, 16*i)
		}
		k.advance(16*k.sumsOf(), sum)
	})
}

// finishAll writes the products.
func (k *kernel) finishAll() {
	k.do("ADD $%d, %v, %v", k.acc(), base, sum)
	k.loop(tokens, 1, func() {
		k.load(quad, 0, sum, 0)
		if k.floats() {
			k.load(quad, 1, sum, 16)
			k.v3("fadd.4s", 0, 0, 1)
		}
		k.store(quad, 0, dst, 0)
		k.advance(16*k.sumsOf(), sum)
		k.do("ADD %v, %v", stride, dst)
	})
}

// each repeats what is written for every block, of which there are count.
func (k *kernel) each(block func()) {
	k.loop(count, 1, func() {
		for i := 0; i < 4*k.blockBytes; i += 64 {
			k.do("PRFM %d(%v), PLDL2KEEP", i, next)
		}
		k.advance(4*k.blockBytes, next)
		if k.direct {
			k.startBlock()
		}
		block()
		k.advance(k.blockBytes, row0, row0+1, row0+2, row0+3)
		if k.direct {
			k.finishBlock()
		} else {
			k.advance(16*k.scratch, out)
		}
	})
}

// columns reads 16 bytes of every row into vectors d to d+3: the first four bytes of
// all rows, the next four, and so on. It uses vectors 0 to 7.
func (k *kernel) columns(d v, offset int) {
	for i := range r(4) {
		k.load(quad, v(i), row0+i, offset)
	}
	k.v3("trn1.4s", 4, 0, 1)
	k.v3("trn2.4s", 5, 0, 1)
	k.v3("trn1.4s", 6, 2, 3)
	k.v3("trn2.4s", 7, 2, 3)
	k.v3("trn1.2d", d, 4, 6)
	k.v3("trn1.2d", d+1, 5, 7)
	k.v3("trn2.2d", d+2, 4, 6)
	k.v3("trn2.2d", d+3, 5, 7)
}

// halves reads one half of every row into vector 0 as floats. It uses 0 to 3.
func (k *kernel) halves(offset int) {
	for i := range r(4) {
		k.load(half, v(i), row0+i, offset)
	}
	k.v3("zip1.8h", 0, 0, 1)
	k.v3("zip1.8h", 2, 2, 3)
	k.v3("zip1.4s", 0, 0, 2)
	k.v2("fcvtl.4s", 0, 0)
}

// put stores a vector of the block's scratch, less what its weights are too large by.
func (k *kernel) put(x v, i int) {
	switch {
	case i >= k.weights() && k.direct:
		k.store(quad, x, base, 16*i)
		return
	case k.direct:
		k.multiply(x, i)
		return
	case i < k.weights() && k.excess > 0:
		k.v3("sub.16b", x, x, excess)
	}
	k.store(quad, x, out, 16*i)
}

// weights is how many vectors of a block's scratch are weights.
func (k *kernel) weights() int {
	if k.floats() {
		return k.blockLen
	}
	return k.blockLen / 4
}
