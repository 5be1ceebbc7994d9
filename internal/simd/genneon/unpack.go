package main

// Scratch of a block of 32: eight vectors of weights, then the scales and, for
// formats that have them, the minima as floats.
//
// Scratch of a K block: 64 vectors of weights, then the scales of the sub-blocks as
// 32-bit integers; then for formats with minima those of two sub-blocks each as 16-bit
// integers; then the scales of scales and minima as floats.
const (
	at32Scale   = 8
	at32Minimum = 9
	scratch32   = 10

	atKScales  = 64
	atKMinima  = 72 // four vectors
	atKScale   = 76
	atKMinimum = 77
	scratchK   = 78
	at6Scale   = 80 // after sixteen scales
	scratch6   = 81
)

func unpackQ8_0(k *kernel) {
	k.each(func() {
		k.halves(0)
		k.put(0, at32Scale)
		for part := range 2 {
			k.columns(0, 2+16*part)
			for i := range 4 {
				k.put(v(i), 4*part+i)
			}
		}
	})
}

// four stores the sixteen bytes of every row, which are 32 four-bit numbers, after
// what is to be done to them. Vector 8 has a mask of four bits.
func (k *kernel) four(offset int, also func(x v, i int)) {
	k.columns(0, offset)
	for i := range 4 {
		k.v3("and", 4, v(i), 8)
		k.shift("ushr.16b", 5, v(i), 4)
		also(4, i)
		also(5, 4+i)
		k.put(4, i)
		k.put(5, 4+i)
	}
}

func plain(v, int) {}

func unpackQ4_0(k *kernel) {
	k.bytes(8, 15)
	k.each(func() {
		k.halves(0)
		k.put(0, at32Scale)
		k.four(2, plain)
	})
}

func unpackQ4_1(k *kernel) {
	k.bytes(8, 15)
	k.each(func() {
		k.affine()
		k.four(4, plain)
	})
}

// affine stores scale and minimum.
func (k *kernel) affine() {
	k.halves(0)
	k.put(0, at32Scale)
	k.halves(2)
	k.put(0, at32Minimum)
}

// fifthConstants are, beside the mask of four bits: the places of the eight bytes that
// tell of bits 0 to 31 in a lane's word, and in each byte the bit that is asked for.
func (k *kernel) fifthConstants() {
	k.bytes(8, 15)
	var word, bit [16]byte
	for i := range word {
		word[i] = byte(i / 4 * 4)
		bit[i] = 1 << (i % 4)
	}
	k.table("words", word[:], 10, spare)
	k.table("bits", bit[:], 11, spare)
	k.shift("shl.16b", 12, 11, 4)
	k.bytes(13, 16)
}

// fifths puts bits 4i to 4i+3 of every lane of vector 9 as fifth bits into the four
// bytes of the lane.
func (k *kernel) fifths(x v, i int) {
	k.bytes(6, byte(i/2))
	k.v3("orr", 6, 6, 10)
	k.tbl(6, 9, 6)
	k.v3("cmtst.16b", 6, 6, 11+v(i%2))
	k.v3("and", 6, 6, 13)
	k.v3("orr", x, x, 6)
}

// bits reads four bytes of every row into vector 9. It uses 0 to 3.
func (k *kernel) bits(offset int) {
	for i := range r(4) {
		k.load(single, v(i), row0+i, offset)
	}
	k.v3("zip1.4s", 0, 0, 1)
	k.v3("zip1.4s", 2, 2, 3)
	k.v3("trn1.2d", 9, 0, 2)
}

func unpackQ5_0(k *kernel) {
	k.fifthConstants()
	k.each(func() {
		k.halves(0)
		k.put(0, at32Scale)
		k.bits(2)
		k.four(6, k.fifths)
	})
}

func unpackQ5_1(k *kernel) {
	k.fifthConstants()
	k.each(func() {
		k.affine()
		k.bits(4)
		k.four(8, k.fifths)
	})
}

// iq4Values are the sixteen levels of IQ4_NL.
var iq4Values = [16]int8{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

func unpackIQ4NL(k *kernel) {
	var levels [16]byte
	for i, l := range iq4Values {
		levels[i] = byte(l)
	}
	k.bytes(8, 15)
	k.table("levels", levels[:], 9, spare)
	k.each(func() {
		k.halves(0)
		k.put(0, at32Scale)
		k.four(2, func(x v, _ int) { k.tbl(x, 9, x) })
	})
}

// byColumn is the table that puts the first bytes of the four lanes first, then the
// second ones, and so on.
var byColumn = []byte{0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15}

// header reads scales and minima of Q4_K and Q5_K: see scaleMin in package simd.
// Vector 8 has a mask of four bits. It uses 9 too.
func (k *kernel) header() {
	k.columns(0, 0)
	k.v3("uzp1.8h", 4, 0, 0)
	k.v2("fcvtl.4s", 4, 4)
	k.put(4, atKScale)
	k.v3("uzp2.8h", 4, 0, 0)
	k.v2("fcvtl.4s", 4, 4)
	k.put(4, atKMinimum)

	k.table("byColumn", byColumn, 9, spare)
	for i := range v(2) { // scales, then minima
		k.shift("ushr.16b", 4, 1+i, 6)
		if i == 0 {
			k.v3("and", 5, 3, 8)
		} else {
			k.shift("ushr.16b", 5, 3, 4)
		}
		k.shift("sli.16b", 5, 4, 4) // 4 to 7
		k.shift("shl.16b", 4, 1+i, 2)
		k.shift("ushr.16b", 4, 4, 2) // 0 to 3
		for j := range v(2) {
			k.tbl(6, 4+j, 9)
			k.shift("sshll.8h", 7, 6, 0)
			k.shift("sshl2.8h", 6, 6, 0)
			k.subscales(i == 0, 4*int(j))
		}
	}
}

// subscales stores what belongs to four sub-blocks: vectors 7 and 6 have it as words.
func (k *kernel) subscales(isScale bool, first int) {
	for i, x := range []v{7, 6} {
		if !isScale {
			k.put(x, atKMinima+first/2+i)
			continue
		}
		k.shift("sshll.4s", 0, x, 0)
		k.put(0, atKScales+first+2*i)
		k.shift("sshl2.4s", 0, x, 0)
		k.put(0, atKScales+first+2*i+1)
	}
}

func unpackQ4K(k *kernel) {
	k.bytes(8, 15)
	k.each(func() {
		k.header()
		for i := range 8 {
			k.columns(0, 16+16*i)
			for j := range 4 {
				to := i/2*16 + i%2*4 + j
				k.v3("and", 4, v(j), 8)
				k.put(4, to)
				k.shift("ushr.16b", 5, v(j), 4)
				k.put(5, to+8)
			}
		}
	})
}

func unpackQ5K(k *kernel) {
	k.bytes(8, 15)
	k.each(func() {
		k.header()
		k.bytes(9, 16)
		for part := range 2 { // of the 32 bytes whose bits are fifth bits
			k.columns(10, 16+16*part)
			for i := range 4 {
				k.columns(0, 48+32*i+16*part)
				for j := range 4 {
					to := i*16 + part*4 + j
					k.v3("and", 4, v(j), 8)
					k.high(4-2*i, 10+v(j), 4)
					k.put(4, to)
					k.shift("ushr.16b", 5, v(j), 4)
					k.high(3-2*i, 10+v(j), 5)
					k.put(5, to+8)
				}
			}
		}
	})
}

// high takes the bits of src, shifted, where the mask in vector 9 has them.
func (k *kernel) high(n int, src, d v) {
	t := src
	switch {
	case n > 0:
		t = 6
		k.shift("shl.16b", t, src, n)
	case n < 0:
		t = 6
		k.shift("ushr.16b", t, src, -n)
	}
	k.v3("bit", d, t, 9)
}

func unpackQ6K(k *kernel) {
	k.bytes(8, 15)
	k.bytes(9, 0x30)
	k.each(func() {
		k.scales6()
		for i := range 4 { // 16 bytes of high bits
			k.columns(10, 128+16*i)
			for part := range 2 { // low bits of groups 0 and 2, then of 1 and 3
				k.columns(0, 64*(i/2)+32*part+16*(i%2))
				for j := range 4 {
					to := i/2*32 + part*8 + i%2*4 + j
					k.v3("and", 4, v(j), 8)
					k.high(4-2*part, 10+v(j), 4)
					k.put(4, to)
					k.shift("ushr.16b", 5, v(j), 4)
					k.high(-2*part, 10+v(j), 5)
					k.put(5, to+16)
				}
			}
		}
	})
}

// scales6 reads the sixteen scales, and the block's after them.
func (k *kernel) scales6() {
	k.halves(208)
	k.put(0, at6Scale)
	k.table("byColumn", byColumn, 10, spare)
	k.columns(0, 192)
	for i := range 4 {
		k.tbl(4, v(i), 10)
		for j, widen := range []string{"sshll", "sshl2"} {
			k.shift(widen+".8h", 5, 4, 0)
			k.shift("sshll.4s", 6, 5, 0)
			k.put(6, atKScales+4*i+2*j)
			k.shift("sshl2.4s", 6, 5, 0)
			k.put(6, atKScales+4*i+2*j+1)
		}
	}
}

// Scratch of floats: a vector per column. A block is what 16 bytes of a row hold.

func unpackF32(k *kernel) {
	k.each(func() {
		k.columns(0, 0)
		for i := range 4 {
			k.put(v(i), i)
		}
	})
}

func unpackBF16(k *kernel) {
	k.constant(0xffff0000, 8, spare)
	k.each(func() {
		k.columns(0, 0)
		for i := range 4 {
			k.shift("shl.4s", 4, v(i), 16)
			k.put(4, 2*i)
			k.v3("and", 4, v(i), 8)
			k.put(4, 2*i+1)
		}
	})
}

func unpackF16(k *kernel) {
	k.each(func() {
		k.columns(0, 0)
		for i := 0; i < 4; i += 2 {
			for odd, key := range []string{"uzp1.8h", "uzp2.8h"} {
				k.v3(key, 5, v(i), v(i+1))
				k.v2("fcvtl.4s", 4, 5)
				k.put(4, 2*i+odd)
				k.v2("fcvtl2.4s", 5, 5)
				k.put(5, 2*i+2+odd)
			}
		}
	})
}
