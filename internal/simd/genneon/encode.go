package main

import (
	"fmt"
	"strings"
)

// Go's assembler lacks most of what the kernels are made of: products, conversions
// and arithmetic of float vectors, dot products. So vector instructions are encoded
// here and written as words, with what GNU's disassembler says of them beside.

// v is a vector register, r a general one.
type (
	v int
	r int
)

// instruction is the encoding with all registers and numbers zero, and the shapes of
// the operands, as in "4s,4s,4s".
type instruction struct {
	word   uint32
	shapes string
}

// three are instructions of three vectors: Rd at bit 0, Rn at 5, Rm at 16.
var three = map[string]instruction{
	"add.4s":    {0x4ea08400, "4s,4s,4s"},
	"add.4h":    {0x0e608400, "4h,4h,4h"},
	"sub.4s":    {0x6ea08400, "4s,4s,4s"},
	"sub.16b":   {0x6e208400, "16b,16b,16b"},
	"mla.4s":    {0x4ea09400, "4s,4s,4s"},
	"umax.4s":   {0x6ea06400, "4s,4s,4s"},
	"addp.8h":   {0x4e60bc00, "8h,8h,8h"},
	"and":       {0x4e201c00, "16b,16b,16b"},
	"orr":       {0x4ea01c00, "16b,16b,16b"},
	"bit":       {0x6ea01c00, "16b,16b,16b"}, // Rd takes the bits of Rn where Rm has ones
	"bsl":       {0x6e601c00, "16b,16b,16b"}, // Rd has ones where Rn is taken, zeros for Rm
	"cmgt.4s":   {0x4ea03400, "4s,4s,4s"},
	"cmtst.16b": {0x4e208c00, "16b,16b,16b"}, // ones where Rn and Rm have a bit together
	"smull":     {0x0e20c000, "8h,8b,8b"},
	"smull2":    {0x4e20c000, "8h,16b,16b"},
	"smlal":     {0x0e208000, "8h,8b,8b"},
	"smlal2":    {0x4e208000, "8h,16b,16b"},
	"fadd.4s":   {0x4e20d400, "4s,4s,4s"},
	"fadd.2d":   {0x4e60d400, "2d,2d,2d"},
	"fsub.4s":   {0x4ea0d400, "4s,4s,4s"},
	"fmul.4s":   {0x6e20dc00, "4s,4s,4s"},
	"fdiv.4s":   {0x6e20fc00, "4s,4s,4s"},
	"fmla.4s":   {0x4e20cc00, "4s,4s,4s"}, // rounds once
	"fmla.2d":   {0x4e60cc00, "2d,2d,2d"},
	"fmax.4s":   {0x4e20f400, "4s,4s,4s"},
	"fmin.4s":   {0x4ea0f400, "4s,4s,4s"},
	"faddp.4s":  {0x6e20d400, "4s,4s,4s"},
	"fcmgt.4s":  {0x6ea0e400, "4s,4s,4s"},
	"trn1.4s":   {0x4e802800, "4s,4s,4s"},
	"trn2.4s":   {0x4e806800, "4s,4s,4s"},
	"trn1.2d":   {0x4ec02800, "2d,2d,2d"},
	"trn2.2d":   {0x4ec06800, "2d,2d,2d"},
	"zip1.8h":   {0x4e403800, "8h,8h,8h"},
	"zip1.4s":   {0x4e803800, "4s,4s,4s"},
	"zip2.4s":   {0x4e807800, "4s,4s,4s"},
	"uzp1.4s":   {0x4e801800, "4s,4s,4s"},
	"uzp2.4s":   {0x4e805800, "4s,4s,4s"},
	"uzp1.8h":   {0x4e401800, "8h,8h,8h"},
	"uzp2.8h":   {0x4e405800, "8h,8h,8h"},
	"uzp1.16b":  {0x4e001800, "16b,16b,16b"},
}

// two are instructions of two vectors.
var two = map[string]instruction{
	"neg.4s":    {0x6ea0b800, "4s,4s"},
	"fneg.4s":   {0x6ea0f800, "4s,4s"},
	"fabs.4s":   {0x4ea0f800, "4s,4s"},
	"scvtf.4s":  {0x4e21d800, "4s,4s"},
	"fcvtns.4s": {0x4e21a800, "4s,4s"},
	"frintn.4s": {0x4e218800, "4s,4s"},
	"fcvtl.4s":  {0x0e217800, "4s,4h"},
	"fcvtl2.4s": {0x4e217800, "4s,8h"},
	"fcvtl.2d":  {0x0e617800, "2d,2s"},
	"fcvtl2.2d": {0x4e617800, "2d,4s"},
	"fcvtn.4h":  {0x0e216800, "4h,4s"},
	"fcvtn2.8h": {0x4e216800, "8h,4s"},
	"sadalp.4s": {0x4e606800, "4s,8h"},
	"umaxv":     {0x6eb0a800, "s,4s"},
	"fmaxv":     {0x6e30f800, "s,4s"},
	"saddlv":    {0x4e303800, "h,16b"},
	"faddp.2d":  {0x7e70d800, "d,2d"},
}

// shifts are instructions whose number stands at bit 16, above or below the width of
// an element.
var shifts = map[string]struct {
	instruction
	width int
	right bool
}{
	"shl.4s":   {instruction{0x4f005400, "4s,4s"}, 32, false},
	"shl.16b":  {instruction{0x4f005400, "16b,16b"}, 8, false},
	"sli.16b":  {instruction{0x6f005400, "16b,16b"}, 8, false}, // the bits below stay
	"ushr.16b": {instruction{0x6f000400, "16b,16b"}, 8, true},
	"sshr.4s":  {instruction{0x4f000400, "4s,4s"}, 32, true},
	"sshll.8h": {instruction{0x0f00a400, "8h,8b"}, 8, false}, // widens
	"sshl2.8h": {instruction{0x4f00a400, "8h,16b"}, 8, false},
	"sshll.4s": {instruction{0x0f00a400, "4s,4h"}, 16, false},
	"sshl2.4s": {instruction{0x4f00a400, "4s,8h"}, 16, false},
}

// lanes are instructions whose last operand is one element of a vector.
var lanes = map[string]instruction{
	"sdot":      {0x4f80e000, "4s,16b,4b"},
	"fmul.4s":   {0x4f809000, "4s,4s,s"},
	"fmla.4s":   {0x4f801000, "4s,4s,s"},
	"smlal.4s":  {0x0f402000, "4s,4h,h"}, // the last operand is one of v0 to v15
	"smlal2.4s": {0x4f402000, "4s,8h,h"},
}

// name is the mnemonic of an instruction, whose key may end in a shape. The second
// forms of SSHLL are cut short, so that keys tell them from the first.
func name(key string) string {
	n, _, _ := strings.Cut(key, ".")
	return strings.Replace(n, "sshl2", "sshll2", 1)
}

// operands are registers with their shapes.
func operands(shapes string, regs ...v) string {
	var s []string
	for i, shape := range strings.Split(shapes, ",") {
		if len(shape) == 1 && i == 0 { // a scalar
			s = append(s, fmt.Sprintf("%s%d", shape, regs[i]))
			continue
		}
		s = append(s, fmt.Sprintf("v%d.%s", regs[i], shape))
	}
	return strings.Join(s, ", ")
}

// find looks an instruction up; that it is there is for the program to see to.
func find[T any](table map[string]T, key string) T {
	i, ok := table[key]
	if !ok {
		panic("genneon: no encoding of " + key)
	}
	return i
}

func (a *assembly) v3(key string, d, n, m v) {
	i := find(three, key)
	a.word(i.word|uint32(m)<<16|uint32(n)<<5|uint32(d), "%s %s", name(key), operands(i.shapes, d, n, m))
}

func (a *assembly) v2(key string, d, n v) {
	i := find(two, key)
	a.word(i.word|uint32(n)<<5|uint32(d), "%s %s", name(key), operands(i.shapes, d, n))
}

func (a *assembly) shift(key string, d, n v, by int) {
	i := find(shifts, key)
	at := i.width + by
	if i.right {
		at = 2*i.width - by
	}
	a.word(i.word|uint32(at)<<16|uint32(n)<<5|uint32(d), "%s %s, #%d", name(key), operands(i.shapes, d, n), by)
}

// lane encodes the element's number in bits 11 and 21, and for halves in 20.
func (a *assembly) lane(key string, d, n, m v, e int) {
	i := find(lanes, key)
	at := uint32(e>>1)<<11 | uint32(e&1)<<21
	if strings.HasSuffix(i.shapes, "h") {
		if m > 15 {
			panic("genneon: an element of a half is in one of the first sixteen vectors")
		}
		at = uint32(e>>2)<<11 | uint32(e>>1&1)<<21 | uint32(e&1)<<20
	}
	a.word(i.word|at|uint32(m)<<16|uint32(n)<<5|uint32(d), "%s %s[%d]", name(key), operands(i.shapes, d, n, m), e)
}

// mov copies a vector.
func (a *assembly) mov(d, n v) {
	a.word(0x4ea01c00|uint32(n)<<16|uint32(n)<<5|uint32(d), "mov %s", operands("16b,16b", d, n))
}

// zero clears a vector.
func (a *assembly) zero(d v) { a.word(0x6f00e400|uint32(d), "movi v%d.2d, #0x0", d) }

// bytes fills a vector with one byte.
func (a *assembly) bytes(d v, b byte) {
	a.word(0x4f00e400|uint32(b>>5)<<16|uint32(b&31)<<5|uint32(d), "movi v%d.16b, #0x%x", d, b)
}

// dup fills d with an element of n, fill with a general register.
func (a *assembly) dup(d, n v, e int) {
	a.word(0x4e040400|uint32(e)<<19|uint32(n)<<5|uint32(d), "dup v%d.4s, v%d.s[%d]", d, n, e)
}

func (a *assembly) fill(d v, from r) {
	a.word(0x4e040c00|uint32(from)<<5|uint32(d), "dup v%d.4s, w%d", d, from)
}

// tbl takes the bytes of n that m names.
func (a *assembly) tbl(d, n, m v) {
	a.word(0x4e000000|uint32(m)<<16|uint32(n)<<5|uint32(d), "tbl v%d.16b, {v%d.16b}, v%d.16b", d, n, m)
}

// size is what a load or store moves, as a letter of GNU's register names.
type size struct {
	letter         string
	scaled, around uint32 // encodings with an offset in units, and with one of nine bits
	bytes          int
}

var (
	quad   = size{"q", 0x3d800000, 0x3c800000, 16}
	double = size{"d", 0xfd000000, 0xfc000000, 8}
	single = size{"s", 0xbd000000, 0xbc000000, 4}
	half   = size{"h", 0x7d000000, 0x7c000000, 2}
)

// load and store take any offset from 0 that is a multiple of the size, and others
// from -256 to 255.
func (a *assembly) load(s size, d v, base r, offset int)  { a.memory("ld", 1<<22, s, d, base, offset) }
func (a *assembly) store(s size, d v, base r, offset int) { a.memory("st", 0, s, d, base, offset) }

func (a *assembly) memory(verb string, bit uint32, s size, d v, base r, offset int) {
	regs := bit | uint32(base)<<5 | uint32(d)
	where := fmt.Sprintf("[x%d, #%d]", base, offset)
	if offset == 0 {
		where = fmt.Sprintf("[x%d]", base)
	}
	switch {
	case offset >= 0 && offset%s.bytes == 0 && offset/s.bytes < 1<<12:
		a.word(s.scaled|regs|uint32(offset/s.bytes)<<10, "%sr %s%d, %s", verb, s.letter, d, where)
	case offset >= -256 && offset < 256:
		a.word(s.around|regs|uint32(offset&511)<<12, "%sur %s%d, %s", verb, s.letter, d, where)
	default:
		panic(fmt.Sprintf("genneon: no offset %d of %d bytes", offset, s.bytes))
	}
}

// loadNext loads a single float and moves the base on to the next.
func (a *assembly) loadNext(d v, base r) {
	a.word(0xbc404400|uint32(base)<<5|uint32(d), "ldr s%d, [x%d], #4", d, base)
}

// loadPair and storePair move two vectors; offsets are multiples of 16 below 1024.
func (a *assembly) loadPair(d, e v, base r, offset int)  { a.pair("ldp", 1<<22, d, e, base, offset) }
func (a *assembly) storePair(d, e v, base r, offset int) { a.pair("stp", 0, d, e, base, offset) }

func (a *assembly) pair(verb string, bit uint32, d, e v, base r, offset int) {
	if offset < 0 || offset%16 != 0 || offset >= 1024 {
		panic(fmt.Sprintf("genneon: no offset %d of a pair", offset))
	}
	where := fmt.Sprintf("[x%d, #%d]", base, offset)
	if offset == 0 {
		where = fmt.Sprintf("[x%d]", base)
	}
	a.word(0xad000000|bit|uint32(offset/16)<<15|uint32(e)<<10|uint32(base)<<5|uint32(d), "%s q%d, q%d, %s", verb, d, e, where)
}
