package main

// mxfp4Levels are the sixteen levels of MXFP4, twice as large, and above zero: tiles take
// the 16 off again.
var mxfp4Levels = []byte{16, 17, 18, 19, 20, 22, 24, 28, 16, 15, 14, 13, 12, 10, 8, 4}

func unpackMXFP4(k *kernel) {
	k.bytes(8, 15)
	k.table("mxfp4", mxfp4Levels, 9, spare)
	k.constant(0x000000ff, 10, spare)
	k.constant(0x00400000, 11, spare) // 2⁻¹²⁷
	k.constant(0x3f000000, 12, spare) // ½
	k.constant(0x7f000000, 13, spare) // 2¹²⁷
	k.each(func() {
		for i := range r(4) {
			k.load(single, v(i), row0+i, 0)
		}
		k.v3("zip1.4s", 0, 0, 1)
		k.v3("zip1.4s", 2, 2, 3)
		k.v3("trn1.2d", 0, 0, 2)
		k.v3("and", 0, 0, 10)
		k.shift("shl.4s", 0, 0, 23)
		k.v3("umax.4s", 0, 0, 11)
		k.v3("fmul.4s", 0, 0, 12)
		k.v3("fmin.4s", 0, 0, 13)
		k.put(0, at32Scale)
		k.four(1, func(x v, _ int) { k.tbl(x, 9, x) })
	})
}
