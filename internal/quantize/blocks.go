package quantize

import (
	"encoding/binary"
	"math"

	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/simd"
)

// encoder writes numbers, a whole number of blocks, in a format.
type encoder func(dst []byte, x []float32)

// encoders are the formats that can be written, by type.
func encoders() map[gguf.Type]encoder {
	return map[gguf.Type]encoder{
		gguf.F32: encodeF32, gguf.F16: encodeF16,
		gguf.Q4_0: encodeQ4_0, gguf.Q5_0: encodeQ5_0, gguf.Q5_1: encodeQ5_1, gguf.Q8_0: encodeQ8_0,
		gguf.Q4_K: encodeQ4K, gguf.Q5_K: encodeQ5K, gguf.Q6_K: encodeQ6K,
	}
}

// epsilon is below which a group of numbers is nothing but zeros.
const epsilon = 1e-15

func putHalf(dst []byte, v float32) { binary.LittleEndian.PutUint16(dst, simd.ToF16(v)) }

func half(v float32) float32 { return simd.F16(simd.ToF16(v)) }

func abs(v float32) float32 { return math.Float32frombits(math.Float32bits(v) &^ (1 << 31)) }

// nearest rounds to the nearest whole number, ties to even, by what an addition leaves
// of the mantissa.
func nearest(v float32) int {
	return int(math.Float32bits(v+magic)&0x007fffff) - 0x00400000
}

// magic is what leaves no room for a fraction beside it.
const magic = 12582912

// level is the whole number nearest to a number of no great magnitude, from lo to hi.
func level(v, lo, hi float32) float32 {
	v = v + magic - magic
	if v < lo {
		return lo
	}
	if v > hi {
		return hi
	}
	return v
}

func encodeF32(dst []byte, x []float32) {
	for i, v := range x {
		binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(v))
	}
}

func encodeF16(dst []byte, x []float32) {
	for i, v := range x {
		putHalf(dst[2*i:], v)
	}
}

// largest is the number of the largest magnitude, the first of several.
func largest(x []float32) (v, magnitude float32) {
	for _, a := range x {
		if m := abs(a); m > magnitude {
			v, magnitude = a, m
		}
	}
	return v, magnitude
}

// inverse is 1/d, or 0 where there is none.
func inverse(d float32) float32 {
	if d == 0 {
		return 0
	}
	return 1 / d
}

func encodeQ8_0(dst []byte, x []float32) {
	for ; len(x) > 0; x, dst = x[32:], dst[34:] {
		_, most := largest(x[:32])
		d := most / 127
		id := inverse(d)
		putHalf(dst, d)
		for i, v := range x[:32] {
			dst[2+i] = byte(int8(math.Round(float64(v * id))))
		}
	}
}

func encodeQ4_0(dst []byte, x []float32) {
	for ; len(x) > 0; x, dst = x[32:], dst[18:] {
		v, _ := largest(x[:32])
		d := v / -8
		id := inverse(d)
		putHalf(dst, d)
		for i := range 16 {
			lo := min(15, byte(int8(float32(x[i]*id)+8.5)))
			hi := min(15, byte(int8(float32(x[16+i]*id)+8.5)))
			dst[2+i] = lo | hi<<4
		}
	}
}

func encodeQ5_0(dst []byte, x []float32) {
	for ; len(x) > 0; x, dst = x[32:], dst[22:] {
		v, _ := largest(x[:32])
		d := v / -16
		id := inverse(d)
		putHalf(dst, d)
		high := uint32(0)
		for i := range 16 {
			a := min(31, byte(int8(float32(x[i]*id)+16.5)))
			b := min(31, byte(int8(float32(x[16+i]*id)+16.5)))
			dst[6+i] = a&15 | b<<4
			high |= uint32(a>>4)<<i | uint32(b>>4)<<(16+i)
		}
		binary.LittleEndian.PutUint32(dst[2:], high)
	}
}

func encodeQ5_1(dst []byte, x []float32) {
	for ; len(x) > 0; x, dst = x[32:], dst[24:] {
		lo, hi := float32(math.MaxFloat32), float32(-math.MaxFloat32)
		for _, v := range x[:32] {
			if v < lo { // of two zeros the first counts
				lo = v
			}
			if v > hi {
				hi = v
			}
		}
		d := (hi - lo) / 31
		id := inverse(d)
		putHalf(dst, d)
		putHalf(dst[2:], lo)
		high := uint32(0)
		for i := range 16 {
			a := byte(float32((x[i]-lo)*id) + 0.5)
			b := byte(float32((x[16+i]-lo)*id) + 0.5)
			dst[8+i] = a&15 | b<<4
			high |= uint32(a&16>>4)<<i | uint32(b&16>>4)<<(16+i)
		}
		binary.LittleEndian.PutUint32(dst[4:], high)
	}
}

// halfRange finds the scale under which the numbers, as whole ones from -reach to
// reach-1, come closest, where large numbers count more, and those whole ones, from 0.
func halfRange(x []float32, reach int, levels []uint8) (scale float32) {
	top, most := largest(x)
	if most < epsilon {
		clear(levels)
		return 0
	}
	low, high := -float32(reach), float32(reach-1)
	by := -float32(reach) / top
	sums := func() (lx, l2 float32) {
		for _, v := range x {
			l := level(float32(by*v), low, high)
			w := v * v
			lx += float32(float32(w*v) * l)
			l2 += float32(float32(w*l) * l)
		}
		return lx, l2
	}
	keep := func() {
		for i, v := range x {
			levels[i] = uint8(level(float32(by*v), low, high) - low)
		}
	}
	lx, l2 := sums()
	keep()
	if l2 != 0 {
		scale = lx / l2
	}
	best := scale * lx
	for step := -9; step <= 9; step++ {
		if step == 0 {
			continue
		}
		by = -(float32(reach) + float32(0.1*float32(step))) / top
		lx, l2 := sums()
		if l2 > 0 && lx*lx > float32(best*l2) {
			keep()
			scale = lx / l2
			best = scale * lx
		}
	}
	return scale
}

// search is over which scales a whole range looks.
type search struct{ from, step, steps float32 }

// fullRange finds the scale and the least number under which the numbers, as whole
// ones from 0 to top, come closest, as the weights say, and those whole ones. The
// least is given as what is to be taken off.
func fullRange(x, weights *[32]float32, top int, s search, levels *[32]uint8) (scale, off float32) {
	least, most := x[0], x[0]
	sumW := weights[0]
	sumX := float32(sumW * x[0])
	for i := 1; i < 32; i++ {
		least, most = min(least, x[i]), max(most, x[i])
		sumW += weights[i]
		sumX += float32(weights[i] * x[i])
	}
	if least > 0 {
		least = 0
	}
	if most == least {
		clear(levels[:])
		return 0, -least
	}
	high := float32(top)
	by := high / (most - least)
	scale = 1 / by
	var best, tried [32]float32
	var bestError float32
	for i, v := range x {
		best[i] = level(float32(by*(v-least)), 0, high)
		diff := float32(scale*best[i]) + least - v
		bestError += float32(weights[i] * float32(diff*diff))
	}
	for step := float32(0); step <= s.steps; step++ {
		by = (s.from + float32(s.step*step) + high) / (most - least)
		var sumL, sumL2, sumXL float32
		for i, v := range x {
			l := level(float32(by*(v-least)), 0, high)
			tried[i] = l
			wl := float32(weights[i] * l)
			sumL += wl
			sumL2 += float32(wl * l)
			sumXL += float32(wl * v)
		}
		d := float32(sumW*sumL2) - float32(sumL*sumL)
		if !(d > 0) { // nor if it is no number
			continue
		}
		thisScale := (float32(sumW*sumXL) - float32(sumX*sumL)) / d
		thisLeast := (float32(sumL2*sumX) - float32(sumL*sumXL)) / d
		if thisLeast > 0 {
			thisLeast = 0
			thisScale = sumXL / sumL2
		}
		var e float32
		for i, v := range x {
			diff := float32(thisScale*tried[i]) + thisLeast - v
			e += float32(weights[i] * float32(diff*diff))
		}
		if e < bestError {
			best = tried
			bestError, scale, least = e, thisScale, thisLeast
		}
	}
	for i, l := range best {
		levels[i] = uint8(l)
	}
	return scale, -least
}

// group is a super-block of 256 numbers in eight parts with a scale and an offset each.
type group struct {
	levels [8][32]uint8
	scales [12]byte // 6 bits for each scale and offset, packed
	d, off float32  // what they are multiplied with
}

// grouped makes a super-block of Q4_K and Q5_K.
func grouped(x []float32, top int, s search) (g group) {
	var scales, offs [8]float32
	var mostScale, mostOff float32
	for j := range 8 {
		part := (*[32]float32)(x[32*j:])
		var weights [32]float32
		var squares float32
		for _, v := range part {
			squares += float32(v * v)
		}
		mean := float32(math.Sqrt(float64(squares / 32)))
		for i, v := range part {
			weights[i] = mean + abs(v)
		}
		scales[j], offs[j] = fullRange(part, &weights, top, s, &g.levels[j])
		mostScale, mostOff = max(mostScale, scales[j]), max(mostOff, offs[j])
	}
	g.pack(scales, offs, mostScale, mostOff)
	for j := range 8 {
		scale, off := g.part(j)
		d := half(g.d) * float32(scale)
		if d == 0 {
			continue
		}
		m := float32(half(g.off) * float32(off))
		for i, v := range x[32*j : 32*j+32] {
			g.levels[j][i] = uint8(max(0, min(top, nearest((v+m)/d))))
		}
	}
	return g
}

func (g *group) pack(scales, offs [8]float32, mostScale, mostOff float32) {
	var byScale, byOff float32
	if mostScale > 0 {
		byScale = 63 / mostScale
	}
	if mostOff > 0 {
		byOff = 63 / mostOff
	}
	for j := range 8 {
		s := min(63, uint8(nearest(float32(byScale*scales[j]))))
		o := min(63, uint8(nearest(float32(byOff*offs[j]))))
		if j < 4 {
			g.scales[j], g.scales[j+4] = s, o
		} else {
			g.scales[j+4] = s&15 | o&15<<4
			g.scales[j-4] |= s >> 4 << 6
			g.scales[j] |= o >> 4 << 6
		}
	}
	g.d, g.off = mostScale/63, mostOff/63
}

// part unpacks the scale and the offset of a part.
func (g *group) part(j int) (scale, off uint8) {
	if j < 4 {
		return g.scales[j] & 63, g.scales[j+4] & 63
	}
	return g.scales[j+4]&15 | g.scales[j-4]>>6<<4, g.scales[j+4]>>4 | g.scales[j]>>6<<4
}

func encodeQ4K(dst []byte, x []float32) {
	for ; len(x) > 0; x, dst = x[256:], dst[144:] {
		g := grouped(x[:256], 15, search{-1, 0.1, 20})
		putHalf(dst, g.d)
		putHalf(dst[2:], g.off)
		copy(dst[4:], g.scales[:])
		for j := 0; j < 8; j += 2 {
			for i := range 32 {
				dst[16+16*j+i] = g.levels[j][i] | g.levels[j+1][i]<<4
			}
		}
	}
}

func encodeQ5K(dst []byte, x []float32) {
	for ; len(x) > 0; x, dst = x[256:], dst[176:] {
		g := grouped(x[:256], 31, search{-0.5, 0.1, 15})
		putHalf(dst, g.d)
		putHalf(dst[2:], g.off)
		copy(dst[4:], g.scales[:])
		high := dst[16:48]
		clear(high)
		for j := 0; j < 8; j += 2 {
			for i := range 32 {
				a, b := g.levels[j][i], g.levels[j+1][i]
				high[i] |= a>>4<<j | b>>4<<(j+1)
				dst[48+16*j+i] = a&15 | b&15<<4
			}
		}
	}
}

func encodeQ6K(dst []byte, x []float32) {
	for ; len(x) > 0; x, dst = x[256:], dst[210:] {
		encodeGroupQ6K(dst[:210], x[:256])
	}
}

func encodeGroupQ6K(dst []byte, x []float32) {
	var levels [256]uint8
	var scales [16]float32
	for j := range scales {
		scales[j] = halfRange(x[16*j:16*j+16], 32, levels[16*j:16*j+16])
	}
	top, most := largest(scales[:])
	if most < epsilon {
		clear(dst)
		return
	}
	by := -128 / top
	d := 1 / by
	putHalf(dst[208:], d)
	for j, s := range scales {
		q := int8(min(127, nearest(float32(by*s))))
		dst[192+j] = byte(q)
		d := half(d) * float32(q)
		if d == 0 {
			continue
		}
		for i, v := range x[16*j : 16*j+16] {
			levels[16*j+i] = uint8(max(-32, min(31, nearest(v/d))) + 32)
		}
	}
	for j := range 2 {
		l := levels[128*j:]
		for i := range 32 {
			a, b, c, e := l[i], l[i+32], l[i+64], l[i+96]
			dst[64*j+i] = a&15 | c&15<<4
			dst[64*j+32+i] = b&15 | e&15<<4
			dst[128+32*j+i] = a>>4 | b>>4<<2 | c>>4<<4 | e>>4<<6
		}
	}
}
