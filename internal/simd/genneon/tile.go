package main

import "fmt"

// A token's numbers of a group: 256 bytes; its scales and the sums of its numbers
// stand apart, see Batch in package simd.
const (
	groupBytes = 256
	sums32     = 8 * 4
	sumsK      = 12 * 4
	at16       = 0      // sums of 16 numbers, as words
	at32       = 16 * 2 // sums of 32 numbers, as words
)

// multiplyAll multiplies what was unpacked with all tokens, tile by tile. A tile of n
// has its sums in vectors from 0 on, the products of a block in those from 8 on; 16 to
// 19 are weights, 20 to 23 tokens.
func (k *kernel) multiplyAll() {
	tile := k.tile32
	switch {
	case k.floats():
		tile = k.tileFloat
	case k.blockLen == 256:
		tile = k.tileK
	}
	k.do("MOVD %v, %v", tokens, left)
	k.do("ADD $%d, %v, %v", k.acc(), base, sum)
	all := append(k.tiles(), 0)
	for i, n := range all[:len(all)-1] {
		k.label(fmt.Sprintf("tile%d", n))
		k.do("CMP $%d, %v", n, left)
		k.do("BLT tile%d", all[i+1])
		tile(n)
		k.advance(16*n*k.sumsOf(), sum)
		k.do("SUB $%d, %v", n, left)
		k.do("B tile%d", n)
	}
	k.label("tile0")
}

// weigh loads four vectors of weights and multiplies them with n tokens' numbers,
// those at offset.
func (k *kernel) weigh(n, at, offset int) {
	k.loadPair(16, 17, w, 16*at)
	k.loadPair(18, 19, w, 16*at+32)
	for t := range n {
		x := 20 + v(t%4)
		k.load(quad, x, q, t*groupBytes+offset)
		for i := range 4 {
			if k.small && !k.dotProduct {
				k.dots16(8+v(t), 16+v(i), x, i, 29, 30)
			} else {
				k.dot(8+v(t), 16+v(i), x, i, 30)
			}
		}
	}
}

// tile32 is the tile of formats with blocks of 32.
func (k *kernel) tile32(n int) {
	for t := range n {
		k.load(quad, v(t), sum, 16*t)
	}
	k.do("MOVD %v, %v", base, w)
	k.do("MOVD %v, %v", now, count)
	k.loop(count, 1, func() {
		for t := range n {
			k.zero(8 + v(t))
		}
		k.weigh(n, 0, 0)
		k.weigh(n, 4, 16)
		k.finish32(n, w, 8, 0)
		k.advance(16*scratch32, w)
		k.advance(32, q)
		k.advance(4, scales, sums)
	})
	for t := range n {
		k.store(quad, v(t), sum, 16*t)
	}
	// The numbers of blocks that the last group lacks are there, but unused.
	k.do("SUB %v<<5, %v", now, q)
	k.do("SUB %v<<2, %v", now, scales)
	k.do("SUB %v<<2, %v", now, sums)
	k.advance(n*groupBytes, q)
	k.advance(n*sums32, scales, sums)
}

// finish32 adds the products in vectors from dots on, with the block whose scratch is
// at b, to the tokens' accumulators from acc on. It uses 24 to 27.
func (k *kernel) finish32(n int, b r, dots, acc v) {
	k.load(quad, 24, b, 16*at32Scale)
	if k.minima {
		k.load(quad, 25, b, 16*at32Minimum)
	}
	for t := range n {
		dot := dots + v(t)
		k.v2("scvtf.4s", dot, dot)
		k.load(single, 26, scales, t*sums32)
		if k.minima {
			k.affine32(t, dot)
		} else {
			k.lane("fmul.4s", 27, 24, 26, 0)
			k.v3("fmul.4s", dot, dot, 27)
		}
		k.v3("fadd.4s", acc+v(t), acc+v(t), dot)
	}
}

// affine32 is scale of the token · (scale · sum of products + minimum · sum of the
// token's numbers), which is held with the other sign.
func (k *kernel) affine32(t int, dot v) {
	k.load(single, 27, sums, t*sums32)
	k.v2("scvtf.4s", 27, 27)
	k.lane("fmul.4s", 27, 25, 27, 0)
	k.v3("fmul.4s", dot, dot, 24)
	k.v3("fsub.4s", dot, dot, 27)
	k.lane("fmul.4s", dot, dot, 26, 0)
}

// tileK is the tile of the K formats.
func (k *kernel) tileK(n int) {
	for t := range n {
		k.zero(v(t))
	}
	k.do("MOVD %v, %v", base, w)
	k.do("ADD $%d, %v, %v", 16*atKScales, base, ws)
	k.do("MOVD $%d, %v", 64/k.sub, count)
	k.loop(count, 1, func() {
		for t := range n {
			k.zero(8 + v(t))
		}
		for i := 0; i < k.sub; i += 4 {
			k.weigh(n, i, 4*i)
		}
		k.load(quad, 24, ws, 0)
		for t := range n {
			k.v3("mla.4s", v(t), 8+v(t), 24)
		}
		k.advance(16*k.sub, w)
		k.advance(4*k.sub, q)
		k.advance(16, ws)
	})
	k.finishK(n)
	k.advance(n*groupBytes-groupBytes, q)
	k.advance(4*n, scales)
	k.advance(n*sumsK, sums)
}

// finishK adds the totals in vectors from 0 on, times scales, to the tokens'
// accumulators in memory. It uses 15 to 24.
func (k *kernel) finishK(n int) {
	k.do("ADD $%d, %v, %v", 16*atKMinima, base, ws)
	if k.minima {
		k.loadPair(16, 17, ws, 0)
		k.loadPair(18, 19, ws, 32)
		k.loadPair(20, 21, ws, 64)
	} else {
		k.load(quad, 20, base, 16*at6Scale)
	}
	for t := range n {
		total := v(t)
		k.v2("scvtf.4s", total, total)
		k.load(single, 23, scales, 4*t)
		if k.minima {
			k.minimaK(t, total)
			k.lane("fmul.4s", total, total, 23, 0)
		} else {
			k.lane("fmul.4s", 22, 20, 23, 0)
			k.v3("fmul.4s", total, total, 22)
		}
		k.load(quad, 24, sum, 16*t)
		k.v3("fadd.4s", 24, 24, total)
		k.store(quad, 24, sum, 16*t)
	}
}

// minimaK makes scale · total − scale of minima · Σ minimum · sum of the token's
// numbers of the total.
func (k *kernel) minimaK(t int, total v) {
	k.load(quad, 15, sums, t*sumsK+at32)
	k.zero(22)
	for i := range 4 {
		k.lane("smlal.4s", 22, 16+v(i), 15, 2*i)
		k.lane("smlal2.4s", 22, 16+v(i), 15, 2*i+1)
	}
	k.v2("scvtf.4s", 22, 22)
	k.v3("fmul.4s", 22, 22, 21)
	k.v3("fmul.4s", total, total, 20)
	k.v3("fsub.4s", total, total, 22)
}

// tileFloat adds products of even columns to the first sum of a token, of odd ones to
// the second, so that one does not have to wait for the other.
func (k *kernel) tileFloat(n int) {
	for t := range n {
		k.loadPair(v(t), 8+v(t), sum, 32*t)
	}
	k.do("MOVD %v, %v", base, w)
	k.do("MOVD %v, %v", now, count)
	k.loop(count, 1, func() {
		for c := 0; c < k.blockLen; c += 4 {
			k.loadPair(16, 17, w, 16*c)
			k.loadPair(18, 19, w, 16*c+32)
			for t := range n {
				x := 20 + v(t%4)
				k.load(quad, x, scales, t*groupBytes+4*c)
				for i := range 4 {
					k.lane("fmla.4s", v(t)+8*v(i%2), 16+v(i), x, i)
				}
			}
		}
		k.advance(16*k.blockLen, w)
		k.advance(4*k.blockLen, scales)
	})
	for t := range n {
		k.storePair(v(t), 8+v(t), sum, 32*t)
	}
	k.do("SUB %v<<%d, %v", now, 2+log2(k.blockLen), scales)
	k.advance(n*groupBytes, scales)
}
