package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// groupFloats is how many floats are unpacked at a time: as many as fill 256 bytes.
const groupFloats = 64

// tileFloat adds products of even columns to the first sum of a token, of odd ones
// to the second, so that one does not have to wait for the other.
func (k *kernel) tileFloat(n int) {
	even, odd, v := k.vectors[:n], k.vectors[n:2*n], k.vectors[2*n:]
	for t := range n {
		VMOVUPS(k.sumOf(2*t*k.bytes()), even[t])
		VMOVUPS(k.sumOf((2*t+1)*k.bytes()), odd[t])
	}
	MOVQ(base, w)
	MOVQ(k.variable("now"), count)
	repeat(fmt.Sprintf("columns%d", n), 0, func() {
		for c := range k.blockLen {
			VMOVUPS(at(w, c*k.bytes()), v[0])
			for t := range n {
				dst := even[t]
				if c%2 == 1 {
					dst = odd[t]
				}
				a := at(k.scales, t*groupBytes+4*c)
				if k.wide() {
					VFMADD231PS_BCST(a, v[0], dst)
					continue
				}
				VBROADCASTSS(a, v[1])
				VFMADD231PS(v[1], v[0], dst)
			}
		}
		ADDQ(number(k.blockLen*k.bytes()), w)
		ADDQ(number(k.blockLen*4), k.scales)
	})
	for t := range n {
		VMOVUPS(even[t], k.sumOf(2*t*k.bytes()))
		VMOVUPS(odd[t], k.sumOf((2*t+1)*k.bytes()))
	}
	MOVQ(k.variable("now"), spare)
	IMUL3Q(I8(int8(-4*k.blockLen)), spare, spare)
	ADDQ(spare, k.scales)
	ADDQ(number(n*groupBytes), k.scales)
}
