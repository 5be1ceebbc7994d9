package simd

// QuantizeHead rounds a head of keys or values to bytes, with a scale per 32, as
// [Input] does for [Bytes32]. The last block may be short. Kernels differ from
// their twin in nothing.
func QuantizeHead(q []int8, scales []float32, f []float32) {
	q, scales = q[:len(f)], scales[:(len(f)+31)/32]
	for i := quantizeHeadWide(q, scales, f); i < len(scales); i++ {
		from, end := i*32, min((i+1)*32, len(f))
		scales[i] = quantize(q[from:end], f[from:end])
	}
}
