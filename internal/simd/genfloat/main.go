// Genfloat writes the assembly of the float kernels, one file per instruction set:
//
//	go generate ./internal/simd
//
// A kernel is written once, in terms of vectors; isa.go says what differs between
// AVX2 (with FMA and F16C) and AVX-512 (F, BW, DQ, VL). Their Go twins, which say
// what they compute, are in vector.go, head.go and mix.go of simd.
package main

import (
	"flag"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	name := flag.String("isa", "AVX2", "AVX2 or AVX512")
	flag.Parse()
	c := &isa{name: *name, wide: *name == "AVX512"}
	ConstraintExpr("amd64")
	c.elementwise()
	c.rotations()
	c.toHalf()
	c.quantizeHead()
	c.mix("mixHalf", half)
	c.mix("mixBytes", int8s)
	c.soften()
	c.scaleColumns()
	Generate()
}
