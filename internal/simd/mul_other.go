//go:build !amd64

package simd

// native is what this machine computes with. Kernels of other processors take the
// place of this file.
var native *machine
