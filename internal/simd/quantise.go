package simd

import "math"

// quantise32 rounds blocks of 32 floats to bytes, so that the largest magnitude of
// a block becomes 127. f and q are as long as each other; number i is about q[i]
// times scales[i/32]. sums has the sum of every 32 bytes.
func quantise32(q []int8, scales []float32, sums []int32, f []float32) {
	n := len(f) / 32
	q, scales, sums = q[:len(f)], scales[:n], sums[:n]
	for i := quantise32Wide(q, scales, sums, f); i < n; i++ {
		scales[i] = quantise(q[i*32:(i+1)*32], f[i*32:(i+1)*32])
		sums[i] = sumBytes(q[i*32 : (i+1)*32])
	}
}

// quantise256 is quantise32 with a scale per 256 floats. The sums are still of 32.
func quantise256(q []int8, scales []float32, sums []int32, f []float32) {
	n := len(f) / 256
	q, scales, sums = q[:len(f)], scales[:n], sums[:8*n]
	for i := quantise256Wide(q, scales, sums, f); i < n; i++ {
		scales[i] = quantise(q[i*256:(i+1)*256], f[i*256:(i+1)*256])
		for j := i * 8; j < i*8+8; j++ {
			sums[j] = sumBytes(q[j*32 : (j+1)*32])
		}
	}
}

// QuantiseHead is quantise32 for one head of keys or values in the cache: it needs
// no sums, and the last block may be short.
func QuantiseHead(q []int8, scales []float32, f []float32) {
	var sum [1]int32
	for i := range scales {
		from, end := i*32, min((i+1)*32, len(f))
		if end-from == 32 {
			quantise32(q[from:end], scales[i:i+1], sum[:], f[from:end])
		} else {
			scales[i] = quantise(q[from:end], f[from:end])
		}
	}
}

// quantise rounds a block so that its largest magnitude becomes 127, and returns
// the scale. The scale of a block that has numbers beyond the finite is not finite.
func quantise(q []int8, f []float32) float32 {
	var largest float32
	for _, v := range f {
		largest = max(largest, float32(math.Abs(float64(v))))
	}
	inverse := 127 / largest
	const magic = 1<<23 + 1<<22 // adding it leaves the rounded integer in the low bits
	for i, v := range f {
		q[i] = int8(math.Float32bits(float32(v*inverse)+magic) & 0xff)
	}
	return largest / 127
}

func sumBytes(q []int8) (sum int32) {
	for _, v := range q {
		sum += int32(v)
	}
	return sum
}
