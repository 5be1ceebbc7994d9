package simd

func geluWide(x []float32) int {
	n := wide(len(x))
	switch {
	case n == 0:
	case floatISA == floatAVX512:
		geluAVX512(&x[0], n)
	default:
		geluAVX2(&x[0], n)
	}
	return n
}
