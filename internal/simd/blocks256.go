package simd

// The K formats: super-blocks of 256 numbers, cut into sub-blocks that have a small
// integer scale of their own.
//
// Q4_K and Q5_K have eight sub-blocks of 32. A number is d·scale·q − dmin·min, with
// six-bit scales and minima packed into twelve bytes. Sub-blocks come in pairs: the
// low halves of 32 bytes are the first of the pair, the high halves the second.
//
// Q6_K has sixteen sub-blocks of 16 with eight-bit scales; a number is
// d·scale·(q−32). Its low four bits and its high two bits are stored apart.
const (
	q4KBytes = 2 + 2 + 12 + 128
	q5KBytes = 2 + 2 + 12 + 32 + 128
	q6KBytes = 128 + 64 + 16 + 2
)

// scaleMin unpacks scale and minimum of sub-block i: the first four are stored
// plainly in six bits, the others put their low four bits into the last bytes and
// their high two bits on top of the first eight.
func scaleMin(p *[12]byte, i int) (scale, minimum int32) {
	if i < 4 {
		return int32(p[i] & 63), int32(p[i+4] & 63)
	}
	return int32(p[i+4]&15 | p[i-4]>>6<<4), int32(p[i+4]>>4 | p[i]>>6<<4)
}

func dotQ4K(row []byte, in *Input) float32 {
	var sum float32
	for i, scale := range in.Scales {
		b := (*[q4KBytes]byte)(row[i*q4KBytes:])
		x := (*[256]int8)(in.Q[i*256:])
		sums := (*[8]int32)(in.Sums[i*8:])
		scales := (*[12]byte)(b[4:])
		var s, m int32
		for j := range 4 {
			lo, hi := pairs((*[32]byte)(b[16+32*j:]), (*[64]int8)(x[64*j:]))
			scale0, min0 := scaleMin(scales, 2*j)
			scale1, min1 := scaleMin(scales, 2*j+1)
			s += scale0*lo + scale1*hi
			m += min0*sums[2*j] + min1*sums[2*j+1]
		}
		sum += float32(scale * (float32(F16(u16(b[:]))*float32(s)) - float32(F16(u16(b[2:]))*float32(m))))
	}
	return sum
}

// pairs multiplies two sub-blocks that share 32 bytes.
func pairs(b *[32]byte, x *[64]int8) (lo, hi int32) {
	for j, v := range b {
		lo += int32(v&15) * int32(x[j])
		hi += int32(v>>4) * int32(x[j+32])
	}
	return lo, hi
}

func dotQ5K(row []byte, in *Input) float32 {
	var sum float32
	for i, scale := range in.Scales {
		b := (*[q5KBytes]byte)(row[i*q5KBytes:])
		x := (*[256]int8)(in.Q[i*256:])
		sums := (*[8]int32)(in.Sums[i*8:])
		scales := (*[12]byte)(b[4:])
		high := (*[32]byte)(b[16:])
		var s, m int32
		for j := range 4 {
			lo, hi := pairs5((*[32]byte)(b[48+32*j:]), high, 2*j, (*[64]int8)(x[64*j:]))
			scale0, min0 := scaleMin(scales, 2*j)
			scale1, min1 := scaleMin(scales, 2*j+1)
			s += scale0*lo + scale1*hi
			m += min0*sums[2*j] + min1*sums[2*j+1]
		}
		sum += float32(scale * (float32(F16(u16(b[:]))*float32(s)) - float32(F16(u16(b[2:]))*float32(m))))
	}
	return sum
}

// pairs5 is pairs with the fifth bits of both sub-blocks at bits shift and shift+1.
func pairs5(b, high *[32]byte, shift int, x *[64]int8) (lo, hi int32) {
	for j, v := range b {
		h := high[j] >> shift
		lo += int32(v&15|h&1<<4) * int32(x[j])
		hi += int32(v>>4|h>>1&1<<4) * int32(x[j+32])
	}
	return lo, hi
}

func dotQ6K(row []byte, in *Input) float32 {
	var sum float32
	for i, scale := range in.Scales {
		b := (*[q6KBytes]byte)(row[i*q6KBytes:])
		var s int32
		for half := range 2 {
			s += halfQ6K((*[64]byte)(b[64*half:]), (*[32]byte)(b[128+32*half:]),
				(*[8]byte)(b[192+8*half:]), (*[128]int8)(in.Q[i*256+128*half:]))
		}
		sum += float32(F16(u16(b[208:])) * scale * float32(s))
	}
	return sum
}

// halfQ6K multiplies half a super-block: 128 numbers, whose low bits are in 64
// bytes, whose high bits are in 32, in four groups of 32 with two scales each.
func halfQ6K(low *[64]byte, high *[32]byte, scales *[8]byte, x *[128]int8) int32 {
	var total int32
	for part := range 2 { // 16 numbers of each group
		var s0, s1, s2, s3 int32
		for k := range 16 {
			j := 16*part + k
			h := high[j&31]
			a, b := low[j&31], low[j&31+32]
			s0 += (int32(a&15|h&3<<4) - 32) * int32(x[j])
			s1 += (int32(b&15|h>>2&3<<4) - 32) * int32(x[j+32])
			s2 += (int32(a>>4|h>>4&3<<4) - 32) * int32(x[j+64])
			s3 += (int32(b>>4|h>>6<<4) - 32) * int32(x[j+96])
		}
		total += int32(int8(scales[part]))*s0 + int32(int8(scales[part+2]))*s1 +
			int32(int8(scales[part+4]))*s2 + int32(int8(scales[part+6]))*s3
	}
	return total
}

func widenQ4K(dst []float32, row []byte) {
	for i := range dst {
		b := (*[q4KBytes]byte)(row[i/256*q4KBytes:])
		sub := i % 256 / 32
		q := b[16+32*(sub/2)+i%32] >> (sub % 2 * 4) & 15
		dst[i] = affine(b[:4], (*[12]byte)(b[4:]), sub, q)
	}
}

func widenQ5K(dst []float32, row []byte) {
	for i := range dst {
		b := (*[q5KBytes]byte)(row[i/256*q5KBytes:])
		sub := i % 256 / 32
		q := b[48+32*(sub/2)+i%32]>>(sub%2*4)&15 | b[16+i%32]>>sub&1<<4
		dst[i] = affine(b[:4], (*[12]byte)(b[4:]), sub, q)
	}
}

func affine(ds []byte, scales *[12]byte, sub int, q byte) float32 {
	scale, minimum := scaleMin(scales, sub)
	return F16(u16(ds))*float32(scale)*float32(q) - F16(u16(ds[2:]))*float32(minimum)
}

func widenQ6K(dst []float32, row []byte) {
	for i := range dst {
		b := (*[q6KBytes]byte)(row[i/256*q6KBytes:])
		half, group, j := i%256/128, i%128/32, i%32
		low := b[64*half+32*(group%2)+j] >> (group / 2 * 4) & 15
		high := b[128+32*half+j] >> (2 * group) & 3
		scale := int8(b[192+8*half+2*group+j/16])
		dst[i] = F16(u16(b[208:])) * float32(scale) * float32(int(low|high<<4)-32)
	}
}
