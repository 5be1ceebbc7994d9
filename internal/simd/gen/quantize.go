package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// What the quantizers read and write.
var q, scales, sums, numbers = reg.RSI, reg.RDI, reg.R8, reg.R9

// quantizers write the preparation of vectors: q and scales as quantize in package
// simd has them, and sums as Batch wants them.
func (m *machine) quantizers() {
	m.quantizer("quantize32", 32, 4, m.sums32)
	m.quantizer("quantize256", 256, sumsK, m.sums256)
}

// quantizer writes one for blocks of size numbers; a block takes sumBytes of sums.
func (m *machine) quantizer(name string, size, sumBytes int, add func(size int)) {
	TEXT(name+m.name, 4, "func(q *int8, scales *float32, sums *int32, f *float32, n int)")
	Pragma("noescape")
	Load(Param("q"), q)
	Load(Param("scales"), scales)
	Load(Param("sums"), sums)
	Load(Param("f"), numbers)
	Load(Param("n"), count)
	Label("block")
	m.largest(size)
	m.scale()
	m.round(size)
	add(size)
	ADDQ(number(size), q)
	ADDQ(number(4*size), numbers)
	ADDQ(number(4), scales)
	ADDQ(number(sumBytes), sums)
	DECQ(count)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// y is for what needs no more than 256 bits.
func y(i int) reg.VecPhysical {
	return []reg.VecPhysical{reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7, reg.Y8}[i]
}

// largest leaves the largest magnitude of a block in every lane of vector 0. As
// integers magnitudes have the same order, and what is not a number is the largest.
func (m *machine) largest(size int) {
	constant(0x7fffffff, y(8))
	VPXOR(y(0), y(0), y(0))
	for i := 0; i < size; i += 8 {
		VPAND(at(numbers, 4*i), y(8), y(1))
		VPMAXUD(y(1), y(0), y(0))
	}
	for _, swap := range []func(){
		func() { VPERM2F128(U8(1), y(0), y(0), y(1)) },
		func() { VPERMILPS(U8(0x4e), y(0), y(1)) },
		func() { VPERMILPS(U8(0xb1), y(0), y(1)) },
	} {
		swap()
		VPMAXUD(y(1), y(0), y(0))
	}
}

// scale stores largest/127, and leaves 127/largest in every lane of vector 2, zero
// where all numbers are.
func (m *machine) scale() {
	constant(0x42fe0000, y(3)) // 127
	VDIVPS(y(3), y(0), y(1))
	VMOVSS(y(1).AsX(), at(scales, 0))
	VDIVPS(y(0), y(3), y(2))
	VPXOR(y(4), y(4), y(4))
	VCMPPS(U8(4), y(4), y(0), y(5)) // not equal
	VANDPS(y(5), y(2), y(2))
}

// round stores the integers: the low bytes that are left when so large a number is
// added that nothing below one remains.
func (m *machine) round(size int) {
	m.order([8]uint32{0, 4, 1, 5, 2, 6, 3, 7}, y(7))
	constant(math.Float32bits(1<<23+1<<22), y(8))
	constant(0xff, y(1))
	for i := 0; i < size; i += 32 {
		for j := range 4 {
			VMULPS(at(numbers, 4*i+32*j), y(2), y(3+j))
			VADDPS(y(8), y(3+j), y(3+j))
			VPAND(y(1), y(3+j), y(3+j))
		}
		VPACKUSDW(y(4), y(3), y(3))
		VPACKUSDW(y(6), y(5), y(5))
		VPACKUSWB(y(5), y(3), y(3))
		VPERMD(y(3), y(7), y(3))
		VMOVDQU(y(3), at(q, i))
	}
}

// order is of lanes, for VPERMD: packed integers do not stand side by side.
func (m *machine) order(lanes [8]uint32, v Op) {
	a, ok := constants["lanes"]
	if !ok {
		a = GLOBL("lanes", 8|16)
		for i, l := range lanes {
			DATA(4*i, U32(l))
		}
		constants["lanes"] = a
	}
	VMOVDQU(a, v)
}

// sums32 stores the sum of the 32 integers with the other sign.
func (m *machine) sums32(int) {
	m.pairs(0)
	VEXTRACTI128(U8(1), y(3), y(4).AsX())
	VPADDD(y(4).AsX(), y(3).AsX(), y(3).AsX())
	VPSHUFD(U8(0x4e), y(3).AsX(), y(4).AsX())
	VPADDD(y(4).AsX(), y(3).AsX(), y(3).AsX())
	VPSHUFD(U8(0xb1), y(3).AsX(), y(4).AsX())
	VPADDD(y(4).AsX(), y(3).AsX(), y(3).AsX())
	VPXOR(y(4).AsX(), y(4).AsX(), y(4).AsX())
	VPSUBD(y(3).AsX(), y(4).AsX(), y(3).AsX())
	VMOVD(y(3).AsX(), at(sums, 0))
}

// pairs leaves sums of four integers each in the lanes of vector 3.
func (m *machine) pairs(offset int) {
	constant(0x01010101, y(4))
	constant(0x00010001, y(5))
	VMOVDQU(at(q, offset), y(3))
	VPMADDUBSW(y(3), y(4), y(3))
	VPMADDWD(y(5), y(3), y(3))
}

// sums256 stores the sums of every 16 and of every 32 integers as words.
func (m *machine) sums256(size int) {
	for i := 0; i < size; i += 32 {
		m.pairs(i)
		VPHADDD(y(3), y(3), y(3))
		VPHADDD(y(3), y(3), y(3))
		VEXTRACTI128(U8(1), y(3), y(4).AsX())
		VPEXTRW(U8(0), y(3).AsX(), at(sums, at16+i/8))
		VPEXTRW(U8(0), y(4).AsX(), at(sums, at16+i/8+2))
		VPADDD(y(4).AsX(), y(3).AsX(), y(3).AsX())
		VPEXTRW(U8(0), y(3).AsX(), at(sums, at32+i/16))
	}
}
