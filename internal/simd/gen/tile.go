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

// tile is what multiplies a number of tokens, and the numbers it can.
func (k *kernel) tile() (tile func(tokens int), tokens []int) {
	switch {
	case k.floats():
		return k.tileFloat, k.tilesF
	case k.blockLen == 256:
		return k.tileK, k.tilesK
	case k.signed(): // needs fewer vectors
		return k.tile32, k.tilesK
	}
	return k.tile32, k.tiles
}

// tile32 is the tile of formats with blocks of 32.
func (k *kernel) tile32(n int) {
	acc, dot, v := k.vectors[:n], k.vectors[n:2*n], k.vectors[2*n:]
	for t := range n {
		VMOVUPS(k.sumOf(t*k.bytes()), acc[t])
	}
	MOVQ(base, w)
	MOVQ(k.variable("now"), count)
	repeat(fmt.Sprintf("blocks%d", n), 0, func() {
		if k.wide() {
			k.dots32(n, dot, v)
		} else {
			k.dots32Narrow(n, dot, v)
		}
		k.finish32(w, acc, dot, v)
		ADDQ(number(scratch32*k.bytes()), w)
		ADDQ(I8(32), k.q)
		ADDQ(I8(4), k.scales)
		ADDQ(I8(4), k.sums)
	})
	for t := range n {
		VMOVUPS(acc[t], k.sumOf(t*k.bytes()))
	}
	k.skip32(n)
}

// skip32 goes to the next tile. The numbers of blocks that the last group lacks are
// there, but unused.
func (k *kernel) skip32(n int) {
	MOVQ(k.variable("now"), count)
	MOVQ(count, spare)
	SHLQ(U8(5), spare)
	SUBQ(spare, k.q)
	ADDQ(number(n*groupBytes), k.q)
	SHLQ(U8(2), count)
	SUBQ(count, k.scales)
	ADDQ(number(n*sums32), k.scales)
	SUBQ(count, k.sums)
	ADDQ(number(n*sums32), k.sums)
}

// unbias starts a sum of products with what has to be taken off it.
func (k *kernel) unbias(t int, dot reg.VecPhysical) {
	if k.bias < 0 {
		k.zero(dot)
		return
	}
	VPSLLD_BCST(U8(k.bias), at(k.sums, t*sums32), dot)
}

func (k *kernel) dots32(n int, dot, v []reg.VecPhysical) {
	for t := range n {
		k.unbias(t, dot[t])
	}
	for c := range 8 {
		k.load(at(w, c*k.bytes()), v[0])
		for t := range n {
			VPDPBUSD_BCST(at(k.q, t*groupBytes+4*c), v[0], dot[t])
		}
	}
}

// finish32 adds the products with the block whose scratch is at b to the tokens'
// accumulators.
func (k *kernel) finish32(b reg.GPPhysical, acc, dot, v []reg.VecPhysical) {
	VMOVUPS(at(b, at32Scale*k.bytes()), v[0])
	if k.minima {
		VMOVUPS(at(b, at32Minimum*k.bytes()), v[1])
	}
	for t := range acc {
		VCVTDQ2PS(dot[t], dot[t])
		if k.minima {
			k.affine32(t, dot[t], v)
		} else {
			k.scale32(t, dot[t], v)
		}
		VADDPS(dot[t], acc[t], acc[t])
	}
}

// scale32 is scale of the weights · scale of the token · sum of products.
func (k *kernel) scale32(t int, dot reg.VecPhysical, v []reg.VecPhysical) {
	if k.wide() {
		VMULPS_BCST(at(k.scales, t*sums32), v[0], v[2])
	} else {
		VBROADCASTSS(at(k.scales, t*sums32), v[2])
		VMULPS(v[2], v[0], v[2])
	}
	VMULPS(v[2], dot, dot)
}

// affine32 is scale of the token · (scale · sum of products + minimum · sum of the
// token's numbers), which is held with the other sign.
func (k *kernel) affine32(t int, dot reg.VecPhysical, v []reg.VecPhysical) {
	VPBROADCASTD(at(k.sums, t*sums32), v[2])
	VCVTDQ2PS(v[2], v[2])
	VMULPS(v[2], v[1], v[2])
	VMULPS(v[0], dot, dot)
	VSUBPS(v[2], dot, dot)
	VBROADCASTSS(at(k.scales, t*sums32), v[2])
	VMULPS(v[2], dot, dot)
}

// dots32Narrow is dots32 with VPMADDUBSW, whose sums of two products saturate at 16
// bits: enough for signed weights, when their sign goes to the other side, and for
// the sums of several products of small ones.
func (k *kernel) dots32Narrow(n int, dot, v []reg.VecPhysical) {
	w0, magnitude, t0, ones, sums16 := v[0], v[1], v[1], v[2], v[3:]
	if k.signed() {
		t0 = v[3]
	}
	constant(0x00010001, ones)
	for t := range n {
		k.zero(dot[t])
	}
	for c := range 8 {
		k.load(at(w, c*k.bytes()), w0)
		if k.signed() {
			VPABSB(w0, magnitude)
		}
		for t := range n {
			VPBROADCASTD(at(k.q, t*groupBytes+4*c), t0)
			if k.signed() {
				VPSIGNB(w0, t0, t0)
				VPMADDUBSW(t0, magnitude, t0)
			} else {
				VPMADDUBSW(t0, w0, t0)
			}
			k.gather(c, t, t0, ones, sums16, dot)
		}
	}
	if k.bias > 0 && !k.signed() {
		for t := range n {
			VPBROADCASTD(at(k.sums, t*sums32), t0)
			VPSLLD(U8(k.bias), t0, t0)
			VPADDD(t0, dot[t], dot[t])
		}
	}
}

// signed reports whether weights have eight bits: AVX2 works with their signs.
func (k *kernel) signed() bool { return k.bias == 7 }

// gather adds a vector of 16-bit sums to its token's, and these to the 32-bit ones
// as often as they would not fit otherwise.
func (k *kernel) gather(c, t int, part, ones reg.VecPhysical, sums16, dot []reg.VecPhysical) {
	whole := part
	if k.together > 1 {
		whole = sums16[t]
		if c%k.together == 0 {
			k.move(part, whole)
		} else {
			VPADDW(part, whole, whole)
		}
	}
	if (c+1)%k.together == 0 {
		VPMADDWD(ones, whole, part)
		VPADDD(part, dot[t], dot[t])
	}
}
