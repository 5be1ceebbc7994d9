package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// pow2 computes powers of two, on vectors.
type pow2 struct {
	c     *isa
	bound float64
	kept  map[float64]VecVirtual
}

// coefficients of the polynomial of degree 5 nearest to (2^f−1)/f on [−½, ½] by
// Chebyshev's measure (mpmath.chebyfit); its error is below 2⁻²⁸.
var coefficients = []float64{
	0.00015453162945120690177, 0.0013390863364671234381, 0.0096180825572778514913,
	0.055503571142190778186, 0.24022650760568126945, 0.69314718802622878106, 1,
}

// log₂e, and what it is more than the float nearest to it.
const (
	log2e     = 1.4426950408889634
	log2eRest = 1.92596299113e-8
)

// newPow2 loads the constants, where there are registers for them. bound is where
// results have long left the range of floats, in the unit of the argument.
func (c *isa) newPow2(bound float64) *pow2 {
	p := &pow2{c: c, bound: bound}
	if c.wide {
		p.kept = map[float64]VecVirtual{}
		for _, k := range append([]float64{-bound, bound, log2e, log2eRest}, coefficients...) {
			p.kept[k] = c.all(c.number(k))
		}
	}
	return p
}

// number is a vector of a constant.
func (p *pow2) number(k float64) VecVirtual {
	if v, ok := p.kept[k]; ok {
		return v
	}
	return p.c.all(p.c.number(k))
}

// clamp keeps x in bounds. What is not a number stays so: of two operands the
// instructions return the second of Intel's order, the first of Go's.
func (p *pow2) clamp(x Op) {
	VMAXPS(x, p.number(-p.bound), x)
	VMINPS(x, p.number(p.bound), x)
}

// scaled writes 2^(n+f) into f for a whole n and |f| ≤ ½. n is lost.
func (p *pow2) scaled(n, f VecVirtual) {
	e := p.c.vec()
	VMOVAPS(p.number(coefficients[0]), e)
	for _, k := range coefficients[1:] {
		VFMADD213PS(p.number(k), f, e)
	}
	if p.c.wide {
		VSCALEFPS(n, e, f)
		return
	}
	// In two steps, for powers that floats have only as subnormals or not at all.
	VCVTPS2DQ(n, n)
	half, one := YMM(), p.number(1)
	VPSRAD(U8(1), n, half)
	VPSUBD(half, n, n)
	for _, h := range []VecVirtual{half, n} {
		VPSLLD(U8(23), h, h)
		VPADDD(one, h, h)
		VMULPS(h, e, e)
	}
	VMOVAPS(e, f)
}

// exp2 replaces x by 2^x.
func (p *pow2) exp2(x VecVirtual) {
	p.clamp(x)
	n := p.c.vec()
	p.c.round(x, n)
	VSUBPS(n, x, x)
	p.scaled(n, x)
}

// exp replaces x by e^x. x·log₂e is split exactly: the product's rounding is made
// good by fused instructions and the low part of log₂e.
func (p *pow2) exp(x VecVirtual) {
	p.clamp(x)
	n, f := p.c.vec(), p.c.vec()
	VMULPS(p.number(log2e), x, n)
	p.c.round(n, n)
	VMOVAPS(x, f)
	VFMSUB213PS(n, p.number(log2e), f)
	VFMADD231PS(p.number(log2eRest), x, f)
	p.scaled(n, f)
	VMOVAPS(f, x)
}
