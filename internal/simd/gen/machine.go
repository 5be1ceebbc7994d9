package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// machine is an instruction set. A vector has a lane of 32 bits for every row of a
// panel.
type machine struct {
	name    string
	lanes   int
	tiles   []int // numbers of tokens that are multiplied at a time, largest first
	tilesK  []int // the same where sub-blocks have integer scales
	tilesF  []int // the same of floats
	vectors []reg.VecPhysical
}

var machines = map[string]*machine{
	"avx512": {name: "AVX512", lanes: 16, tiles: []int{12, 8, 4, 2, 1}, tilesK: []int{12, 8, 4, 2, 1}, tilesF: []int{12, 8, 4, 2, 1}, vectors: []reg.VecPhysical{
		reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
		reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
		reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
		reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31}},
	"avx2": {name: "AVX2", lanes: 8, tiles: []int{4, 2, 1}, tilesK: []int{6, 4, 2, 1}, tilesF: []int{6, 4, 2, 1}, vectors: []reg.VecPhysical{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15}},
}

// wide is set on the machine that has VPDPBUSD and masks.
func (m *machine) wide() bool { return m.lanes == 16 }

// bytes of a vector.
func (m *machine) bytes() int { return 4 * m.lanes }

// The few instructions whose names differ.

func (m *machine) load(a Op, v Op) {
	if m.wide() {
		VMOVDQU32(a, v)
		return
	}
	VMOVDQU(a, v)
}

func (m *machine) zero(v Op) {
	if m.wide() {
		VPXORD(v, v, v)
		return
	}
	VPXOR(v, v, v)
}

func (m *machine) and(a, b, dst Op) {
	if m.wide() {
		VPANDD(a, b, dst)
		return
	}
	VPAND(a, b, dst)
}

func (m *machine) or(a, b, dst Op) {
	if m.wide() {
		VPORD(a, b, dst)
		return
	}
	VPOR(a, b, dst)
}

func (m *machine) xor(a, b, dst Op) {
	if m.wide() {
		VPXORD(a, b, dst)
		return
	}
	VPXOR(a, b, dst)
}

// shift moves the bits of 32-bit lanes left, or right where n is negative.
func shift(n int, src, dst Op) {
	if n < 0 {
		VPSRLD(U8(-n), src, dst)
		return
	}
	VPSLLD(U8(n), src, dst)
}

var constants = map[string]Mem{}

// constant fills every lane with the same 32 bits.
func constant(value uint32, v Op) {
	name := fmt.Sprintf("lane%08x", value)
	a, ok := constants[name]
	if !ok {
		a = GLOBL(name, 8|16) // RODATA, NOPTR
		DATA(0, U32(value))
		constants[name] = a
	}
	VPBROADCASTD(a, v)
}

// table fills every 128 bits with the same sixteen bytes.
func (m *machine) table(bytes [16]byte, v Op) {
	name := fmt.Sprintf("table%x", bytes)
	a, ok := constants[name]
	if !ok {
		a = GLOBL(name, 8|16)
		for i, b := range bytes {
			DATA(i, U8(b))
		}
		constants[name] = a
	}
	if m.wide() {
		VBROADCASTI32X4(a, v)
		return
	}
	VBROADCASTI128(a, v)
}

// spread makes the table for VPSHUFB that puts the named bytes of every lane into
// its four places; -1 is a zero.
func spread(b0, b1, b2, b3 int) (t [16]byte) {
	for i := range t {
		b := [4]int{b0, b1, b2, b3}[i%4]
		t[i] = 0x80
		if b >= 0 {
			t[i] = byte(i/4*4 + b)
		}
	}
	return t
}

func (m *machine) move(src, dst Op) { m.load(src, dst) }

func number(n int) Op { return I32(n) }
