package simd

import "golang.org/x/sys/cpu"

// machines lists the instruction sets that this machine has, best first: ARMv8 with and
// without dot products of bytes (FEAT_DotProd). GODEBUG=cpu.asimddp=off hides the first,
// cpu.asimd=off both; Go's runtime, which does not know these names, says so.
func machines() (list []*machine) {
	x := &cpu.ARM64
	if !x.HasASIMD {
		return nil
	}
	if x.HasASIMDDP {
		list = append(list, dotProd())
	}
	return append(list, neon())
}

func dotProd() *machine {
	return &machine{name: "dotprod", lanes: 4, quantize32: quantize32NEON, quantize256: quantize256NEON, mul: map[*Format]kernel{
		FormatF32: {4, mulF32NEON}, FormatF16: {8, mulF16NEON}, FormatBF16: {8, mulBF16NEON},
		FormatQ8_0: {32, mulQ8_0DotProd}, FormatQ4_0: {32, mulQ4_0DotProd}, FormatQ4_1: {32, mulQ4_1DotProd},
		FormatQ5_0: {32, mulQ5_0DotProd}, FormatQ5_1: {32, mulQ5_1DotProd}, FormatIQ4NL: {32, mulIQ4NLDotProd}, FormatMXFP4: {32, mulMXFP4DotProd},
		FormatQ4K: {256, mulQ4KDotProd}, FormatQ5K: {256, mulQ5KDotProd}, FormatQ6K: {256, mulQ6KDotProd},
	}}
}

func neon() *machine {
	return &machine{name: "neon", lanes: 4, quantize32: quantize32NEON, quantize256: quantize256NEON, mul: map[*Format]kernel{
		FormatF32: {4, mulF32NEON}, FormatF16: {8, mulF16NEON}, FormatBF16: {8, mulBF16NEON},
		FormatQ8_0: {32, mulQ8_0NEON}, FormatQ4_0: {32, mulQ4_0NEON}, FormatQ4_1: {32, mulQ4_1NEON},
		FormatQ5_0: {32, mulQ5_0NEON}, FormatQ5_1: {32, mulQ5_1NEON}, FormatIQ4NL: {32, mulIQ4NLNEON}, FormatMXFP4: {32, mulMXFP4NEON},
		FormatQ4K: {256, mulQ4KNEON}, FormatQ5K: {256, mulQ5KNEON}, FormatQ6K: {256, mulQ6KNEON},
	}}
}
