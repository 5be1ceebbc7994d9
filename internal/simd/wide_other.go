//go:build !amd64 && !arm64

package simd

import "math"

// Where there are no kernels of ours yet, they do nothing of the work and the twins
// all of it.

func addWide(a, b []float32) int                                     { return 0 }
func sumSquaresWide(x []float32) (float64, int)                      { return 0, 0 }
func normWide(dst, x, weights []float32, scale float32) int          { return 0 }
func swigluWide(gate, up []float32) int                              { return 0 }
func scaleWide(dst, x []float32, by float32) int                     { return 0 }
func blendWide(dst []float32, k float32, s []float32, b float32) int { return 0 }
func rotateWide(x, cos, sin []float32, interleaved bool) int         { return 0 }
func toHalfWide(dst []uint16, src []float32) int                     { return 0 }

func quantizeHeadWide(q []int8, scales []float32, f []float32) int { return 0 }

func mixHalfWide(out, a Rows, b []uint16, stride, n int, keep []float32, ahead []uint16) bool {
	return false
}
func mixBytesWide(out, a Rows, b []int8, stride, n int, keep, scale []float32, ahead []int8) bool {
	return false
}
func softenWide(scores []float32, n int, largest, sum, keep []float32) bool { return false }
func scaleColumnsWide(dst, src, by []float32) bool                          { return false }

func largestWide(x []float32) (float32, int)                      { return float32(math.Inf(-1)), 0 }
func powersWide(dst, x []float32, sub, by float32) (float64, int) { return 0, 0 }
