package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// element is what the second operand of a mix consists of.
type element int

const (
	half element = iota
	int8s
)

func (e element) parameters() (b, scale string) {
	if e == half {
		return "b *uint16", ""
	}
	return "b *int8", ", scale *float32"
}

// line is how many bytes 32 elements take.
func (e element) line() int {
	if e == half {
		return 64
	}
	return 32
}

// load widens a vector of elements, the i-th from p on.
func (e element) load(c *isa, p Register, i int, v Op) {
	if e == half {
		VCVTPH2PS(at(p, i, 2*c.lanes()), v)
		return
	}
	VPMOVSXBD(at(p, i, c.lanes()), v)
	VCVTDQ2PS(v, v)
}

// mixer is a mix in the making. Two vectors of columns are computed at a time, for
// as many rows as there are registers for their sums.
type mixer struct {
	*isa
	element                    element
	out, a, outStride, aStride Register
	aStride3, bStride          Register
	rows, keep                 Register
}

// mix writes rows of two vectors of columns: out = keep·out + scale·(a × b), with
// n steps of the sum. Strides are in bytes. Without keep, out is overwritten. What
// lies ahead is brought closer, 32 elements a step: prefetching never faults.
func (c *isa) mix(name string, e element) {
	b, scale := e.parameters()
	c.text(name, "func(out *float32, outStride int, a *float32, aStride int, "+b+", bStride, rows, n int, keep *float32"+scale+", ahead "+b[2:]+")",
		"mixes the columns of two vectors.")
	m := &mixer{isa: c, element: e, out: pointer("out"), a: pointer("a"),
		outStride: pointer("outStride"), aStride: pointer("aStride"), bStride: pointer("bStride"),
		rows: pointer("rows"), keep: pointer("keep"), aStride3: GP64()}
	LEAQ(Mem{Base: m.aStride, Index: m.aStride, Scale: 2}, m.aStride3)
	most := 6
	if c.wide {
		most = 12
	}
	Label("next")
	for r := most; r > 0; r-- {
		CMPQ(m.rows, I8(int8(r)))
		if r == most {
			JGE(LabelRef(block(r)))
		} else {
			JE(LabelRef(block(r)))
		}
	}
	ret()
	for r := most; r > 0; r-- {
		Label(block(r))
		m.block(r)
		SUBQ(I8(int8(r)), m.rows)
		JMP(LabelRef("next"))
	}
}

func block(rows int) string { return "rows" + string(rune('a'+rows-1)) }

// block computes so many rows.
func (m *mixer) block(rows int) {
	sums := make([][2]VecVirtual, rows)
	for r := range sums {
		sums[r] = [2]VecVirtual{m.vec(), m.vec()}
		m.zero(sums[r][0])
		m.zero(sums[r][1])
	}
	m.products(sums)
	m.store(sums)
}

// products walks the n steps.
func (m *mixer) products(sums [][2]VecVirtual) {
	b, n, ahead := pointer("b"), pointer("n"), pointer("ahead")
	var base []Register // of every fourth row
	for r := 0; r < len(sums); r += 4 {
		p := GP64()
		if r == 0 {
			MOVQ(m.a, p)
		} else {
			LEAQ(Mem{Base: base[r/4-1], Index: m.aStride, Scale: 4}, p)
		}
		base = append(base, p)
	}
	m.loop(n, 1, func() {
		b0, b1, a := m.vec(), m.vec(), m.vec()
		PREFETCHT0(Mem{Base: ahead})
		ADDQ(I8(int8(m.element.line())), ahead)
		m.element.load(m.isa, b, 0, b0)
		m.element.load(m.isa, b, 1, b1)
		for r, s := range sums {
			VBROADCASTSS(m.number4(base[r/4], r%4), a)
			VFMADD231PS(a, b0, s[0])
			VFMADD231PS(a, b1, s[1])
		}
		for _, p := range base {
			ADDQ(I8(4), p)
		}
		ADDQ(m.bStride, b)
	})
	step := GP64() // to the rows of the next block
	IMUL3Q(I8(int8(len(sums))), m.aStride, step)
	ADDQ(step, m.a)
}

// number4 is the number in the i-th of four rows.
func (m *mixer) number4(p Register, i int) Mem {
	switch i {
	case 0:
		return Mem{Base: p}
	case 3:
		return Mem{Base: p, Index: m.aStride3, Scale: 1}
	}
	return Mem{Base: p, Index: m.aStride, Scale: uint8(i)}
}

// store finishes the sums and moves out and keep on.
func (m *mixer) store(sums [][2]VecVirtual) {
	if m.element == int8s {
		p := pointer("scale")
		for i := range 2 {
			scale := m.vec()
			VMOVUPS(at(p, i, m.bytes()), scale)
			for _, s := range sums {
				VMULPS(scale, s[i], s[i])
			}
		}
	}
	fresh := m.label("fresh")
	TESTQ(m.keep, m.keep)
	JZ(LabelRef(fresh))
	before := GP64()
	MOVQ(m.out, before)
	for _, s := range sums {
		keep := m.all(Mem{Base: m.keep})
		VFMADD231PS(at(before, 0, m.bytes()), keep, s[0])
		VFMADD231PS(at(before, 1, m.bytes()), keep, s[1])
		ADDQ(m.outStride, before)
		ADDQ(I8(4), m.keep)
	}
	Label(fresh)
	for _, s := range sums {
		VMOVUPS(s[0], at(m.out, 0, m.bytes()))
		VMOVUPS(s[1], at(m.out, 1, m.bytes()))
		ADDQ(m.outStride, m.out)
	}
}

// scaleColumns works on rows of 32 floats, one after the other.
func (c *isa) scaleColumns() {
	c.text("scaleColumns", "func(dst, src, by *float32, rows int)", "is src with each of 32 columns times its factor.")
	dst, src, by, rows := pointer("dst"), pointer("src"), pointer("by"), pointer("rows")
	factors := append(c.per16(), c.per16()...)
	for i, f := range factors {
		VMOVUPS(at(by, i, c.bytes()), f)
	}
	c.loop(rows, 1, func() {
		for i, f := range factors {
			v := c.vec()
			VMULPS(at(src, i, c.bytes()), f, v)
			VMOVUPS(v, at(dst, i, c.bytes()))
		}
		advance(8, dst)
		advance(8, src)
	})
	ret()
}
