package simd

import "golang.org/x/sys/cpu"

//go:generate go -C gen run . -isa avx512 -pkg simd -out ../avx512_amd64.s -stubs ../avx512_amd64.go
//go:generate go -C gen run . -isa avx2 -pkg simd -out ../avx2_amd64.s -stubs ../avx2_amd64.go

// machines lists the instruction sets that this machine has, best first.
// GODEBUG=cpu.avx512f=off hides the first, cpu.avx2=off both.
func machines() (list []*machine) {
	x := cpu.X86
	if !x.HasAVX2 || !x.HasFMA || !x.HasF16C {
		return nil
	}
	if x.HasAVX512F && x.HasAVX512BW && x.HasAVX512VL && x.HasAVX512DQ && x.HasAVX512VNNI {
		list = append(list, avx512())
	}
	return append(list, avx2())
}

func avx512() *machine {
	return &machine{name: "avx512", lanes: 16, quantize32: quantize32AVX512, quantize256: quantize256AVX512, mul: map[*Format]kernel{
		FormatF32: {4, mulF32AVX512}, FormatF16: {8, mulF16AVX512}, FormatBF16: {8, mulBF16AVX512},
		FormatQ8_0: {32, mulQ8_0AVX512}, FormatQ4_0: {32, mulQ4_0AVX512}, FormatQ4_1: {32, mulQ4_1AVX512},
		FormatQ5_0: {32, mulQ5_0AVX512}, FormatQ5_1: {32, mulQ5_1AVX512}, FormatIQ4NL: {32, mulIQ4NLAVX512}, FormatMXFP4: {32, mulMXFP4AVX512},
		FormatQ4K: {256, mulQ4KAVX512}, FormatQ5K: {256, mulQ5KAVX512}, FormatQ6K: {256, mulQ6KAVX512},
	}}
}

func avx2() *machine {
	return &machine{name: "avx2", lanes: 8, quantize32: quantize32AVX2, quantize256: quantize256AVX2, mul: map[*Format]kernel{
		FormatF32: {4, mulF32AVX2}, FormatF16: {8, mulF16AVX2}, FormatBF16: {8, mulBF16AVX2},
		FormatQ8_0: {32, mulQ8_0AVX2}, FormatQ4_0: {32, mulQ4_0AVX2}, FormatQ4_1: {32, mulQ4_1AVX2},
		FormatQ5_0: {32, mulQ5_0AVX2}, FormatQ5_1: {32, mulQ5_1AVX2}, FormatIQ4NL: {32, mulIQ4NLAVX2}, FormatMXFP4: {32, mulMXFP4AVX2},
		FormatQ4K: {256, mulQ4KAVX2}, FormatQ5K: {256, mulQ5KAVX2}, FormatQ6K: {256, mulQ6KAVX2},
	}}
}
