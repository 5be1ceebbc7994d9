// Package simd multiplies, adds and compares long rows of numbers: dot products of
// vectors with rows of weights in every storage format the engine runs, and the
// few element-wise functions between them.
//
// Weights stay in the bytes of the model file, as little-endian blocks; a [Format]
// knows how to read them. The vector they are multiplied with is prepared once as
// an [Input]: as floats for float weights, as 8-bit integers with a scale per
// block for quantised ones, so that the inner loops multiply small integers. Who
// compares with a float computation must allow for that rounding: it is at most
// 1/254 of the block's largest magnitude per number.
//
// The code here is plain Go. It is the reference that machine-specific kernels are
// checked against, and the fallback where there are none. The package does not
// know tensors, models or threads.
//
// Invariants:
//
//   - S1. The result of a dot product depends on its two operands alone: not on
//     the batch around it, the thread or the time. Sums run in one fixed order.
//   - S2. Block layouts are those of ggml (ggml-common.h); a block's bytes mean
//     the same here and there.
package simd
