package main

// pow2 computes powers of two, on vectors, with its constants in vectors 20 to 31. It
// is that of ../genfloat/exp.go.
type pow2 struct {
	*assembly
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

const (
	polynomial v = 20 // to 26
	one        v = 26
	lowest     v = 27
	highest    v = 28
	log2eHigh  v = 29
	log2eLow   v = 30
)

// newPow2 loads the constants. bound is where results have long left the range of
// floats, in the unit of the argument.
func (a *assembly) newPow2(bound float64) pow2 {
	for i, c := range coefficients {
		a.number(c, polynomial+v(i), spare)
	}
	a.number(-bound, lowest, spare)
	a.number(bound, highest, spare)
	a.number(log2e, log2eHigh, spare)
	a.number(log2eRest, log2eLow, spare)
	return pow2{a}
}

// clamp keeps x in bounds. What is not a number stays so.
func (p pow2) clamp(x v) {
	p.v3("fmax.4s", x, x, lowest)
	p.v3("fmin.4s", x, x, highest)
}

// scaled writes 2^(n+f) into f for a whole n and |f| ≤ ½. n is lost, and t and t+1.
func (p pow2) scaled(n, f, t v) {
	sum, term := t, t+1
	p.mov(sum, polynomial)
	for i := range v(6) {
		p.mov(term, polynomial+1+i)
		p.v3("fmla.4s", term, sum, f)
		sum, term = term, sum
	}
	// In two steps, for powers that floats have only as subnormals or not at all.
	p.v2("fcvtns.4s", n, n)
	p.shift("sshr.4s", f, n, 1)
	p.v3("sub.4s", n, n, f)
	for _, h := range []v{f, n} {
		p.shift("shl.4s", h, h, 23)
		p.v3("add.4s", h, h, one)
	}
	p.v3("fmul.4s", f, sum, f)
	p.v3("fmul.4s", f, f, n)
}

// exp2 replaces x by 2^x. It uses t to t+2.
func (p pow2) exp2(x, t v) {
	p.clamp(x)
	p.v2("frintn.4s", t, x)
	p.v3("fsub.4s", x, x, t)
	p.scaled(t, x, t+1)
}

// exp replaces x by e^x. x·log₂e is split exactly: the product's rounding is made good
// by fused instructions and the low part of log₂e. It uses t to t+3.
func (p pow2) exp(x, t v) {
	p.clamp(x)
	p.v3("fmul.4s", t, x, log2eHigh)
	p.v2("frintn.4s", t, t)
	p.v2("fneg.4s", t+3, t)
	p.v3("fmla.4s", t+3, x, log2eHigh)
	p.v3("fmla.4s", t+3, x, log2eLow)
	p.mov(x, t+3)
	p.scaled(t, x, t+1)
}

// exponentials are the kernels that are made of powers.
func (a *assembly) exponentials() {
	a.function("swigluNEON", "(gate *float32, up *float32, n int)", "replaces gate by silu(gate) times up.", 0, func() {
		var p pow2
		a.walk([]string{"gate", "up"}, func() { p = a.newPow2(105) }, func() {
			a.sixteen(0, p0)
			for i := range v(4) {
				a.v2("fneg.4s", 4, i)
				p.exp(4, 16)
				a.v3("fadd.4s", 4, 4, one)
				a.v3("fdiv.4s", i, i, 4)
			}
			a.sixteen(4, p1)
			a.on4("fmul.4s", 0, 0, 4)
			a.keep(0, p0)
		})
		a.do("RET")
	})
	a.function("powersNEON", "(dst *float32, x *float32, subtract float32, scale float32, n int) float64",
		"is e to the power of (x−subtract)·scale, and returns the sum.", 0, func() {
			var p pow2
			a.walk([]string{"dst", "x"}, func() {
				p = a.newPow2(105)
				a.float("subtract", 8)
				a.float("scale", 9)
				a.zero(10)
				a.zero(11)
			}, func() {
				a.sixteen(0, p1)
				a.by4("fsub.4s", 0, 0, 8)
				a.by4("fmul.4s", 0, 0, 9)
				for i := range v(4) {
					p.exp(i, 16)
					a.v2("fcvtl.2d", 12, i)
					a.v2("fcvtl2.2d", 13, i)
					a.v3("fadd.2d", 10, 10, 12)
					a.v3("fadd.2d", 11, 11, 13)
				}
				a.keep(0, p0)
			})
			a.sumDoubles(10, 2)
		})
}
