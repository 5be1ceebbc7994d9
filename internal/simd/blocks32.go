package simd

import "encoding/binary"

// The formats with blocks of 32 numbers. A block starts with its scale d as a half;
// the asymmetric ones add a minimum m. Four-bit formats store number i in the low
// and number i+16 in the high half of byte i; five-bit ones keep the fifth bits
// together in a 32-bit word.
const (
	q8_0Bytes  = 2 + 32
	q4_0Bytes  = 2 + 16
	q4_1Bytes  = 4 + 16
	q5_0Bytes  = 2 + 4 + 16
	q5_1Bytes  = 4 + 4 + 16
	iq4NLBytes = 2 + 16
)

func dotQ8_0(row []byte, in *Input) float32 {
	var sum float32
	for i, scale := range in.Scales {
		b := (*[q8_0Bytes]byte)(row[i*q8_0Bytes:])
		x := (*[32]int8)(in.Q[i*32:])
		var s0, s1 int32
		for j := 0; j < 32; j += 2 {
			s0 += int32(int8(b[2+j])) * int32(x[j])
			s1 += int32(int8(b[3+j])) * int32(x[j+1])
		}
		sum += float32(F16(u16(b[:])) * scale * float32(s0+s1))
	}
	return sum
}

func widenQ8_0(dst []float32, row []byte) {
	for i := range dst {
		b := row[i/32*q8_0Bytes:]
		dst[i] = F16(u16(b)) * float32(int8(b[2+i%32]))
	}
}

// nibbles multiplies 16 bytes of four-bit numbers with 32 integers.
func nibbles(b *[16]byte, x *[32]int8) int32 {
	var lo, hi int32
	for j, v := range b {
		lo += int32(v&15) * int32(x[j])
		hi += int32(v>>4) * int32(x[j+16])
	}
	return lo + hi
}

// fifthBits multiplies the fifth bits of 32 numbers, worth 16 each.
func fifthBits(bits uint32, x *[32]int8) int32 {
	var s int32
	for j, v := range x {
		s += int32(v) & -int32(bits>>j&1)
	}
	return s << 4
}

func dotQ4_0(row []byte, in *Input) float32 {
	var sum float32
	for i, scale := range in.Scales {
		b := (*[q4_0Bytes]byte)(row[i*q4_0Bytes:])
		s := nibbles((*[16]byte)(b[2:]), (*[32]int8)(in.Q[i*32:])) - 8*in.Sums[i]
		sum += float32(F16(u16(b[:])) * scale * float32(s))
	}
	return sum
}

func dotQ4_1(row []byte, in *Input) float32 {
	var sum float32
	for i, scale := range in.Scales {
		b := (*[q4_1Bytes]byte)(row[i*q4_1Bytes:])
		s := nibbles((*[16]byte)(b[4:]), (*[32]int8)(in.Q[i*32:]))
		sum += float32(scale * (float32(F16(u16(b[:]))*float32(s)) + float32(F16(u16(b[2:]))*float32(in.Sums[i]))))
	}
	return sum
}

func dotQ5_0(row []byte, in *Input) float32 {
	var sum float32
	for i, scale := range in.Scales {
		b := (*[q5_0Bytes]byte)(row[i*q5_0Bytes:])
		x := (*[32]int8)(in.Q[i*32:])
		s := nibbles((*[16]byte)(b[6:]), x) + fifthBits(binary.LittleEndian.Uint32(b[2:]), x) - 16*in.Sums[i]
		sum += float32(F16(u16(b[:])) * scale * float32(s))
	}
	return sum
}

func dotQ5_1(row []byte, in *Input) float32 {
	var sum float32
	for i, scale := range in.Scales {
		b := (*[q5_1Bytes]byte)(row[i*q5_1Bytes:])
		x := (*[32]int8)(in.Q[i*32:])
		s := nibbles((*[16]byte)(b[8:]), x) + fifthBits(binary.LittleEndian.Uint32(b[4:]), x)
		sum += float32(scale * (float32(F16(u16(b[:]))*float32(s)) + float32(F16(u16(b[2:]))*float32(in.Sums[i]))))
	}
	return sum
}

// iq4Values are the sixteen levels of IQ4_NL.
var iq4Values = [16]int8{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

func dotIQ4NL(row []byte, in *Input) float32 {
	var sum float32
	for i, scale := range in.Scales {
		b := (*[iq4NLBytes]byte)(row[i*iq4NLBytes:])
		x := (*[32]int8)(in.Q[i*32:])
		var lo, hi int32
		for j, v := range b[2:] {
			lo += int32(iq4Values[v&15]) * int32(x[j])
			hi += int32(iq4Values[v>>4]) * int32(x[j+16])
		}
		sum += float32(F16(u16(b[:])) * scale * float32(lo+hi))
	}
	return sum
}

// nibble is number i of a block whose four-bit numbers start at b.
func nibble(b []byte, i int) int {
	if i < 16 {
		return int(b[i] & 15)
	}
	return int(b[i-16] >> 4)
}

// fifth is the fifth bit of number i, in its place.
func fifth(b []byte, i int) int {
	return int(binary.LittleEndian.Uint32(b)>>i&1) << 4
}

func widenQ4_0(dst []float32, row []byte) {
	for i := range dst {
		b := row[i/32*q4_0Bytes:]
		dst[i] = F16(u16(b)) * float32(nibble(b[2:], i%32)-8)
	}
}

func widenQ4_1(dst []float32, row []byte) {
	for i := range dst {
		b := row[i/32*q4_1Bytes:]
		dst[i] = F16(u16(b))*float32(nibble(b[4:], i%32)) + F16(u16(b[2:]))
	}
}

func widenQ5_0(dst []float32, row []byte) {
	for i := range dst {
		b := row[i/32*q5_0Bytes:]
		dst[i] = F16(u16(b)) * float32(nibble(b[6:], i%32)+fifth(b[2:], i%32)-16)
	}
}

func widenQ5_1(dst []float32, row []byte) {
	for i := range dst {
		b := row[i/32*q5_1Bytes:]
		dst[i] = F16(u16(b))*float32(nibble(b[8:], i%32)+fifth(b[4:], i%32)) + F16(u16(b[2:]))
	}
}

func widenIQ4NL(dst []float32, row []byte) {
	for i := range dst {
		b := row[i/32*iq4NLBytes:]
		dst[i] = F16(u16(b)) * float32(iq4Values[nibble(b[2:], i%32)])
	}
}
