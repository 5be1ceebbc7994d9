package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Scratch of a block of 32: eight vectors of weights, then the scales and, for
// formats that have them, the minima as floats. VPDPBUSD wants weights without a
// sign; so signed ones are stored with 128 added, which tiles take off again by the
// sums of the tokens' numbers. AVX2 would saturate on such weights and works with
// signed ones (tile32.go).
const (
	at32Scale   = 8
	at32Minimum = 9
	scratch32   = 10
)

const (
	nibbles = 0x0f0f0f0f
	signs   = 0x80808080
)

func unpackQ8_0(k *kernel) {
	v := k.vectors
	constant(signs, v[8])
	k.each(func() {
		for half := range 2 {
			k.columns(2 + 16*half)
			for i := range 4 {
				if k.wide() {
					k.xor(v[8], v[i], v[i])
				}
				k.put(v[i], 4*half+i)
			}
		}
		k.halves(0, v[0], v[1])
		k.put(v[0], at32Scale)
	})
}

// four stores the sixteen bytes of every row, which are 32 four-bit numbers, after
// what is to be done to them.
func (k *kernel) four(offset int, also func(v reg.VecPhysical, i int)) {
	v := k.vectors
	k.columns(offset)
	for i := range 4 {
		k.and(v[8], v[i], v[4])
		VPSRLD(U8(4), v[i], v[5])
		k.and(v[8], v[5], v[5])
		also(v[4], i)
		also(v[5], 4+i)
		k.put(v[4], i)
		k.put(v[5], 4+i)
	}
}

func plain(reg.VecPhysical, int) {}

func unpackQ4_0(k *kernel) {
	v := k.vectors
	constant(nibbles, v[8])
	k.each(func() {
		k.four(2, plain)
		k.halves(0, v[0], v[1])
		k.put(v[0], at32Scale)
	})
}

func unpackQ4_1(k *kernel) {
	constant(nibbles, k.vectors[8])
	k.each(func() {
		k.four(4, plain)
		k.affine()
	})
}

// affine stores scale and minimum.
func (k *kernel) affine() {
	v := k.vectors
	k.halves(0, v[0], v[1])
	k.put(v[0], at32Scale)
	k.halves(2, v[0], v[1])
	k.put(v[0], at32Minimum)
}

// fifths puts bits 4i to 4i+3 of vector 9 as fifth bits into the four bytes of a
// lane: the product has a copy of the four bits for every byte.
func (k *kernel) fifths(v reg.VecPhysical, i int) {
	t, four, places, bits := k.vectors[6], k.vectors[10], k.vectors[11], k.vectors[12]
	shift(-4*i, k.vectors[9], t)
	k.and(four, t, t)
	VPMULLD(places, t, t)
	k.and(bits, t, t)
	k.or(t, v, v)
}

func (k *kernel) fifthConstants() {
	v := k.vectors
	constant(nibbles, v[8])
	constant(15, v[10])
	constant(1<<4|1<<11|1<<18|1<<25, v[11])
	constant(0x10101010, v[12])
}

func unpackQ5_0(k *kernel) {
	v := k.vectors
	k.fifthConstants()
	k.each(func() {
		k.columns(2)
		k.move(v[0], v[9])
		k.four(6, k.fifths)
		k.halves(0, v[0], v[1])
		k.put(v[0], at32Scale)
	})
}

func unpackQ5_1(k *kernel) {
	v := k.vectors
	k.fifthConstants()
	k.each(func() {
		k.columns(4)
		k.move(v[0], v[9])
		k.four(8, k.fifths)
		k.affine()
	})
}

// iq4Values are the sixteen levels of IQ4_NL.
var iq4Values = [16]int8{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

func unpackIQ4NL(k *kernel) {
	v := k.vectors
	var levels [16]byte
	for i, l := range iq4Values {
		levels[i] = byte(l)
		if k.wide() {
			levels[i] += 128
		}
	}
	constant(nibbles, v[8])
	k.table(levels, v[9])
	k.each(func() {
		k.four(2, func(w reg.VecPhysical, _ int) { VPSHUFB(w, v[9], w) })
		k.halves(0, v[0], v[1])
		k.put(v[0], at32Scale)
	})
}
