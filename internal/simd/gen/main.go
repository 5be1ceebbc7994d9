// Command gen writes the assembly of package simd: one file of kernels per
// instruction set, and the Go declarations beside it. It is a module of its own, so
// that the product does not depend on the assembler's library.
//
// Every kernel is written once for both instruction sets of amd64; they differ in
// the width of a vector and in how small integers are multiplied (machine.go).
// panel.go has the way rows are read, unpack*.go what the formats look like, tile*.go
// the multiplication, quantize.go the preparation of vectors.
package main

import (
	"flag"
	"log"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	isa := flag.String("isa", "", "avx512 or avx2")
	flag.Parse()
	m, ok := machines[*isa]
	if !ok {
		log.Fatal("gen: -isa is avx512 or avx2")
	}
	ConstraintExpr("amd64")
	for _, f := range formats {
		m.kernel(f)
	}
	m.quantizers()
	Generate()
}
