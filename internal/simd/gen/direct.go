package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A single token, which is what decoding mostly has, would not be worth storing
// unpacked weights for. Its products are computed as the weights come out of the
// unpacking.

// one writes that way, and lets other numbers of tokens pass by.
func (k *kernel) one() {
	if !k.wide() {
		return
	}
	d := *k
	d.direct = true
	d.q, d.scales, d.sums, d.sum, d.sumsAt = reg.R13, reg.R14, reg.R15, base, k.acc
	CMPQ(k.variable("tokens"), I32(1))
	JNE(LabelRef("group"))
	MOVQ(d.variable("blocks"), count)
	d.open()
	MOVQ(d.variable("q"), d.q)
	MOVQ(d.variable("scales"), d.scales)
	MOVQ(d.variable("sums"), d.sums)
	for _, v := range d.vectors[30:] {
		d.zero(v)
	}
	d.unpack(&d)
	d.end()
	JMP(LabelRef("store"))
}

// multiply adds the products of vector i of weights.
func (k *kernel) multiply(v reg.VecPhysical, i int) {
	if k.floats() {
		VFMADD231PS_BCST(at(k.scales, 4*i), v, k.vectors[30+i%2])
		return
	}
	VPDPBUSD_BCST(at(k.q, 4*i), v, k.dot(i))
}

// dot is the accumulator of vector i of weights: one for every sub-block, or two in
// turn.
func (k *kernel) dot(i int) reg.VecPhysical {
	if k.blockLen == 32 {
		return k.vectors[16+i%2]
	}
	return k.vectors[16+i/k.sub]
}

// dots is how many accumulators there are.
func (k *kernel) dots() int {
	if k.blockLen == 32 {
		return 2
	}
	return 64 / k.sub
}

// startBlock comes before every block.
func (k *kernel) startBlock() {
	if k.floats() {
		return
	}
	for i := range k.dots() {
		k.zero(k.vectors[16+i])
	}
	if k.blockLen == 32 {
		k.unbias(0, k.vectors[16])
	}
}

// finishBlock comes after every block.
func (k *kernel) finishBlock() {
	v := k.vectors
	switch k.blockLen {
	case 256:
		k.addUp()
		k.finish(k, 1, v[:1], v[1:])
		ADDQ(number(sumsK), k.sums)
		ADDQ(I8(4), k.scales)
		ADDQ(number(256), k.q)
	case 32:
		VPADDD(v[17], v[16], v[16])
		k.finish32(base, v[31:], v[16:], v)
		ADDQ(I8(4), k.sums)
		ADDQ(I8(4), k.scales)
		ADDQ(I8(32), k.q)
	default:
		ADDQ(number(4*k.blockLen), k.scales)
	}
}

// addUp leaves the sum of the sub-blocks, times their scales, in vector 0.
func (k *kernel) addUp() {
	dots := k.vectors[16 : 16+k.dots()]
	for i, d := range dots {
		VPMULLD(at(base, (atKScales+i)*k.bytes()), d, d)
	}
	for len(dots) > 1 {
		half := len(dots) / 2
		for i := range half {
			VPADDD(dots[half+i], dots[i], dots[i])
		}
		dots = dots[:half]
	}
	k.move(dots[0], k.vectors[0])
}

// end comes after the last block.
func (k *kernel) end() {
	switch {
	case k.floats():
		VMOVUPS(k.vectors[30], k.sumOf(0))
		VMOVUPS(k.vectors[31], k.sumOf(k.bytes()))
	case k.blockLen == 32:
		VMOVUPS(k.vectors[31], k.sumOf(0))
	}
}
