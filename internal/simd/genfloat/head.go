package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// quantizeHead rounds blocks of 32 floats to bytes with one scale. It takes the
// steps of its twin one by one, so that not a bit differs; that a block of zeros
// needs no branch is because 127/0·0 is not a number, whose low byte is zero.
func (c *isa) quantizeHead() {
	c.text("quantizeHead", "func(q *int8, scales *float32, f *float32, blocks int)", "rounds blocks of 32.")
	q, scales, f, blocks := pointer("q"), pointer("scales"), pointer("f"), pointer("blocks")
	magnitude := c.all(c.constant(0x7fffffff))
	magic, most := c.all(c.number(1<<23+1<<22)), XMM()
	VMOVSS(c.number(127), most)
	c.loop(blocks, 1, func() {
		largest := c.largestMagnitude(f, magnitude)
		scale, inverse := XMM(), XMM()
		VDIVSS(most, largest, scale)
		VMOVSS(scale, at(scales, 0, 0))
		VDIVSS(largest, most, inverse)
		c.round32(q, f, c.all(inverse), magic)
		advance(8, f)
		advance(2, q)
		ADDQ(I8(4), scales)
	})
	ret()
}

// largestMagnitude goes by the bits, which are ordered as the numbers are and put
// what is not a number on top.
func (c *isa) largestMagnitude(f Register, magnitude VecVirtual) VecVirtual {
	top := make([]VecVirtual, 32/c.lanes())
	for i := range top {
		top[i] = c.vec()
		VANDPS(at(f, i, c.bytes()), magnitude, top[i])
	}
	for _, t := range top[1:] {
		VPMAXSD(t, top[0], top[0])
	}
	return c.fold(top[0], maxInt)
}

// round32 rounds 32 floats. The low byte of a sum is the number, whatever the sum is;
// so it is isolated by shifts, not by saturation.
func (c *isa) round32(q, f Register, by, magic VecVirtual) {
	v := make([]VecVirtual, 32/c.lanes())
	for i := range v {
		v[i] = c.vec()
		VMULPS(at(f, i, c.bytes()), by, v[i])
		VADDPS(magic, v[i], v[i])
		VPSLLD(U8(24), v[i], v[i])
		VPSRAD(U8(24), v[i], v[i])
	}
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
	m := GLOBL("order", 8|16)
	for i, v := range []uint32{0, 4, 1, 5, 2, 6, 3, 7} {
		DATA(4*i, U32(v))
	}
	return m
}
