//go:build !amd64 && !arm64

package simd

// machines lists the instruction sets that there are kernels for: of this processor
// none.
func machines() []*machine { return nil }
