package main

// A single token, which is what decoding mostly has, would not be worth storing
// unpacked weights for. Its products are computed as the weights come out of the
// unpacking, which leaves vectors 14 to 31 alone.

// one writes that way.
func (k *kernel) one() {
	d := *k
	d.direct = true
	k.do("ADD $%d, %v, %v", k.acc(), base, sum)
	k.do("MOVD %v, %v", blocks, count)
	for i := range v(2) {
		d.zero(30 + i)
	}
	d.unpack(&d)
	switch {
	case d.floats():
		d.storePair(30, 31, sum, 0)
	case d.blockLen == 32:
		d.store(quad, 31, sum, 0)
	}
}

// multiply adds the products of vector i of weights.
func (k *kernel) multiply(x v, i int) {
	if k.floats() {
		k.lane("fmla.4s", 30+v(i%2), x, k.token(scales, i/4), i%4)
		return
	}
	dot := 16 + v(i/4%2)
	if k.blockLen == 256 {
		dot = 16 + v(i/k.sub)
	}
	y := k.token(q, i/4)
	if k.small && !k.dotProduct && k.dots() < 16 { // otherwise there are no vectors for it
		k.dots16(dot, x, y, i%4, 6, 24+2*(y-14))
		return
	}
	k.dot(dot, x, y, i%4, 6)
}

// token is the register of the block's i-th 16 bytes of the token's numbers. The two
// that were used last are kept.
func (k *kernel) token(from r, i int) v {
	for at, have := range k.held {
		if have == i {
			return 14 + v(at)
		}
	}
	at := i & 1
	if k.blockLen == 256 {
		at = i / (16 / k.sub) & 1 // what is unpacked from the same bytes
	}
	k.held[at] = i
	k.load(quad, 14+v(at), from, 16*i)
	return 14 + v(at)
}

// dot adds products of four bytes of a token, the e-th of y, to the lanes of d. Without
// the instruction for it, sums of two products, which fit into 16 bits as there is no
// -128 among a token's bytes, are added up; that takes vectors t and t+1.
func (k *kernel) dot(d, x, y v, e int, t v) {
	if k.dotProduct {
		k.lane("sdot", d, x, y, e)
		return
	}
	k.dup(t, y, e)
	k.v3("smull", t+1, x, t)
	k.v3("smull2", t, x, t)
	k.v3("addp.8h", t+1, t+1, t)
	k.v2("sadalp.4s", d, t+1)
}

// dots16 is dot for small weights: sums of two products of four vectors in a row, of
// which this is the e-th, fit into 16 bits together. They are kept in vectors p and p+1.
func (k *kernel) dots16(d, x, y v, e int, t, p v) {
	key := "smlal"
	if e == 0 {
		key = "smull"
	}
	k.dup(t, y, e)
	k.v3(key, p, x, t)
	k.v3(key+"2", p+1, x, t)
	if e == 3 {
		k.v3("addp.8h", p, p, p+1)
		k.v2("sadalp.4s", d, p)
	}
}

// dots is how many vectors of products a block has.
func (k *kernel) dots() int {
	if k.blockLen == 32 {
		return 2
	}
	return 64 / k.sub
}

// startBlock comes before every block.
func (k *kernel) startBlock() {
	k.held = [2]int{-1, -1}
	switch {
	case k.floats():
	case k.blockLen == 32:
		k.zero(17)
		if k.excess == 0 {
			k.zero(16)
			return
		}
		k.load(single, 16, sums, 0) // with the other sign
		k.dup(16, 16, 0)
		k.shift("shl.4s", 16, 16, log2(k.excess))
	case k.excess == 0:
		for i := range k.dots() {
			k.zero(16 + v(i))
		}
	default:
		k.startDots()
	}
}

// startDots begins the sums of sub-blocks of 16 with what has to be taken off.
func (k *kernel) startDots() {
	k.loadPair(14, 15, sums, at16)
	for i := range v(2) {
		k.shift("sshll.4s", 2*i, 14+i, log2(k.excess))
		k.shift("sshl2.4s", 2*i+1, 14+i, log2(k.excess))
	}
	for i := range v(4) {
		k.v2("neg.4s", i, i)
	}
	for i := range 16 {
		k.dup(16+v(i), v(i/4), i%4)
	}
}

func log2(n int) (l int) {
	for 1<<l < n {
		l++
	}
	return l
}

// finishBlock comes after every block.
func (k *kernel) finishBlock() {
	switch k.blockLen {
	case 256:
		k.addUp()
		k.finishK(1)
		k.advance(256, q)
		k.advance(4, scales)
		k.advance(sumsK, sums)
	case 32:
		k.v3("add.4s", 16, 16, 17)
		k.finish32(1, base, 16, 31)
		k.advance(32, q)
		k.advance(4, scales, sums)
	default:
		k.advance(4*k.blockLen, scales)
	}
}

// addUp leaves the sum of the sub-blocks, times their scales, in vector 0.
func (k *kernel) addUp() {
	k.zero(0)
	k.zero(1)
	k.do("ADD $%d, %v, %v", 16*atKScales, base, ws)
	for i := 0; i < k.dots(); i += 2 {
		k.loadPair(2, 3, ws, 16*i)
		k.v3("mla.4s", 0, 16+v(i), 2)
		k.v3("mla.4s", 1, 17+v(i), 3)
	}
	k.v3("add.4s", 0, 0, 1)
}
