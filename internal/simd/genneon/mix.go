package main

import "fmt"

// element is what the second operand of a mix consists of.
type element int

const (
	halves element = iota
	int8s
)

// Registers of a mix: 16 columns of up to six rows, whose sums are vectors 8 to 31.
const (
	mixOut  r = 0
	mixA    r = 1
	mixB    r = 2
	mixSeen r = 3 // of b
	mixAt   r = 5 // to 10: where the rows of a are read
	strideO r = 11
	strideA r = 12
	strideB r = 13
	mixRows r = 14
	mixN    r = 15
	mixKeep r = 16
	mixNext r = 17 // ahead
	mixLeft r = 19
	mixTo   r = 20
)

const rowsMost = 6

// mix writes rows of 16 columns: out = keep·out + scale·(a × b), with n steps of the
// sum. Strides are in bytes. Without keep, out is overwritten. What lies ahead is
// brought closer, 32 elements a step: prefetching never faults.
func (a *assembly) mix(name string, e element) {
	signature := "(out *float32, outStride int, a *float32, aStride int, b *uint16, bStride int, rows int, n int, keep *float32, ahead *uint16)"
	if e == int8s {
		signature = "(out *float32, outStride int, a *float32, aStride int, b *int8, bStride int, rows int, n int, keep *float32, scale *float32, ahead *int8)"
	}
	a.function(name, signature, "mixes 16 columns.", 0, func() {
		a.param("out", mixOut)
		a.param("outStride", strideO)
		a.param("a", mixA)
		a.param("aStride", strideA)
		a.param("b", mixB)
		a.param("bStride", strideB)
		a.param("rows", mixRows)
		a.param("n", mixN)
		a.param("keep", mixKeep)
		a.label("next")
		for rows := rowsMost; rows > 0; rows-- {
			a.do("CMP $%d, %v", rows, mixRows)
			if rows == rowsMost {
				a.do("BGE rows%d", rows)
			} else {
				a.do("BEQ rows%d", rows)
			}
		}
		a.do("RET")
		for rows := rowsMost; rows > 0; rows-- {
			a.label(fmt.Sprintf("rows%d", rows))
			a.rows(rows, e)
			a.do("SUB $%d, %v", rows, mixRows)
			a.do("B next")
		}
	})
}

// rows computes so many rows.
func (a *assembly) rows(rows int, e element) {
	for i := range v(4 * rows) {
		a.zero(8 + i)
	}
	for i := range r(rows) {
		a.do("MOVD %v, %v", mixA, mixAt+i)
		a.do("ADD %v, %v", strideA, mixA)
	}
	a.do("MOVD %v, %v", mixB, mixSeen)
	a.do("MOVD %v, %v", mixN, mixLeft)
	a.param("ahead", mixNext)
	a.loop(mixLeft, 1, func() {
		a.do("PRFM (%v), PLDL1KEEP", mixNext)
		a.advance(32*e.bytes(), mixNext)
		a.elements(e)
		for i := range rows {
			x := 4 + v(i%4)
			a.loadNext(x, mixAt+r(i))
			for c := range v(4) {
				a.lane("fmla.4s", 8+4*v(i)+c, c, x, 0)
			}
		}
		a.do("ADD %v, %v", strideB, mixSeen)
	})
	a.mixFinish(rows, e)
}

func (e element) bytes() int {
	if e == halves {
		return 2
	}
	return 1
}

// elements reads 16 columns of b into vectors 0 to 3 as floats.
func (a *assembly) elements(e element) {
	if e == halves {
		a.loadPair(1, 3, mixSeen, 0)
		for _, x := range []v{1, 3} {
			a.v2("fcvtl.4s", x-1, x)
			a.v2("fcvtl2.4s", x, x)
		}
		return
	}
	a.load(quad, 2, mixSeen, 0)
	a.shift("sshll.8h", 1, 2, 0)
	a.shift("sshl2.8h", 3, 2, 0)
	for _, x := range []v{1, 3} {
		a.shift("sshll.4s", x-1, x, 0)
		a.shift("sshl2.4s", x, x, 0)
		a.v2("scvtf.4s", x-1, x-1)
		a.v2("scvtf.4s", x, x)
	}
}

// mixFinish writes the rows and moves out and keep on.
func (a *assembly) mixFinish(rows int, e element) {
	if e == int8s {
		a.param("scale", mixTo)
		a.sixteen(0, mixTo)
		for i := range rows {
			a.on4("fmul.4s", 8+4*v(i), 8+4*v(i), 0)
		}
	}
	fresh := a.fresh("fresh")
	a.do("CBZ %v, %s", mixKeep, fresh)
	a.do("MOVD %v, %v", mixOut, mixTo)
	for i := range rows {
		a.load(single, 4, mixKeep, 4*i)
		a.sixteen(0, mixTo)
		for c := range v(4) {
			a.lane("fmla.4s", 8+4*v(i)+c, c, 4, 0)
		}
		a.do("ADD %v, %v", strideO, mixTo)
	}
	a.advance(4*rows, mixKeep)
	a.label(fresh)
	for i := range rows {
		a.keep(8+4*v(i), mixOut)
		a.do("ADD %v, %v", strideO, mixOut)
	}
}

// scaleColumns works on rows of 32 floats, one after the other.
func (a *assembly) scaleColumns() {
	a.function("scaleColumnsNEON", "(dst *float32, src *float32, by *float32, rows int)", "is src with each of 32 columns times its factor.", 0, func() {
		a.param("dst", p0)
		a.param("src", p1)
		a.param("by", p2)
		a.param("rows", length)
		a.sixteen(16, p2)
		a.advance(64, p2)
		a.sixteen(20, p2)
		a.loop(length, 1, func() {
			for i := range v(2) {
				a.sixteen(0, p1)
				a.on4("fmul.4s", 0, 0, 16+4*i)
				a.keep(0, p0)
				a.advance(64, p0, p1)
			}
		})
		a.do("RET")
	})
}

// soften turns rows of 32 scores into weights 2^(score−largest), of which the first n
// count and the others become 0, and carries each row's largest score and sum of
// weights on. keep becomes what earlier weights are worth now.
func (a *assembly) soften() {
	const scores, rows, largest, sum, keep, lanes r = 0, 1, 2, 3, 4, 5
	a.function("softenNEON", "(scores *float32, rows int, n int, largest *float32, sum *float32, keep *float32)", "turns scores into weights.", 0, func() {
		a.param("scores", scores)
		a.param("rows", rows)
		a.param("largest", largest)
		a.param("sum", sum)
		a.param("keep", keep)
		p := a.newPow2(160)
		var numbers [128]byte
		for i := range 32 {
			numbers[4*i] = byte(i)
		}
		a.address("lanes", numbers[:], lanes)
		a.constant(0xff800000, 31, spare)
		a.loop(rows, 1, func() {
			a.param("n", spare)
			a.fill(16, spare)
			for i := range v(8) {
				a.load(quad, 17, lanes, 16*int(i))
				a.load(quad, 18, scores, 16*int(i))
				a.v3("cmgt.4s", i, 16, 17)
				a.v3("bsl", i, 18, 31)
			}
			a.softenRow(p, scores, largest, sum, keep)
			a.advance(128, scores)
			a.advance(4, largest, sum, keep)
		})
		a.do("RET")
	})
}

// softenRow works on the row in vectors 0 to 7. The largest score is vector 8, the
// largest so far 9, what earlier weights are worth 10.
func (a *assembly) softenRow(p pow2, scores, largest, sum, keep r) {
	a.load(single, 9, largest, 0)
	a.dup(9, 9, 0)
	a.v3("fmax.4s", 8, 9, 0)
	for i := range v(7) {
		a.v3("fmax.4s", 8, 8, 1+i)
	}
	a.v2("fmaxv", 8, 8)
	a.dup(8, 8, 0)
	a.store(single, 8, largest, 0)
	a.v3("fsub.4s", 10, 9, 8)
	p.exp2(10, 16)
	a.store(single, 10, keep, 0)
	a.zero(11)
	for i := range v(8) {
		a.v3("fsub.4s", i, i, 8)
		p.exp2(i, 16)
		a.store(quad, i, scores, 16*int(i))
		a.v3("fadd.4s", 11, 11, i)
	}
	a.v3("faddp.4s", 11, 11, 11)
	a.v3("faddp.4s", 11, 11, 11)
	a.load(single, 12, sum, 0)
	a.lane("fmla.4s", 11, 10, 12, 0)
	a.store(single, 11, sum, 0)
}
