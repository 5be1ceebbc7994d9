package gguf

import "fmt"

// Type is the format a tensor's numbers are stored in. Values are those of the
// file format.
type Type uint32

// The tensor types. K types pack super-blocks of 256 numbers; the older ones
// pack blocks of 32.
const (
	F32     Type = 0
	F16     Type = 1
	Q4_0    Type = 2
	Q4_1    Type = 3
	Q5_0    Type = 6
	Q5_1    Type = 7
	Q8_0    Type = 8
	Q8_1    Type = 9
	Q2_K    Type = 10
	Q3_K    Type = 11
	Q4_K    Type = 12
	Q5_K    Type = 13
	Q6_K    Type = 14
	Q8_K    Type = 15
	IQ2_XXS Type = 16
	IQ2_XS  Type = 17
	IQ3_XXS Type = 18
	IQ1_S   Type = 19
	IQ4_NL  Type = 20
	IQ3_S   Type = 21
	IQ2_S   Type = 22
	IQ4_XS  Type = 23
	I8      Type = 24
	I16     Type = 25
	I32     Type = 26
	I64     Type = 27
	F64     Type = 28
	IQ1_M   Type = 29
	BF16    Type = 30
	TQ1_0   Type = 34
	TQ2_0   Type = 35
	MXFP4   Type = 39
	NVFP4   Type = 40
)

// layout is a type's name and its unit of storage.
type layout struct {
	name       string
	blockLen   int // numbers in a block
	blockBytes int
}

// layouts is indexed by Type; a hole has no name. Read-only.
var layouts = [...]layout{
	F32:     {"F32", 1, 4},
	F16:     {"F16", 1, 2},
	Q4_0:    {"Q4_0", 32, 18},
	Q4_1:    {"Q4_1", 32, 20},
	Q5_0:    {"Q5_0", 32, 22},
	Q5_1:    {"Q5_1", 32, 24},
	Q8_0:    {"Q8_0", 32, 34},
	Q8_1:    {"Q8_1", 32, 36},
	Q2_K:    {"Q2_K", 256, 84},
	Q3_K:    {"Q3_K", 256, 110},
	Q4_K:    {"Q4_K", 256, 144},
	Q5_K:    {"Q5_K", 256, 176},
	Q6_K:    {"Q6_K", 256, 210},
	Q8_K:    {"Q8_K", 256, 292},
	IQ2_XXS: {"IQ2_XXS", 256, 66},
	IQ2_XS:  {"IQ2_XS", 256, 74},
	IQ3_XXS: {"IQ3_XXS", 256, 98},
	IQ1_S:   {"IQ1_S", 256, 50},
	IQ4_NL:  {"IQ4_NL", 32, 18},
	IQ3_S:   {"IQ3_S", 256, 110},
	IQ2_S:   {"IQ2_S", 256, 82},
	IQ4_XS:  {"IQ4_XS", 256, 136},
	I8:      {"I8", 1, 1},
	I16:     {"I16", 1, 2},
	I32:     {"I32", 1, 4},
	I64:     {"I64", 1, 8},
	F64:     {"F64", 1, 8},
	IQ1_M:   {"IQ1_M", 256, 56},
	BF16:    {"BF16", 1, 2},
	TQ1_0:   {"TQ1_0", 256, 54},
	TQ2_0:   {"TQ2_0", 256, 66},
	MXFP4:   {"MXFP4", 32, 17},
	NVFP4:   {"NVFP4", 64, 36},
}

// Known reports whether the type is one this package can measure.
func (t Type) Known() bool { return int(t) < len(layouts) && layouts[t].name != "" }

// String is the type's usual name, for example "Q4_K".
func (t Type) String() string {
	if !t.Known() {
		return fmt.Sprintf("type %d", uint32(t))
	}
	return layouts[t].name
}

// BlockLen is how many numbers a block holds, 0 for an unknown type.
func (t Type) BlockLen() int {
	if !t.Known() {
		return 0
	}
	return layouts[t].blockLen
}

// BlockBytes is how many bytes a block takes, 0 for an unknown type.
func (t Type) BlockBytes() int {
	if !t.Known() {
		return 0
	}
	return layouts[t].blockBytes
}

// RowBytes is how many bytes n numbers take. It panics if n is no whole number of
// blocks, which the reader has already excluded for every tensor's rows.
func (t Type) RowBytes(n int) int {
	if !t.Known() || n%t.BlockLen() != 0 {
		panic(fmt.Sprintf("gguf: %d numbers are no whole blocks of %s", n, t))
	}
	return n / t.BlockLen() * t.BlockBytes()
}
