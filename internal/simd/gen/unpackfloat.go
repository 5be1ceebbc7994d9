package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// Scratch of floats: a vector per column. A block is what 16 bytes of a row hold.

func unpackF32(k *kernel) {
	k.each(func() {
		k.columns(0)
		for i := range 4 {
			k.put(k.vectors[i], i)
		}
	})
}

func unpackBF16(k *kernel) {
	v := k.vectors
	constant(0xffff0000, v[8])
	k.each(func() {
		k.columns(0)
		for i := range 4 {
			VPSLLD(U8(16), v[i], v[4])
			k.put(v[4], 2*i)
			k.and(v[8], v[i], v[4])
			k.put(v[4], 2*i+1)
		}
	})
}

func unpackF16(k *kernel) {
	v := k.vectors
	constant(0xffff, v[8])
	k.each(func() {
		k.columns(0)
		for i := range 4 {
			k.and(v[8], v[i], v[4])
			k.widen(v[4], v[5])
			k.put(v[5], 2*i)
			VPSRLD(U8(16), v[i], v[4])
			k.widen(v[4], v[5])
			k.put(v[5], 2*i+1)
		}
	})
}
