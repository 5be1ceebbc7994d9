package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// isa is an instruction set, and what has another name or needs more instructions
// in one than in the other.
type isa struct {
	name   string
	wide   bool // 16 floats in a vector, rather than 8
	consts map[string]Mem
	labels int
}

func (c *isa) lanes() int { return c.bytes() / 4 }

func (c *isa) bytes() int {
	if c.wide {
		return 64
	}
	return 32
}

func (c *isa) vec() VecVirtual {
	if c.wide {
		return ZMM()
	}
	return YMM()
}

// per16 is a vector for every one that 16 floats take.
func (c *isa) per16() []VecVirtual {
	v := make([]VecVirtual, 16/c.lanes())
	for i := range v {
		v[i] = c.vec()
	}
	return v
}

// text starts a function.
func (c *isa) text(name, signature, doc string) {
	TEXT(name+c.name, NOSPLIT, signature)
	Pragma("noescape")
	Doc(name + c.name + " " + doc)
}

// ret ends a function.
func ret() {
	VZEROUPPER()
	RET()
}

// give ends a function that has a result. Storing it is an SSE instruction, which
// wants the upper parts of the registers clean.
func give(v VecVirtual) {
	VZEROUPPER()
	Store(v, ReturnIndex(0))
	RET()
}

func (c *isa) label(name string) string {
	c.labels++
	return fmt.Sprintf("%s%d", name, c.labels)
}

// loop repeats body until n, which body's pointers are counted in, is used up by
// steps. n is above 0.
func (c *isa) loop(n Op, step int, body func()) {
	l := c.label("loop")
	Label(l)
	body()
	SUBQ(I32(int32(step)), n)
	JNZ(LabelRef(l))
}

// constant is a word in memory.
func (c *isa) constant(bits uint32) Mem {
	name := fmt.Sprintf("c%08x", bits)
	if c.consts == nil {
		c.consts = map[string]Mem{}
	}
	if _, ok := c.consts[name]; !ok {
		c.consts[name] = ConstData(name, U32(bits))
	}
	return c.consts[name]
}

func (c *isa) number(f float64) Mem { return c.constant(math.Float32bits(float32(f))) }

// all is a vector of one number.
func (c *isa) all(m Op) VecVirtual {
	v := c.vec()
	VBROADCASTSS(m, v)
	return v
}

func (c *isa) zero(v Op) { VXORPS(v, v, v) }

func (c *isa) round(src, dst Op) {
	if c.wide {
		VRNDSCALEPS(U8(0), src, dst)
		return
	}
	VROUNDPS(U8(8), src, dst)
}

// fold combines the lanes of v; every lane of the XMM register returned has the
// result.
func (c *isa) fold(v VecVirtual, combine func(a, b, dst Op)) VecVirtual {
	y := v.AsY()
	if c.wide {
		h := YMM()
		VEXTRACTF64X4(U8(1), v, h)
		combine(h, y, h)
		y = h
	}
	x := XMM()
	VEXTRACTF128(U8(1), y, x)
	combine(x, y.(Vec).AsX(), x)
	t := XMM()
	VPERMILPS(U8(0x4e), x, t)
	combine(t, x, x)
	VPERMILPS(U8(0xb1), x, t)
	combine(t, x, x)
	return x
}

func maxPS(a, b, dst Op)  { VMAXPS(a, b, dst) }
func addPS(a, b, dst Op)  { VADDPS(a, b, dst) }
func maxInt(a, b, dst Op) { VPMAXSD(a, b, dst) }

// at is the i-th vector from p on, each taking size bytes.
func at(p Register, i, size int) Mem { return Mem{Base: p, Disp: i * size} }
