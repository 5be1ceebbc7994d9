//go:build !amd64 && !arm64

package simd

// Pause is to be called by loops that wait for another thread.
func Pause() {}
