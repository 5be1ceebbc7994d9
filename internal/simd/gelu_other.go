//go:build !amd64

package simd

func geluWide([]float32) int { return 0 }
