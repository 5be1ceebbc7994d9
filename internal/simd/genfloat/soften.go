package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// soften turns rows of 32 scores into weights 2^(score−largest), of which the first
// n count and the others become 0, and carries each row's largest score and sum of
// weights on. keep becomes what earlier weights are worth now.
func (c *isa) soften() {
	c.text("soften", "func(scores *float32, rows, n int, largest, sum, keep *float32)", "turns scores into weights.")
	s, rows := pointer("scores"), pointer("rows")
	largest, sum, keep := pointer("largest"), pointer("sum"), pointer("keep")
	load := c.masked()
	p := c.newPow2(160)
	c.loop(rows, 1, func() {
		v := append(c.per16(), c.per16()...)
		load(s, v)
		m := c.most(v, largest)
		k := c.all(Mem{Base: largest})
		VSUBPS(m, k, k)
		VUCOMISS(Mem{Base: largest}, m.AsX())
		VMOVSS(m.AsX(), Mem{Base: largest})
		other, done := c.label("other"), c.label("done")
		JNE(LabelRef(other))
		VADDPS(p.number(1), k, k) // 2⁰, as it mostly is after a few pages
		JMP(LabelRef(done))
		Label(other)
		p.exp2(k)
		Label(done)
		VMOVSS(k.AsX(), Mem{Base: keep})
		t := c.vec()
		for i := range v {
			VSUBPS(m, v[i], v[i])
			p.exp2(v[i])
			VMOVUPS(v[i], at(s, i, c.bytes()))
			if i == 1 {
				VADDPS(v[0], v[1], t)
			} else if i > 1 {
				VADDPS(v[i], t, t)
			}
		}
		all := c.fold(t, addPS)
		VFMADD231SS(Mem{Base: sum}, k.AsX(), all)
		VMOVSS(all, Mem{Base: sum})
		advance(8, s)
		for _, q := range []Register{largest, sum, keep} {
			ADDQ(I8(4), q)
		}
	})
	ret()
}

// most is the largest of v and of what is in memory, in every lane.
func (c *isa) most(v []VecVirtual, before Register) VecVirtual {
	t := c.vec()
	VMAXPS(v[0], v[1], t)
	for _, o := range v[2:] {
		VMAXPS(o, t, t)
	}
	x := c.fold(t, maxPS)
	VMAXSS(Mem{Base: before}, x, x)
	return c.all(x)
}

// masked returns what loads 32 floats of which the first n are there; −∞ stands for
// the others.
func (c *isa) masked() func(p Register, v []VecVirtual) {
	if !c.wide {
		return c.maskedAVX2()
	}
	n, nothing := pointer("n"), c.all(c.constant(0xff800000))
	bits, low, high := GP64(), K(), K()
	MOVQ(I32(-1), bits)
	BZHIQ(n, bits, bits)
	KMOVW(bits.As32(), low)
	SHRQ(U8(16), bits)
	KMOVW(bits.As32(), high)
	return func(p Register, v []VecVirtual) {
		for i, k := range []OpmaskVirtual{low, high} {
			VMOVAPS(nothing, v[i])
			VMOVUPS(at(p, i, 64), k, v[i])
		}
	}
}

func (c *isa) maskedAVX2() func(p Register, v []VecVirtual) {
	lanes := GLOBL("lanes", 8|16)
	for i := range 32 {
		DATA(4*i, U32(i))
	}
	n := c.param("n")
	return func(p Register, v []VecVirtual) {
		for i := range v {
			there, nothing := YMM(), c.all(c.constant(0xff800000))
			VPBROADCASTD(n, there)
			VPCMPGTD(lanes.Offset(32*i), there, there)
			VBLENDVPS(there, at(p, i, 32), nothing, v[i])
		}
	}
}
