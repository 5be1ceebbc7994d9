package main

// quantizers prepare vectors: q and scales as quantize in package simd has them, sums
// as Batch wants them.
func (a *assembly) quantizers() {
	a.quantizer("quantize32NEON", 32, 4, a.sums32)
	a.quantizer("quantize256NEON", 256, sumsK, a.sums256)
	a.function("quantizeHeadNEON", "(q *int8, scales *float32, f *float32, blocks int)",
		"rounds blocks of 32.", 0, func() {
			a.param("q", q)
			a.param("scales", scales)
			a.param("f", numbers)
			a.param("blocks", count)
			a.rounding()
			a.loop(count, 1, func() {
				a.block(32)
				a.advance(32, q)
				a.advance(4, scales)
			})
			a.do("RET")
		})
}

// numbers is what is quantised.
const numbers r = 13

// quantizer writes one for blocks of size numbers; a block takes sumBytes of sums.
func (a *assembly) quantizer(name string, size, sumBytes int, add func(size int)) {
	a.function(name, "(q *int8, scales *float32, sums *int32, f *float32, n int)",
		"prepares blocks of a token.", 0, func() {
			a.param("q", q)
			a.param("scales", scales)
			a.param("sums", sums)
			a.param("f", numbers)
			a.param("n", count)
			a.rounding()
			a.loop(count, 1, func() {
				a.block(size)
				add(size)
				a.advance(size, q)
				a.advance(4, scales)
				a.advance(sumBytes, sums)
			})
			a.do("RET")
		})
}

// rounding loads the constants: 127 and what is so large that nothing below one
// remains when it is added.
func (a *assembly) rounding() {
	a.number(127, 30, spare)
	a.number(1<<23+1<<22, 31, spare)
}

// block takes the steps of quantize one by one, so that not a bit differs. That a
// block of zeros needs no branch is because 127/0·0 is not a number, whose low byte is
// zero. It leaves numbers at the next block.
func (a *assembly) block(size int) {
	a.zero(0)
	for i := 0; i < size; i += 16 {
		a.loadPair(1, 2, numbers, 4*i)
		a.loadPair(3, 4, numbers, 4*i+32)
		// As integers magnitudes have the same order, and what is not a number is the
		// largest.
		for j := range v(4) {
			a.v2("fabs.4s", 1+j, 1+j)
			a.v3("umax.4s", 0, 0, 1+j)
		}
	}
	a.v2("umaxv", 0, 0)
	a.v3("fdiv.4s", 1, 0, 30)
	a.store(single, 1, scales, 0)
	a.dup(0, 0, 0)
	a.v3("fdiv.4s", 0, 30, 0)
	for i := 0; i < size; i += 16 {
		a.loadPair(1, 2, numbers, 0)
		a.loadPair(3, 4, numbers, 32)
		for j := range v(4) {
			a.v3("fmul.4s", 1+j, 1+j, 0)
			a.v3("fadd.4s", 1+j, 1+j, 31)
		}
		a.v3("uzp1.8h", 1, 1, 2)
		a.v3("uzp1.8h", 3, 3, 4)
		a.v3("uzp1.16b", 1, 1, 3) // the low byte of every lane
		a.store(quad, 1, q, i)
		a.advance(64, numbers)
	}
}

// sums32 stores the sum of the 32 integers with the other sign.
func (a *assembly) sums32(int) {
	for i := range v(2) {
		a.load(quad, i, q, 16*int(i))
		a.v2("saddlv", i, i)
	}
	a.v3("add.4h", 0, 0, 1)
	a.shift("sshll.4s", 0, 0, 0)
	a.v2("neg.4s", 0, 0)
	a.store(single, 0, sums, 0)
}

// sums256 stores the sums of every 16 and of every 32 integers as words.
func (a *assembly) sums256(size int) {
	for i := 0; i < size; i += 32 {
		for j := range v(2) {
			a.load(quad, j, q, i+16*int(j))
			a.v2("saddlv", j, j)
			a.store(half, j, sums, at16+i/8+2*int(j))
		}
		a.v3("add.4h", 0, 0, 1)
		a.store(half, 0, sums, at32+i/16)
	}
}
