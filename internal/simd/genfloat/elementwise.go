package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// elementwise are the functions that walk rows of n floats, n a multiple of 16.
func (c *isa) elementwise() {
	c.add()
	c.sumSquares()
	c.norm()
	c.scale()
	c.blend()
	c.swiglu()
	c.gelu()
	c.largest()
	c.powers()
}

func pointer(name string) Register { return Load(Param(name), GP64()) }

// advance moves pointers by 16 numbers of size bytes.
func advance(size int, ps ...Register) {
	for _, p := range ps {
		ADDQ(I32(int32(16*size)), p)
	}
}

func (c *isa) add() {
	c.text("add", "func(a, b *float32, n int)", "adds b to a.")
	a, b, n := pointer("a"), pointer("b"), pointer("n")
	c.loop(n, 16, func() {
		for i, v := range c.per16() {
			VMOVUPS(at(a, i, c.bytes()), v)
			VADDPS(at(b, i, c.bytes()), v, v)
			VMOVUPS(v, at(a, i, c.bytes()))
		}
		advance(4, a, b)
	})
	ret()
}

// sumSquares adds in double precision.
func (c *isa) sumSquares() {
	c.text("sumSquares", "func(x *float32, n int) float64", "is the sum of the squares.")
	x, n := pointer("x"), pointer("n")
	sums := append(c.per16(), c.per16()...)
	for _, s := range sums {
		c.zero(s)
	}
	c.loop(n, 16, func() {
		for i, s := range sums {
			v := c.vec()
			VCVTPS2PD(at(x, i, c.bytes()/2), v)
			VFMADD231PD(v, v, s)
		}
		advance(4, x)
	})
	for _, s := range sums[1:] {
		VADDPD(s, sums[0], sums[0])
	}
	give(c.sumDoubles(sums[0]))
}

// sumDoubles adds the lanes of v.
func (c *isa) sumDoubles(v VecVirtual) VecVirtual {
	y := v.AsY()
	if c.wide {
		h := YMM()
		VEXTRACTF64X4(U8(1), v, h)
		VADDPD(h, y, h)
		y = h
	}
	low, high := XMM(), XMM()
	VEXTRACTF128(U8(1), y, high)
	VEXTRACTF128(U8(0), y, low)
	VADDPD(low, high, high)
	VPERMILPD(U8(1), high, low)
	VADDSD(low, high, high)
	return high
}

func (c *isa) norm() {
	c.text("norm", "func(dst, x, weights *float32, scale float32, n int)", "is x times scale times weights.")
	dst, x, w, n := pointer("dst"), pointer("x"), pointer("weights"), pointer("n")
	scale := c.all(c.param("scale"))
	c.loop(n, 16, func() {
		for i, v := range c.per16() {
			VMULPS(at(x, i, c.bytes()), scale, v)
			VMULPS(at(w, i, c.bytes()), v, v)
			VMOVUPS(v, at(dst, i, c.bytes()))
		}
		advance(4, dst, x, w)
	})
	ret()
}

// param is where a float parameter lies.
func (c *isa) param(name string) Op {
	p, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return p.Addr
}

func (c *isa) scale() {
	c.text("scale", "func(dst, x *float32, by float32, n int)", "is x times by.")
	dst, x, n := pointer("dst"), pointer("x"), pointer("n")
	by := c.all(c.param("by"))
	c.loop(n, 16, func() {
		for i, v := range c.per16() {
			VMULPS(at(x, i, c.bytes()), by, v)
			VMOVUPS(v, at(dst, i, c.bytes()))
		}
		advance(4, dst, x)
	})
	ret()
}

func (c *isa) blend() {
	c.text("blend", "func(dst *float32, keep float32, src *float32, by float32, n int)", "is keep times dst plus by times src.")
	dst, src, n := pointer("dst"), pointer("src"), pointer("n")
	keep, by := c.all(c.param("keep")), c.all(c.param("by"))
	c.loop(n, 16, func() {
		for i, v := range c.per16() {
			t := c.vec()
			VMULPS(at(dst, i, c.bytes()), keep, v)
			VMULPS(at(src, i, c.bytes()), by, t)
			VADDPS(t, v, v)
			VMOVUPS(v, at(dst, i, c.bytes()))
		}
		advance(4, dst, src)
	})
	ret()
}

func (c *isa) swiglu() {
	c.text("swiglu", "func(gate, up *float32, n int)", "replaces gate by silu(gate) times up.")
	gate, up, n := pointer("gate"), pointer("up"), pointer("n")
	p := c.newPow2(105)
	c.loop(n, c.lanes(), func() {
		g, e := c.vec(), c.vec()
		VMOVUPS(at(gate, 0, 0), g)
		c.zero(e)
		VSUBPS(g, e, e)
		p.exp(e)
		VADDPS(p.number(1), e, e)
		VDIVPS(e, g, g)
		VMULPS(at(up, 0, 0), g, g)
		VMOVUPS(g, at(gate, 0, 0))
		ADDQ(I8(int8(c.bytes())), gate)
		ADDQ(I8(int8(c.bytes())), up)
	})
	ret()
}

// erfc are the coefficients of Abramowitz and Stegun, 7.1.26, the last one first: half
// of erfc(z) is their polynomial in t = 1/(1+0.3275911·z), without a constant, times
// e^(−z²), within 7.5·10⁻⁸.
var erfc = []float64{1.061405429 / 2, -1.453152027 / 2, 1.421413741 / 2, -0.284496736 / 2, 0.254829592 / 2}

// gelu computes max(x, 0) − |x|·erfc(|x|/√2)/2.
func (c *isa) gelu() {
	c.text("gelu", "func(x *float32, n int)", "replaces x by its GELU.")
	x, n := pointer("x"), pointer("n")
	p := c.newPow2(105)
	c.loop(n, c.lanes(), func() {
		v, t, sum, e := c.vec(), c.vec(), c.vec(), c.vec()
		VMOVUPS(at(x, 0, 0), v)
		VMULPS(v, v, e)
		VMULPS(c.all(c.number(-0.5)), e, e)
		p.exp(e)
		VANDPS(c.all(c.constant(0x7fffffff)), v, sum)
		VMOVAPS(sum, t)
		VMULPS(e, sum, e)
		VMOVAPS(p.number(1), sum)
		VFMADD132PS(c.all(c.number(0.3275911/math.Sqrt2)), sum, t)
		VDIVPS(t, sum, t)
		VMOVAPS(c.all(c.number(erfc[0])), sum)
		for _, k := range erfc[1:] {
			VFMADD213PS(c.all(c.number(k)), t, sum)
		}
		VMULPS(t, sum, sum)
		c.zero(t)
		VMAXPS(v, t, v)
		VFNMADD231PS(sum, e, v)
		VMOVUPS(v, at(x, 0, 0))
		ADDQ(I8(int8(c.bytes())), x)
	})
	ret()
}

// largest leaves out what is not a number: then the instruction returns its second
// operand in Intel's order, which is the first here.
func (c *isa) largest() {
	c.text("largest", "func(x *float32, n int) float32", "is the largest number, −∞ if there is none.")
	x, n := pointer("x"), pointer("n")
	tops := append(c.per16(), c.per16()...)
	for _, t := range tops {
		VBROADCASTSS(c.constant(0xff800000), t)
	}
	c.loop(n, 16, func() {
		for i := range c.per16() {
			v := c.vec()
			VMOVUPS(at(x, i, c.bytes()), v)
			VMAXPS(tops[i], v, tops[i])
		}
		advance(4, x)
	})
	for _, t := range tops[1:] {
		VMAXPS(t, tops[0], tops[0])
	}
	give(c.fold(tops[0], maxPS))
}

func (c *isa) powers() {
	c.text("powers", "func(dst, x *float32, subtract, scale float32, n int) float64", "is e to the power of (x−subtract)·scale, and returns the sum.")
	dst, x, n := pointer("dst"), pointer("x"), pointer("n")
	subtract, scale := c.all(c.param("subtract")), c.all(c.param("scale"))
	p := c.newPow2(105)
	low, high := c.vec(), c.vec()
	c.zero(low)
	c.zero(high)
	c.loop(n, c.lanes(), func() {
		v, t := c.vec(), c.vec()
		VMOVUPS(at(x, 0, 0), v)
		VSUBPS(subtract, v, v)
		VMULPS(scale, v, v)
		p.exp(v)
		VMOVUPS(v, at(dst, 0, 0))
		VCVTPS2PD(at(dst, 0, 0), t)
		VADDPD(t, low, low)
		VCVTPS2PD(at(dst, 1, c.bytes()/2), t)
		VADDPD(t, high, high)
		ADDQ(I8(int8(c.bytes())), x)
		ADDQ(I8(int8(c.bytes())), dst)
	})
	VADDPD(high, low, low)
	give(c.sumDoubles(low))
}

// rotations turn pairs; n is how many, a multiple of 16.
func (c *isa) rotations() {
	c.text("rotateHalves", "func(x, cos, sin *float32, apart, n int)", "turns pairs that lie apart.")
	x, cos, sin, y, n := pointer("x"), pointer("cos"), pointer("sin"), pointer("apart"), pointer("n")
	SHLQ(U8(2), y)
	ADDQ(x, y)
	c.loop(n, 16, func() {
		for i, a := range c.per16() {
			b, co, si, t := c.vec(), c.vec(), c.vec(), c.vec()
			VMOVUPS(at(x, i, c.bytes()), a)
			VMOVUPS(at(y, i, c.bytes()), b)
			VMOVUPS(at(cos, i, c.bytes()), co)
			VMOVUPS(at(sin, i, c.bytes()), si)
			VMULPS(b, si, t)
			VMULPS(b, co, b)
			VMULPS(a, si, si)
			VMULPS(a, co, a)
			VSUBPS(t, a, a)
			VADDPS(b, si, b)
			VMOVUPS(a, at(x, i, c.bytes()))
			VMOVUPS(b, at(y, i, c.bytes()))
		}
		advance(4, x, y, cos, sin)
	})
	ret()
	c.rotatePairs()
}

func (c *isa) rotatePairs() {
	c.text("rotatePairs", "func(x, cos, sin *float32, n int)", "turns neighbours.")
	x, cos, sin, n := pointer("x"), pointer("cos"), pointer("sin"), pointer("n")
	sign := c.vec()
	VPBROADCASTQ(c.evenSign(), sign)
	pairs := c.lanes() / 2
	c.loop(n, pairs, func() {
		v, co, si, t := c.vec(), c.vec(), c.vec(), c.vec()
		VMOVUPS(at(x, 0, 0), v)
		for _, d := range []struct {
			from Register
			to   Op
		}{{cos, co}, {sin, si}} {
			VPMOVZXDQ(at(d.from, 0, 0), d.to)
			VMOVSLDUP(d.to, d.to)
		}
		VPERMILPS(U8(0xb1), v, t)
		VMULPS(si, t, t)
		VMULPS(co, v, v)
		VXORPS(sign, t, t)
		VADDPS(t, v, v)
		VMOVUPS(v, at(x, 0, 0))
		ADDQ(I8(int8(c.bytes())), x)
		ADDQ(I8(int8(4*pairs)), cos)
		ADDQ(I8(int8(4*pairs)), sin)
	})
	ret()
}

// evenSign has the sign bit of the first of two floats.
func (c *isa) evenSign() Mem { return ConstData("evenSign", U64(0x80000000)) }

func (c *isa) toHalf() {
	c.text("toHalf", "func(dst *uint16, src *float32, n int)", "narrows to halves, to nearest with ties to even.")
	dst, src, n := pointer("dst"), pointer("src"), pointer("n")
	c.loop(n, 16, func() {
		for i, v := range c.per16() {
			VMOVUPS(at(src, i, c.bytes()), v)
			VCVTPS2PH(U8(0), v, at(dst, i, c.bytes()/2))
		}
		advance(4, src)
		advance(2, dst)
	})
	ret()
}
