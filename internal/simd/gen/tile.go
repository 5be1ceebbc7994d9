package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A token's numbers of a group: 256 bytes; its scales and the sums of its numbers
// stand apart, see Batch in package simd.
const (
	groupBytes = 256
	sums32     = 8 * 4
	sumsK      = 12 * 4
	at16       = 0      // sums of 16 numbers, as words
	at32       = 16 * 2 // sums of 32 numbers, as words
)

// repeat writes a loop of n rounds, or of count rounds where n is zero.
func repeat(name string, n int, body func()) {
	if n > 0 {
		MOVQ(number(n), count)
	}
	Label(name)
	body()
	DECQ(count)
	JNZ(LabelRef(name))
}

// products adds the products of four bytes in every lane of weights with four bytes
// of the token at a.
func (k *kernel) dot4(a Mem, weights, dst reg.VecPhysical) {
	VPDPBUSD_BCST(a, weights, dst)
}

// tile32 is the tile of formats with blocks of 32. bias is the power of two that
// was added to weights, and -1 where nothing was.
func tile32(bias int, minima bool) func(k *kernel, tokens int) {
	return func(k *kernel, n int) {
		acc, dot, v := k.vectors[:n], k.vectors[n:2*n], k.vectors[2*n:]
		for t := range n {
			VMOVUPS(at(sum, t*k.bytes()), acc[t])
		}
		MOVQ(base, w)
		MOVQ(k.variable("now"), count)
		repeat(fmt.Sprintf("blocks%d", n), 0, func() {
			if k.wide() {
				k.dots32(n, bias, dot, v)
			} else {
				k.dots32Narrow(n, bias, minima, dot, v)
			}
			VMOVUPS(at(w, at32Scale*k.bytes()), v[0])
			if minima {
				VMOVUPS(at(w, at32Minimum*k.bytes()), v[1])
			}
			for t := range n {
				VCVTDQ2PS(dot[t], dot[t])
				if minima {
					k.finish32Affine(t, acc, dot, v)
				} else {
					k.finish32(t, acc, dot, v)
				}
			}
			ADDQ(number(scratch32*k.bytes()), w)
			ADDQ(I8(32), q)
			ADDQ(I8(4), scales)
			ADDQ(I8(4), sums)
		})
		for t := range n {
			VMOVUPS(acc[t], at(sum, t*k.bytes()))
		}
		k.skip32(n)
	}
}

// skip32 goes to the next tile. The numbers of blocks that the last group lacks are
// there, but unused.
func (k *kernel) skip32(n int) {
	MOVQ(k.variable("now"), count)
	MOVQ(count, spare)
	SHLQ(U8(5), spare)
	SUBQ(spare, q)
	ADDQ(number(n*groupBytes), q)
	SHLQ(U8(2), count)
	SUBQ(count, scales)
	ADDQ(number(n*sums32), scales)
	SUBQ(count, sums)
	ADDQ(number(n*sums32), sums)
}

func (k *kernel) dots32(n, bias int, dot, v []reg.VecPhysical) {
	for t := range n {
		if bias < 0 {
			k.zero(dot[t])
			continue
		}
		VPSLLD_BCST(U8(bias), at(sums, t*sums32), dot[t])
	}
	for c := range 8 {
		k.load(at(w, c*k.bytes()), v[0])
		for t := range n {
			k.dot4(at(q, t*groupBytes+4*c), v[0], dot[t])
		}
	}
}

// finish32 adds scale of the weights · scale of the token · sum of products.
func (k *kernel) finish32(t int, acc, dot, v []reg.VecPhysical) {
	if k.wide() {
		VMULPS_BCST(at(scales, t*sums32), v[0], v[2])
	} else {
		VBROADCASTSS(at(scales, t*sums32), v[2])
		VMULPS(v[2], v[0], v[2])
	}
	VMULPS(v[2], dot[t], dot[t])
	VADDPS(dot[t], acc[t], acc[t])
}

// finish32Affine adds scale of the token · (scale · sum of products + minimum · sum
// of the token's numbers), which is held with the other sign.
func (k *kernel) finish32Affine(t int, acc, dot, v []reg.VecPhysical) {
	if k.wide() {
		VCVTDQ2PS_BCST(at(sums, t*sums32), v[2])
	} else {
		VPBROADCASTD(at(sums, t*sums32), v[2])
		VCVTDQ2PS(v[2], v[2])
	}
	VMULPS(v[2], v[1], v[2])
	VMULPS(v[0], dot[t], dot[t])
	VSUBPS(v[2], dot[t], dot[t])
	if k.wide() {
		VMULPS_BCST(at(scales, t*sums32), dot[t], dot[t])
	} else {
		VBROADCASTSS(at(scales, t*sums32), v[2])
		VMULPS(v[2], dot[t], dot[t])
	}
	VADDPS(dot[t], acc[t], acc[t])
}

// dots32Narrow is dots32 with VPMADDUBSW, whose sums of two products saturate at 16
// bits: enough for signed weights, when their sign goes to the other side, and for
// the sums of several products of small ones.
func (k *kernel) dots32Narrow(n, bias int, minima bool, dot, v []reg.VecPhysical) {
	signed := bias == 7
	w0, t0, t1, ones := v[0], v[1], v[2], v[3]
	constant(0x00010001, ones)
	together := 4 // products of five-bit numbers with 127: four pairs are below 2^15
	if bias == 3 {
		together = 8
	}
	if signed {
		together = 1
	}
	sums16 := v[4:]
	for t := range n {
		k.zero(dot[t])
	}
	for c := range 8 {
		k.load(at(w, c*k.bytes()), w0)
		for t := range n {
			VPBROADCASTD(at(q, t*groupBytes+4*c), t0)
			if signed {
				VPSIGNB(w0, t0, t0)
				VPABSB(w0, t1)
				VPMADDUBSW(t0, t1, t0)
			} else {
				VPMADDUBSW(t0, w0, t0)
			}
			k.gather(c, together, t, t0, ones, sums16, dot)
		}
	}
	if bias > 0 && !signed {
		for t := range n {
			VPBROADCASTD(at(sums, t*sums32), t0)
			VPSLLD(U8(bias), t0, t0)
			VPADDD(t0, dot[t], dot[t])
		}
	}
}

// gather adds a vector of 16-bit sums to its token's, and these to the 32-bit ones
// as often as they would not fit otherwise.
func (k *kernel) gather(c, together, t int, part, ones reg.VecPhysical, sums16, dot []reg.VecPhysical) {
	whole := part
	if together > 1 {
		whole = sums16[t]
		if c%together == 0 {
			k.move(part, whole)
		} else {
			VPADDW(part, whole, whole)
		}
	}
	if (c+1)%together == 0 {
		VPMADDWD(ones, whole, part)
		VPADDD(part, dot[t], dot[t])
	}
}
