package simd

var Quantise32, Quantise256 = quantise32, quantise256
