package main

// The float kernels walk rows of n floats, n a multiple of 16. Their Go twins, which
// say what they compute, are in vector.go and mix.go of package simd. They round as
// the twins do but where those leave the order open.

// Pointers of the float kernels: the first parameters in their order.
const (
	p0     r = 0
	p1     r = 1
	p2     r = 2
	p3     r = 3
	length r = 4
)

// walk loads pointers and repeats body for every 16 numbers.
func (a *assembly) walk(names []string, prepare, body func()) {
	for i, name := range names {
		a.param(name, r(i))
	}
	a.param("n", length)
	if prepare != nil {
		prepare()
	}
	a.loop(length, 16, func() {
		body()
		for i := range names {
			a.advance(64, r(i))
		}
	})
}

// sixteen loads 16 floats into four vectors.
func (a *assembly) sixteen(d v, from r) {
	a.loadPair(d, d+1, from, 0)
	a.loadPair(d+2, d+3, from, 32)
}

// keep stores them.
func (a *assembly) keep(d v, to r) {
	a.storePair(d, d+1, to, 0)
	a.storePair(d+2, d+3, to, 32)
}

// on4 applies an instruction to four vectors each of x and y.
func (a *assembly) on4(key string, d, x, y v) {
	for i := range v(4) {
		a.v3(key, d+i, x+i, y+i)
	}
}

// by4 applies it to four vectors of x, and to y alone.
func (a *assembly) by4(key string, d, x, y v) {
	for i := range v(4) {
		a.v3(key, d+i, x+i, y)
	}
}

func (a *assembly) elementwise() {
	a.function("addNEON", "(a *float32, b *float32, n int)", "adds b to a.", 0, func() {
		a.walk([]string{"a", "b"}, nil, func() {
			a.sixteen(0, p0)
			a.sixteen(4, p1)
			a.on4("fadd.4s", 0, 0, 4)
			a.keep(0, p0)
		})
		a.do("RET")
	})
	a.function("normNEON", "(dst *float32, x *float32, weights *float32, scale float32, n int)", "is x times scale times weights.", 0, func() {
		a.walk([]string{"dst", "x", "weights"}, func() { a.float("scale", 16) }, func() {
			a.sixteen(0, p1)
			a.sixteen(4, p2)
			a.by4("fmul.4s", 0, 0, 16)
			a.on4("fmul.4s", 0, 0, 4)
			a.keep(0, p0)
		})
		a.do("RET")
	})
	a.function("scaleNEON", "(dst *float32, x *float32, by float32, n int)", "is x times by.", 0, func() {
		a.walk([]string{"dst", "x"}, func() { a.float("by", 16) }, func() {
			a.sixteen(0, p1)
			a.by4("fmul.4s", 0, 0, 16)
			a.keep(0, p0)
		})
		a.do("RET")
	})
	a.function("blendNEON", "(dst *float32, src *float32, keep float32, by float32, n int)", "is keep times dst plus by times src.", 0, func() {
		a.walk([]string{"dst", "src"}, func() { a.float("keep", 16); a.float("by", 17) }, func() {
			a.sixteen(0, p0)
			a.sixteen(4, p1)
			a.by4("fmul.4s", 0, 0, 16)
			a.by4("fmul.4s", 4, 4, 17)
			a.on4("fadd.4s", 0, 0, 4)
			a.keep(0, p0)
		})
		a.do("RET")
	})
	a.function("toHalfNEON", "(dst *uint16, src *float32, n int)", "narrows to halves, to nearest with ties to even.", 0, func() {
		a.param("dst", p0)
		a.param("src", p1)
		a.param("n", length)
		a.loop(length, 16, func() {
			a.sixteen(0, p1)
			for i := range v(2) {
				a.v2("fcvtn.4h", 4+i, 2*i)
				a.v2("fcvtn2.8h", 4+i, 2*i+1)
			}
			a.storePair(4, 5, p0, 0)
			a.advance(64, p1)
			a.advance(32, p0)
		})
		a.do("RET")
	})
	a.reductions()
	a.rotations()
}

// reductions have one number as their result.
func (a *assembly) reductions() {
	a.function("sumSquaresNEON", "(x *float32, n int) float64", "is the sum of the squares.", 0, func() {
		a.walk([]string{"x"}, func() {
			for i := range v(8) {
				a.zero(16 + i)
			}
		}, func() {
			a.sixteen(0, p0)
			for i := range v(4) {
				a.v2("fcvtl.2d", 4+2*i, i)
				a.v2("fcvtl2.2d", 5+2*i, i)
			}
			for i := range v(8) {
				a.v3("fmla.2d", 16+i, 4+i, 4+i)
			}
		})
		a.sumDoubles(16, 8)
	})
	a.function("largestNEON", "(x *float32, n int) float32", "is the largest number, −∞ if there is none.", 0, func() {
		a.walk([]string{"x"}, func() {
			for i := range v(4) {
				a.constant(0xff800000, 16+i, spare)
			}
		}, func() {
			a.sixteen(0, p0)
			for i := range v(4) { // what is not a number is not greater
				a.v3("fcmgt.4s", 4+i, i, 16+i)
				a.v3("bit", 16+i, i, 4+i)
			}
		})
		for i := range v(3) {
			a.v3("fmax.4s", 16, 16, 17+i)
		}
		a.v2("fmaxv", 0, 16)
		a.do("FMOVS F0, %s", a.where("ret"))
		a.do("RET")
	})
}

// sumDoubles returns the sum of n vectors of doubles.
func (a *assembly) sumDoubles(first v, n int) {
	for ; n > 1; n /= 2 {
		for i := range v(n / 2) {
			a.v3("fadd.2d", first+i, first+i, first+i+v(n/2))
		}
	}
	a.v2("faddp.2d", 0, first)
	a.do("FMOVD F0, %s", a.where("ret"))
	a.do("RET")
}

// rotations turn pairs; n is how many, a multiple of 16.
func (a *assembly) rotations() {
	a.function("rotateHalvesNEON", "(x *float32, y *float32, cos *float32, sin *float32, n int)", "turns pairs of which x has one and y the other.", 0, func() {
		a.walk([]string{"x", "y", "cos", "sin"}, nil, func() {
			a.sixteen(0, p0)
			a.sixteen(4, p1)
			a.sixteen(16, p2)
			a.sixteen(20, p3)
			a.turn(4)
			a.keep(0, p0)
			a.keep(4, p1)
		})
		a.do("RET")
	})
	a.function("rotatePairsNEON", "(x *float32, cos *float32, sin *float32, n int)", "turns neighbours.", 0, func() {
		for i, name := range []string{"x", "cos", "sin"} {
			a.param(name, r(i))
		}
		a.param("n", length)
		a.loop(length, 4, func() {
			a.loadPair(8, 9, p0, 0)
			a.load(quad, 16, p1, 0)
			a.load(quad, 20, p2, 0)
			a.v3("uzp1.4s", 0, 8, 9)
			a.v3("uzp2.4s", 4, 8, 9)
			a.turn(1)
			a.v3("zip1.4s", 8, 0, 4)
			a.v3("zip2.4s", 9, 0, 4)
			a.storePair(8, 9, p0, 0)
			a.advance(32, p0)
			a.advance(16, p1, p2)
		})
		a.do("RET")
	})
}

// turn turns n vectors of pairs: first numbers from 0 on, second ones from 4 on, cosines
// from 16 on, sines from 20 on.
func (a *assembly) turn(n int) {
	for i := range v(n) {
		a.v3("fmul.4s", 24, i, 16+i)
		a.v3("fmul.4s", 25, 4+i, 20+i)
		a.v3("fmul.4s", 26, i, 20+i)
		a.v3("fmul.4s", 27, 4+i, 16+i)
		a.v3("fsub.4s", i, 24, 25)
		a.v3("fadd.4s", 4+i, 26, 27)
	}
}
