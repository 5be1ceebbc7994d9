package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileK is the tile of the K formats.
func (k *kernel) tileK(n int) {
	total, dot, v := k.vectors[:n], k.vectors[n:2*n], k.vectors[2*n:]
	for t := range n {
		k.zero(total[t])
	}
	MOVQ(base, w)
	LEAQ(at(base, atKScales*k.bytes()), spare)
	repeat(fmt.Sprintf("sub%d", n), 64/k.sub, func() {
		if k.wide() {
			k.dotsK(n, total, dot, v)
		} else {
			k.dotsKNarrow(n, total, dot, v)
		}
		ADDQ(number(k.sub*k.bytes()), w)
		ADDQ(number(k.sub*4), k.q)
		ADDQ(number(k.bytes()), spare)
	})
	k.finish(k, n, total, k.vectors[n:])
	ADDQ(number(n*groupBytes-groupBytes), k.q)
	ADDQ(number(n*4), k.scales)
	ADDQ(number(n*sumsK), k.sums)
}

func (k *kernel) dotsK(n int, total, dot, v []reg.VecPhysical) {
	for t := range n {
		k.zero(dot[t])
	}
	for c := range k.sub {
		k.load(at(w, c*k.bytes()), v[0])
		for t := range n {
			VPDPBUSD_BCST(at(k.q, t*groupBytes+4*c), v[0], dot[t])
		}
	}
	k.load(at(spare, 0), v[0])
	for t := range n {
		VPMULLD(v[0], dot[t], dot[t])
		VPADDD(dot[t], total[t], total[t])
	}
}

func (k *kernel) dotsKNarrow(n int, total, dot, v []reg.VecPhysical) {
	w0, parts, scale := v[0], v[1:3], v[3]
	k.load(at(spare, 0), scale)
	for c := range k.sub {
		k.load(at(w, c*k.bytes()), w0)
		for t := range n {
			part := parts[t%2]
			VPBROADCASTD(at(k.q, t*groupBytes+4*c), part)
			if c%k.together == 0 {
				VPMADDUBSW(part, w0, dot[t])
			} else {
				VPMADDUBSW(part, w0, part)
				VPADDW(part, dot[t], dot[t])
			}
			if (c+1)%k.together == 0 {
				VPMADDWD(scale, dot[t], dot[t])
				VPADDD(dot[t], total[t], total[t])
			}
		}
	}
}

// words adds the products of pairs of words: n vectors of them at offset i of
// scratch with the sums of the token.
func (k *kernel) words(n, i, a int, v []reg.VecPhysical, dst reg.VecPhysical) {
	k.zero(dst)
	for j := range n {
		if k.wide() {
			k.load(at(base, (i+j)*k.bytes()), v[0])
			VPDPWSSD_BCST(at(k.sums, a+4*j), v[0], dst)
			continue
		}
		VPBROADCASTD(at(k.sums, a+4*j), v[0])
		VPMADDWD(at(base, (i+j)*k.bytes()), v[0], v[0])
		VPADDD(v[0], dst, dst)
	}
}

// add adds the token's scale times v.
func (k *kernel) add(t int, v, spare reg.VecPhysical) {
	if k.wide() {
		VMULPS_BCST(at(k.scales, 4*t), v, v)
	} else {
		VBROADCASTSS(at(k.scales, 4*t), spare)
		VMULPS(spare, v, v)
	}
	VADDPS(k.sumOf(t*k.bytes()), v, v)
	VMOVUPS(v, k.sumOf(t*k.bytes()))
}

// finishMinima adds scale of the token · (scale · total − scale of minima · Σ
// minimum · sum of the token's numbers).
func finishMinima(k *kernel, n int, total, v []reg.VecPhysical) {
	for t := range n {
		k.words(4, atKMinima, t*sumsK+at32, v[1:], v[0])
		VCVTDQ2PS(v[0], v[0])
		VMULPS(at(base, atKMinimum*k.bytes()), v[0], v[0])
		VCVTDQ2PS(total[t], total[t])
		VMULPS(at(base, atKScale*k.bytes()), total[t], total[t])
		VSUBPS(v[0], total[t], total[t])
		k.add(t, total[t], v[0])
	}
}

// finish6 takes the 32 off, and adds scale · scale of the token · total.
func finish6(k *kernel, n int, total, v []reg.VecPhysical) {
	for t := range n {
		k.words(8, at6Pairs, t*sumsK+at16, v[1:], v[0])
		VPSLLD(U8(5), v[0], v[0])
		VPSUBD(v[0], total[t], total[t])
		VCVTDQ2PS(total[t], total[t])
		VBROADCASTSS(at(k.scales, 4*t), v[0])
		VMULPS(at(base, at6Scale*k.bytes()), v[0], v[0])
		VMULPS(v[0], total[t], total[t])
		VADDPS(k.sumOf(t*k.bytes()), total[t], total[t])
		VMOVUPS(total[t], k.sumOf(t*k.bytes()))
	}
}
