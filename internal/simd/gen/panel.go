package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A kernel multiplies a panel of rows, one per lane, with all tokens. It goes
// through the rows a group of 256 numbers at a time: the group's weights are
// unpacked into scratch as vectors of four neighbouring bytes of every row, and
// multiplied with the tokens tile by tile. So a weight is unpacked once, there is
// nothing to sum up across lanes, and a row's sum runs in the order of its blocks
// whatever the tile.
type format struct {
	name       string
	blockBytes int
	blockLen   int
	group      int // numbers unpacked at a time
	scratch    int // vectors of scratch per block
	unpack     func(k *kernel)

	// Of blocks of 32.
	bias   int  // power of two that was added to weights, -1 if none was
	minima bool // there are minima

	// Of K blocks.
	sub      int // vectors of weights in a sub-block
	together int // how many sums of two products fit into 16 bits together
	finish   func(k *kernel, tokens int, total, v []reg.VecPhysical)
}

// tokensMax is how many tokens a kernel takes in one call.
const tokensMax = 144

// kernel is a kernel being written. Registers have the same use in all of them.
type kernel struct {
	*machine
	format
	vars int // where variables start in scratch
	acc  int // where the accumulators of the tokens start

	// What the tokens' numbers are read from.
	q, scales, sums reg.GPPhysical
	// Where the tokens' accumulators are.
	sum    reg.GPPhysical
	sumsAt int

	direct bool // weights are multiplied at once, not stored (direct.go)
}

// What lives all the while: scratch; while rows are read: their addresses; in tiles:
// where the tokens' numbers are.
var (
	base = reg.RBX

	row0, row4, row8, row12 = reg.RSI, reg.RDI, reg.R8, reg.R9
	step, step3             = reg.R10, reg.R11
	out                     = reg.RDX
	ahead                   = reg.R12

	w    = reg.RDX
	left = reg.R10 // tokens

	count = reg.RCX
	spare = reg.RAX
)

func at(r reg.GPPhysical, disp int) Mem { return Mem{Base: r, Disp: disp} }

// variable is the address of a named word in scratch.
func (k *kernel) variable(name string) Mem {
	for i, n := range []string{"rows", "q", "scales", "sums", "blocks", "now", "tokens", "ahead"} {
		if n == name {
			return at(base, k.vars+8*i)
		}
	}
	panic(name)
}

func (m *machine) kernel(f format) {
	k := &kernel{machine: m, format: f, q: reg.RSI, scales: reg.RDI, sums: reg.R8, sum: reg.R9}
	k.vars = f.group / f.blockLen * f.scratch * m.bytes()
	k.acc = k.vars + 64
	TEXT(fmt.Sprintf("mul%s%s", f.name, m.name), 0,
		"func(dst *float32, stride int, rows *byte, rowBytes int, q *int8, scales *float32, sums *int32, blocks int, tokens int)")
	Pragma("noescape")
	frame := AllocLocal(k.acc + 2*tokensMax*m.bytes() + 64)
	LEAQ(frame.Offset(63), base)
	ANDQ(I8(-64), base)
	for _, name := range []string{"rows", "q", "scales", "sums", "blocks", "tokens"} {
		Load(Param(name), spare)
		MOVQ(spare, k.variable(name))
	}
	k.clear()
	Load(Param("rows"), ahead)
	Load(Param("rowBytes"), spare)
	IMUL3Q(I8(int8(m.lanes)), spare, spare)
	ADDQ(spare, ahead)
	MOVQ(ahead, k.variable("ahead"))

	k.one()
	Label("group")
	MOVQ(k.variable("blocks"), count)
	TESTQ(count, count)
	JZ(LabelRef("store"))
	MOVQ(number(f.group/f.blockLen), spare)
	CMPQ(count, spare)
	CMOVQGT(spare, count)
	SUBQ(count, k.variable("blocks"))
	MOVQ(count, k.variable("now"))
	k.open()
	k.unpack(k)
	MOVQ(row0, k.variable("rows"))
	MOVQ(ahead, k.variable("ahead"))
	k.tokens()
	JMP(LabelRef("group"))

	Label("store")
	k.store()
	VZEROUPPER()
	RET()
}

// sumsOf is how many vectors of sums a token has.
func (k *kernel) sumsOf() int {
	if k.floats() {
		return 2
	}
	return 1
}

func (k *kernel) floats() bool { return k.blockLen < 32 }

// clear makes the sums zero.
func (k *kernel) clear() {
	v := k.vectors[0]
	k.zero(v)
	LEAQ(at(base, k.acc), k.sum)
	Load(Param("tokens"), left)
	Label("clear")
	for i := range k.sumsOf() {
		VMOVUPS(v, at(k.sum, i*k.bytes()))
	}
	ADDQ(number(k.sumsOf()*k.bytes()), k.sum)
	DECQ(left)
	JNZ(LabelRef("clear"))
}

// store writes the sums.
func (k *kernel) store() {
	v := k.vectors[0]
	Load(Param("dst"), out)
	Load(Param("stride"), step)
	SHLQ(U8(2), step)
	LEAQ(at(base, k.acc), k.sum)
	Load(Param("tokens"), count)
	Label("out")
	VMOVUPS(at(k.sum, 0), v)
	if k.floats() {
		VADDPS(at(k.sum, k.bytes()), v, v)
	}
	VMOVUPS(v, at(out, 0))
	ADDQ(step, out)
	ADDQ(number(k.sumsOf()*k.bytes()), k.sum)
	DECQ(count)
	JNZ(LabelRef("out"))
}

// open sets the addresses of the rows; count is the number of blocks.
func (k *kernel) open() {
	MOVQ(k.variable("rows"), row0)
	Load(Param("rowBytes"), step)
	LEAQ(Mem{Base: step, Index: step, Scale: 2}, step3)
	LEAQ(Mem{Base: row0, Index: step, Scale: 4}, row4)
	if k.wide() {
		LEAQ(Mem{Base: row0, Index: step, Scale: 8}, row8)
		LEAQ(Mem{Base: row4, Index: step, Scale: 8}, row12)
	}
	MOVQ(k.variable("ahead"), ahead)
	MOVQ(base, out)
}

// each repeats what is written for every block, of which there are count.
func (k *kernel) each(block func()) {
	label := "block"
	if k.direct {
		label = "blockOfOne"
	}
	Label(label)
	lines := (k.lanes*k.blockBytes + 63) / 64
	for i := range lines {
		PREFETCHT1(at(ahead, 64*i))
	}
	ADDQ(number(k.lanes*k.blockBytes), ahead)
	if k.direct {
		k.startBlock()
	}
	block()
	for _, r := range k.rows() {
		ADDQ(number(k.blockBytes), r)
	}
	if k.direct {
		k.finishBlock()
	} else {
		ADDQ(number(k.scratch*k.bytes()), out)
	}
	DECQ(count)
	JNZ(LabelRef(label))
}

func (k *kernel) rows() []reg.GPPhysical {
	if k.wide() {
		return []reg.GPPhysical{row0, row4, row8, row12}
	}
	return []reg.GPPhysical{row0, row4}
}

// of is the address of a byte of the block in row i.
func (k *kernel) of(i, offset int) Mem {
	a := at(k.rows()[i/4], offset)
	switch i % 4 {
	case 1:
		a.Index, a.Scale = step, 1
	case 2:
		a.Index, a.Scale = step, 2
	case 3:
		a.Index, a.Scale = step3, 1
	}
	return a
}

// columns reads 16 bytes of every row into vectors 0 to 3: the first four bytes of
// all rows, the next four, and so on. It uses vectors 0 to 7.
func (k *kernel) columns(offset int) {
	v := k.vectors
	for i := range 4 {
		VMOVDQU(k.of(i, offset), v[i].AsX())
		for part := 1; part < k.lanes/4; part++ {
			if k.wide() {
				VINSERTI32X4(U8(part), k.of(4*part+i, offset), v[i], v[i])
			} else {
				VINSERTI128(U8(part), k.of(4*part+i, offset), v[i], v[i])
			}
		}
	}
	VPUNPCKLDQ(v[1], v[0], v[4])
	VPUNPCKHDQ(v[1], v[0], v[5])
	VPUNPCKLDQ(v[3], v[2], v[6])
	VPUNPCKHDQ(v[3], v[2], v[7])
	VPUNPCKLQDQ(v[6], v[4], v[0])
	VPUNPCKHQDQ(v[6], v[4], v[1])
	VPUNPCKLQDQ(v[7], v[5], v[2])
	VPUNPCKHQDQ(v[7], v[5], v[3])
}

// halves reads one half of every row and widens it. It uses vectors v and t.
func (k *kernel) halves(offset int, v, t reg.VecPhysical) {
	for i := range 8 {
		VPINSRW(U8(i), k.of(i, offset), v.AsX(), v.AsX())
	}
	if k.wide() {
		for i := range 8 {
			VPINSRW(U8(i), k.of(8+i, offset), t.AsX(), t.AsX())
		}
		VINSERTI128(U8(1), t.AsX(), v.AsY(), v.AsY())
		VCVTPH2PS(v.AsY(), v)
		return
	}
	VCVTPH2PS(v.AsX(), v)
}

// widen makes floats of the halves in the low words of src, whose high words are
// zero.
func (k *kernel) widen(src, dst reg.VecPhysical) {
	if k.wide() {
		VPMOVDW(src, dst.AsY())
		VCVTPH2PS(dst.AsY(), dst)
		return
	}
	VPACKUSDW(src, src, dst)
	VPERMQ(U8(0b1000), dst, dst)
	VCVTPH2PS(dst.AsX(), dst)
}

// sumOf is the address of a byte of the accumulators.
func (k *kernel) sumOf(disp int) Mem { return at(k.sum, k.sumsAt+disp) }

// put stores a vector of the block's scratch.
func (k *kernel) put(v reg.VecPhysical, i int) {
	if k.direct && i < k.weights() {
		k.multiply(v, i)
		return
	}
	VMOVUPS(v, at(out, i*k.bytes()))
}

// weights is how many vectors of a block's scratch are weights.
func (k *kernel) weights() int {
	if k.floats() {
		return k.blockLen
	}
	return k.blockLen / 4
}

// tokens multiplies what was unpacked with all tokens, tile by tile.
func (k *kernel) tokens() {
	MOVQ(k.variable("q"), k.q)
	MOVQ(k.variable("scales"), k.scales)
	MOVQ(k.variable("sums"), k.sums)
	MOVQ(k.variable("tokens"), left)
	LEAQ(at(base, k.acc), k.sum)
	tile, tiles := k.tile()
	for i, n := range tiles {
		name := fmt.Sprintf("tile%d", n)
		next := "next"
		if i+1 < len(tiles) {
			next = fmt.Sprintf("tile%d", tiles[i+1])
		}
		Label(name)
		CMPQ(left, number(n))
		JLT(LabelRef(next))
		tile(n)
		ADDQ(number(n*k.sumsOf()*k.bytes()), k.sum)
		SUBQ(number(n), left)
		JMP(LabelRef(name))
	}
	Label("next")
	MOVQ(k.q, k.variable("q"))
	MOVQ(k.scales, k.variable("scales"))
	MOVQ(k.sums, k.variable("sums"))
}
