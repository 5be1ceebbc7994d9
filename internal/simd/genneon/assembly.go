package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

// assembly is a file of functions being written, and the declarations that belong to
// it. What is not a vector's instruction is written in Go's assembly.
type assembly struct {
	text, stubs, data bytes.Buffer
	body              bytes.Buffer // of the function being written
	params            []param
	labels            int
	known             []string // data that is there already
}

// param is a parameter or, named ret, the result.
type param struct {
	name, kind string
	offset     int
}

// word writes an instruction that is encoded here.
func (a *assembly) word(w uint32, comment string, args ...any) {
	fmt.Fprintf(&a.body, "\tWORD $0x%08x // %s\n", w, fmt.Sprintf(comment, args...))
}

// do writes an instruction of Go's assembler.
func (a *assembly) do(format string, args ...any) {
	fmt.Fprintf(&a.body, "\t"+format+"\n", args...)
}

func (a *assembly) label(l string) { fmt.Fprintf(&a.body, "%s:\n", l) }

// fresh makes a label that no other place of the function has.
func (a *assembly) fresh(name string) string {
	a.labels++
	return fmt.Sprintf("%s%d", name, a.labels)
}

func (g r) String() string { return fmt.Sprintf("R%d", int(g)) }

// function writes one. Every parameter of the signature has its type beside it.
func (a *assembly) function(name, signature, doc string, frame int, body func()) {
	size := a.declare(signature)
	a.body.Reset()
	body()
	flags := "0"
	if frame == 0 {
		flags = "NOSPLIT"
	}
	fmt.Fprintf(&a.text, "\n// func %s%s\nTEXT ·%s(SB), %s, $%d-%d\n", name, signature, name, flags, frame, size)
	a.text.Write(a.body.Bytes())
	fmt.Fprintf(&a.stubs, "\n// %s %s\n//\n//go:noescape\nfunc %s%s\n", name, doc, name, signature)
}

// declare reads a signature, and returns how many bytes its arguments take.
func (a *assembly) declare(signature string) (size int) {
	a.params = nil
	add := func(name, kind string) {
		n := 8
		if kind == "float32" {
			n = 4
		}
		size = (size + n - 1) / n * n
		a.params = append(a.params, param{name, kind, size})
		size += n
	}
	in, out, _ := strings.Cut(strings.TrimPrefix(signature, "("), ")")
	for _, p := range strings.Split(in, ", ") {
		name, kind, _ := strings.Cut(p, " ")
		add(name, kind)
	}
	if out = strings.TrimSpace(out); out != "" {
		size = (size + 7) / 8 * 8
		add("ret", out)
	}
	return size
}

// where is a parameter as the assembler writes it.
func (a *assembly) where(name string) string {
	for _, p := range a.params {
		if p.name == name {
			return fmt.Sprintf("%s+%d(FP)", name, p.offset)
		}
	}
	panic("genneon: no parameter " + name)
}

// param loads an integer or a pointer.
func (a *assembly) param(name string, dst r) { a.do("MOVD %s, %v", a.where(name), dst) }

// float fills a vector with a float parameter.
func (a *assembly) float(name string, dst v) {
	a.do("FMOVS %s, F%d", a.where(name), dst)
	a.dup(dst, dst, 0)
}

// loop repeats body until n, which counts down by steps and is above 0, is used up.
func (a *assembly) loop(n r, step int, body func()) {
	l := a.fresh("loop")
	a.label(l)
	body()
	a.do("SUBS $%d, %v", step, n)
	a.do("BNE %s", l)
}

func (a *assembly) advance(bytes int, ps ...r) {
	for _, p := range ps {
		a.do("ADD $%d, %v", bytes, p)
	}
}

// constant fills every lane with the same 32 bits. It uses the register through.
func (a *assembly) constant(bits uint32, dst v, through r) {
	a.do("MOVW $0x%08x, %v", bits, through)
	a.fill(dst, through)
}

func (a *assembly) number(f float64, dst v, through r) {
	a.constant(math.Float32bits(float32(f)), dst, through)
}

// table loads 16 bytes of read-only data. It uses the register through.
func (a *assembly) table(name string, bytes []byte, dst v, through r) {
	a.address(name, bytes, through)
	a.load(quad, dst, through, 0)
}

// address is where read-only data is, of which there is one of a name.
func (a *assembly) address(name string, data []byte, dst r) {
	if !slices.Contains(a.known, name) {
		a.known = append(a.known, name)
		fmt.Fprintln(&a.data)
		for i := 0; i < len(data); i += 8 {
			fmt.Fprintf(&a.data, "DATA %s<>+%d(SB)/8, $0x%016x\n", name, i, binary.LittleEndian.Uint64(data[i:]))
		}
		fmt.Fprintf(&a.data, "GLOBL %s<>(SB), RODATA|NOPTR, $%d\n", name, len(data))
	}
	a.do("MOVD $%s<>(SB), %v", name, dst)
}
