package simd

import (
	"encoding/binary"
	"math"
)

// F16 widens an IEEE 754 half.
func F16(h uint16) float32 {
	const infinity = 0x7c00
	mantissa := uint32(h&0x7fff) << 13
	if h&infinity == infinity {
		return math.Float32frombits(uint32(h&0x8000)<<16 | 0x7f800000 | mantissa)
	}
	// Moving the exponent by multiplication also normalises subnormals.
	f := math.Float32frombits(mantissa) * 0x1p112
	return math.Float32frombits(math.Float32bits(f) | uint32(h&0x8000)<<16)
}

// ToF16 narrows to an IEEE 754 half, to nearest with ties to even; what is too
// large becomes an infinity.
func ToF16(f float32) uint16 {
	b := math.Float32bits(f)
	sign := uint16(b >> 16 & 0x8000)
	b &= 0x7fffffff
	switch {
	case b > 0x7f800000:
		return sign | 0x7e00 // not a number
	case b >= 0x477ff000:
		return sign | 0x7c00 // rounds beyond 65504
	case b < 0x38800000: // subnormal: let the adder round at the right bit
		return sign | uint16(math.Float32bits(math.Float32frombits(b)+0.5)-0x3f000000)
	}
	b += 0xfff + b>>13&1
	return sign | uint16(b>>13-(127-15)<<10)
}

// BF16 widens a bfloat16.
func BF16(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }

func dotF32(row []byte, in *Input) float32 {
	var s0, s1, s2, s3 float32
	x := in.F
	for len(row) >= 16 && len(x) >= 4 {
		s0 += f32(row[0:4]) * x[0]
		s1 += f32(row[4:8]) * x[1]
		s2 += f32(row[8:12]) * x[2]
		s3 += f32(row[12:16]) * x[3]
		row, x = row[16:], x[4:]
	}
	for i, v := range x {
		s0 += f32(row[4*i:]) * v
	}
	return s0 + s1 + (s2 + s3)
}

func dotF16(row []byte, in *Input) float32 {
	var s0, s1, s2, s3 float32
	x := in.F
	for len(row) >= 8 && len(x) >= 4 {
		s0 += F16(u16(row[0:2])) * x[0]
		s1 += F16(u16(row[2:4])) * x[1]
		s2 += F16(u16(row[4:6])) * x[2]
		s3 += F16(u16(row[6:8])) * x[3]
		row, x = row[8:], x[4:]
	}
	for i, v := range x {
		s0 += F16(u16(row[2*i:])) * v
	}
	return s0 + s1 + (s2 + s3)
}

func dotBF16(row []byte, in *Input) float32 {
	var s0, s1, s2, s3 float32
	x := in.F
	for len(row) >= 8 && len(x) >= 4 {
		s0 += BF16(u16(row[0:2])) * x[0]
		s1 += BF16(u16(row[2:4])) * x[1]
		s2 += BF16(u16(row[4:6])) * x[2]
		s3 += BF16(u16(row[6:8])) * x[3]
		row, x = row[8:], x[4:]
	}
	for i, v := range x {
		s0 += BF16(u16(row[2*i:])) * v
	}
	return s0 + s1 + (s2 + s3)
}

func widenF32(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = f32(src[4*i:])
	}
}

func widenF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = F16(u16(src[2*i:]))
	}
}

func widenBF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = BF16(u16(src[2*i:]))
	}
}

func f32(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }

func u16(b []byte) uint16 { return binary.LittleEndian.Uint16(b) }
