package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// mxfp4Levels are the sixteen levels of MXFP4, twice as large, and above zero: tiles take
// the 16 off again.
var mxfp4Levels = [16]byte{16, 17, 18, 19, 20, 22, 24, 28, 16, 15, 14, 13, 12, 10, 8, 4}

func unpackMXFP4(k *kernel) {
	v := k.vectors
	constant(nibbles, v[8])
	k.table(mxfp4Levels, v[9])
	constant(0x00400000, v[10]) // 2⁻¹²⁷
	constant(0x3f000000, v[11]) // ½
	constant(0x7f000000, v[12]) // 2¹²⁷
	k.each(func() {
		k.four(1, func(w reg.VecPhysical, _ int) { VPSHUFB(w, v[9], w) })
		k.exponents(0, v[0])
		VPSLLD(operand.U8(23), v[0], v[0])
		VPMAXUD(v[10], v[0], v[0])
		VMULPS(v[11], v[0], v[0])
		VMINPS(v[12], v[0], v[0])
		k.put(v[0], at32Scale)
	})
}

// exponents reads one byte of every row.
func (k *kernel) exponents(offset int, v reg.VecPhysical) {
	for i := range k.lanes {
		VPINSRB(operand.U8(i), k.of(i, offset), v.AsX(), v.AsX())
	}
	VPMOVZXBD(v.AsX(), v)
}
