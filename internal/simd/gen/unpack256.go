package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Scratch of a K block: 64 vectors of weights, then the scales of the sub-blocks, as
// 32-bit integers for VPMULLD or in both words of a lane for VPMADDWD; then for
// formats with minima those of pairs of sub-blocks as words; then the scales of
// scales and minima as floats. Q6_K has no minima but takes 32 off its weights: in
// that place are its scales as words, for the sums of the tokens' numbers.
const (
	atKScales   = 64
	atKMinima   = 72 // four vectors
	atKScale    = 76
	atKMinimum  = 77
	scratchK    = 78
	at6Pairs    = 80 // eight vectors, after sixteen scales
	at6Scale    = 88
	scratch6    = 89
	twoHighBits = 0x30303030
)

// subscale puts byte i of every lane where a scale belongs.
func (k *kernel) subscale(i int, src, dst reg.VecPhysical) {
	if k.wide() {
		k.table(spread(i, -1, -1, -1), dst)
	} else {
		k.table(spread(i, -1, i, -1), dst)
	}
	VPSHUFB(dst, src, dst)
}

// header reads scales and minima of Q4_K and Q5_K: see scaleMin in package simd.
func (k *kernel) header() {
	v := k.vectors
	k.columns(0)
	constant(0xffff, v[4])
	k.and(v[4], v[0], v[4])
	k.widen(v[4], v[5])
	k.put(v[5], atKScale)
	VPSRLD(U8(16), v[0], v[4])
	k.widen(v[4], v[5])
	k.put(v[5], atKMinimum)

	constant(0x3f3f3f3f, v[4])
	constant(twoHighBits, v[5])
	constant(nibbles, v[6])
	k.and(v[4], v[1], v[8]) // scales 0 to 3
	k.and(v[4], v[2], v[9]) // minima 0 to 3
	VPSRLD(U8(2), v[1], v[1])
	k.and(v[5], v[1], v[1])
	k.and(v[6], v[3], v[10])
	k.or(v[1], v[10], v[10]) // scales 4 to 7
	VPSRLD(U8(2), v[2], v[2])
	k.and(v[5], v[2], v[2])
	VPSRLD(U8(4), v[3], v[3])
	k.and(v[6], v[3], v[11])
	k.or(v[2], v[11], v[11]) // minima 4 to 7
	for i := range 8 {
		k.subscale(i%4, v[8+i/4*2], v[0])
		k.put(v[0], atKScales+i)
	}
	for i := range 4 {
		k.table(spread(i%2*2, -1, i%2*2+1, -1), v[0])
		VPSHUFB(v[0], v[9+i/2*2], v[0])
		k.put(v[0], atKMinima+i)
	}
}

func unpackQ4K(k *kernel) {
	v := k.vectors
	k.each(func() {
		k.header()
		constant(nibbles, v[8])
		for i := range 8 {
			k.columns(16 + 16*i)
			for j := range 4 {
				to := i/2*16 + i%2*4 + j
				k.and(v[8], v[j], v[4])
				k.put(v[4], to)
				VPSRLD(U8(4), v[j], v[4])
				k.and(v[8], v[4], v[4])
				k.put(v[4], to+8)
			}
		}
	})
}

func unpackQ5K(k *kernel) {
	v := k.vectors
	k.each(func() {
		k.header()
		constant(nibbles, v[8])
		constant(0x10101010, v[9])
		for half := range 2 { // of the 32 bytes whose bits are fifth bits
			k.columns(16 + 16*half)
			for j := range 4 {
				k.move(v[j], v[10+j])
			}
			for i := range 4 {
				k.columns(48 + 32*i + 16*half)
				for j := range 4 {
					to := i*16 + half*4 + j
					k.and(v[8], v[j], v[4])
					k.high(4-2*i, v[10+j], v[9], v[4])
					k.put(v[4], to)
					VPSRLD(U8(4), v[j], v[4])
					k.and(v[8], v[4], v[4])
					k.high(3-2*i, v[10+j], v[9], v[4])
					k.put(v[4], to+8)
				}
			}
		}
	})
}

// high adds the bits of src, shifted, where mask has them. It uses vector 5.
func (k *kernel) high(n int, src, mask, dst reg.VecPhysical) {
	t := k.vectors[5]
	shift(n, src, t)
	k.and(mask, t, t)
	k.or(t, dst, dst)
}

func unpackQ6K(k *kernel) {
	v := k.vectors
	k.each(func() {
		constant(nibbles, v[8])
		constant(twoHighBits, v[9])
		for i := range 4 { // 16 bytes of high bits
			k.columns(128 + 16*i)
			for j := range 4 {
				k.move(v[j], v[10+j])
			}
			for part := range 2 { // low bits of groups 0 and 2, then of 1 and 3
				k.columns(64*(i/2) + 32*part + 16*(i%2))
				for j := range 4 {
					to := i/2*32 + part*8 + i%2*4 + j
					k.and(v[8], v[j], v[4])
					k.high(4-2*part, v[10+j], v[9], v[4])
					k.put(v[4], to)
					VPSRLD(U8(4), v[j], v[4])
					k.and(v[8], v[4], v[4])
					k.high(-2*part, v[10+j], v[9], v[4])
					k.put(v[4], to+16)
				}
			}
		}
		k.scales6()
	})
}

// scales6 reads the sixteen scales, and the block's from the bytes after them.
func (k *kernel) scales6() {
	v := k.vectors
	k.columns(194)
	VPSRLD(U8(16), v[3], v[3])
	k.widen(v[3], v[4])
	k.put(v[4], at6Scale)
	k.columns(192)
	for i := range 4 {
		for j := range 2 { // two words: bytes 2j and 2j+1, with their signs
			k.table(spread(-1, 2*j, -1, 2*j+1), v[4])
			VPSHUFB(v[4], v[i], v[4])
			VPSRAW(U8(8), v[4], v[4])
			k.put(v[4], at6Pairs+2*i+j)
		}
		for j := range 4 {
			if k.wide() {
				VPSLLD(U8(24-8*j), v[i], v[4])
				VPSRAD(U8(24), v[4], v[4])
			} else {
				k.table(spread(-1, j, -1, j), v[4])
				VPSHUFB(v[4], v[i], v[4])
				VPSRAW(U8(8), v[4], v[4])
			}
			k.put(v[4], atKScales+4*i+j)
		}
	}
}
