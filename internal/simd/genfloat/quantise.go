package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// quantise rounds blocks of so many floats to bytes with one scale, and sums the
// bytes per 32. It takes the steps of its twin one by one, so that not a bit
// differs; that a block of zeros needs no branch is because 127/0·0 is not a
// number, whose low byte is zero.
func (c *isa) quantise(per int) {
	name := fmt.Sprintf("quantise%d", per)
	c.text(name, "func(q *int8, scales *float32, sums *int32, f *float32, blocks int)",
		fmt.Sprintf("rounds blocks of %d.", per))
	q, scales, sums, f, blocks := pointer("q"), pointer("scales"), pointer("sums"), pointer("f"), pointer("blocks")
	magnitude := c.all(c.constant(0x7fffffff))
	magic, most := c.all(c.number(1<<23+1<<22)), XMM()
	VMOVSS(c.number(127), most)
	c.loop(blocks, 1, func() {
		largest := c.largestMagnitude(f, per, magnitude)
		scale, inverse := XMM(), XMM()
		VDIVSS(most, largest, scale)
		VMOVSS(scale, at(scales, 0, 0))
		VDIVSS(largest, most, inverse)
		by := c.all(inverse)
		k := GP64()
		MOVQ(I32(int32(per/32)), k)
		c.loop(k, 1, func() {
			c.round32(q, sums, f, by, magic)
			advance(8, f)
			advance(2, q)
			ADDQ(I8(4), sums)
		})
		ADDQ(I8(4), scales)
	})
	ret()
}

// largestMagnitude goes by the bits, which are ordered as the numbers are and put
// what is not a number on top.
func (c *isa) largestMagnitude(f Register, per int, magnitude VecVirtual) VecVirtual {
	top := make([]VecVirtual, 32/c.lanes())
	for i := range top {
		top[i] = c.vec()
		VANDPS(at(f, i, c.bytes()), magnitude, top[i])
	}
	for i := len(top); i < per/c.lanes(); i++ {
		v := c.vec()
		VANDPS(at(f, i, c.bytes()), magnitude, v)
		VPMAXSD(v, top[i%len(top)], top[i%len(top)])
	}
	for _, t := range top[1:] {
		VPMAXSD(t, top[0], top[0])
	}
	return c.fold(top[0], maxInt)
}

// round32 rounds 32 floats and sums them.
func (c *isa) round32(q, sums, f Register, by, magic VecVirtual) {
	v := make([]VecVirtual, 32/c.lanes())
	sum := c.vec()
	for i := range v {
		v[i] = c.vec()
		VMULPS(at(f, i, c.bytes()), by, v[i])
		VADDPS(magic, v[i], v[i])
		VPSLLD(U8(24), v[i], v[i])
		VPSRAD(U8(24), v[i], v[i])
		if i == 1 {
			VPADDD(v[0], v[1], sum)
		} else if i > 1 {
			VPADDD(v[i], sum, sum)
		}
	}
	VMOVD(c.fold(sum, addInt), at(sums, 0, 0))
	if c.wide {
		VPMOVDB(v[0], at(q, 0, 16))
		VPMOVDB(v[1], at(q, 1, 16))
		return
	}
	// Packing works in the two halves of a vector; the permutation mends the order.
	VPACKSSDW(v[1], v[0], v[0])
	VPACKSSDW(v[3], v[2], v[2])
	VPACKSSWB(v[2], v[0], v[0])
	order := YMM()
	VMOVDQU(c.order(), order)
	VPERMD(v[0], order, v[0])
	VMOVDQU(v[0], at(q, 0, 0))
}

func (c *isa) order() Mem {
	if m, ok := c.consts["order"]; ok {
		return m
	}
	m := GLOBL("order", 8|16)
	for i, v := range []uint32{0, 4, 1, 5, 2, 6, 3, 7} {
		DATA(4*i, U32(v))
	}
	c.consts["order"] = m
	return m
}
