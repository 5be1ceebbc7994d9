package simd

import "math"

// MXFP4 is the format of gpt-oss's experts (OCP Microscaling Formats 1.0): blocks of 32
// four-bit floats, which stand as those of Q4_0 do, after a byte that is the exponent of
// their scale. Levels are kept twice as large, as integers, and scales half as large.
const (
	mxfp4Bytes = 1 + 16
	mxfp4Large = 0x1p127 // scales go no further
)

// mxfp4Levels are the sixteen floats, twice as large.
var mxfp4Levels = [16]int8{0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12}

// FormatMXFP4 reads and multiplies MXFP4.
var FormatMXFP4 = &Format{"MXFP4", 32, mxfp4Bytes, Bytes32, dotMXFP4, widenMXFP4}

// mxfp4Scale is 2^(exponent−128): half of what the format says, as levels are twice. The
// smallest is no normal float, and is none here either; the largest stands for what is
// not a number, and is the largest power.
func mxfp4Scale(exponent byte) float32 {
	bits := max(uint32(exponent)<<23, 0x00400000)
	return min(math.Float32frombits(bits)/2, mxfp4Large)
}

func dotMXFP4(row []byte, in *Input) float32 {
	var sum float32
	for i, scale := range in.Scales {
		b := (*[mxfp4Bytes]byte)(row[i*mxfp4Bytes:])
		x := (*[32]int8)(in.Q[i*32:])
		var lo, hi int32
		for j, v := range b[1:] {
			lo += int32(mxfp4Levels[v&15]) * int32(x[j])
			hi += int32(mxfp4Levels[v>>4]) * int32(x[j+16])
		}
		sum += float32(mxfp4Scale(b[0]) * scale * float32(lo+hi))
	}
	return sum
}

func widenMXFP4(dst []float32, row []byte) {
	for i := range dst {
		b := row[i/32*mxfp4Bytes:]
		dst[i] = mxfp4Scale(b[0]) * float32(mxfp4Levels[nibble(b[1:], i%32)])
	}
}
