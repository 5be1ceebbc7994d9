//go:build !amd64 && !arm64

package simd

// FloatLevels are the sets of float kernels: there is only plain Go.
func FloatLevels() []string { return []string{"Go"} }

// SetFloatLevel has nothing to choose from.
func SetFloatLevel(int) (undo func()) { return func() {} }
