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
// [Format.Mul] multiplies many rows with the vectors of a [Batch]. It uses kernels
// in assembly where the machine has instructions for them: on amd64 AVX-512 with VNNI,
// or AVX2 with FMA; on arm64 NEON, with dot products of bytes or without. GODEBUG hides
// them: cpu.avx512f=off or cpu.asimddp=off the better ones, cpu.avx2=off or cpu.asimd=off
// all. The assembly is written by the programs in gen and genfloat for amd64, and in
// genneon for arm64; "go generate" on amd64 runs them all. The plain Go of [Format] is
// the reference that kernels are checked against, and the fallback where there are none.
// The package does not know tensors, models or threads.
//
// Invariants:
//
//   - S1. The result of a dot product depends on its two operands alone: not on
//     the batch around it, the thread or the time. Sums run in one fixed order.
//   - S1a. With quantised weights it does not depend on the machine either: sums of
//     a block are integers and exact, and blocks are added in their order, every
//     operation rounded by itself. With float weights the order, and whether a
//     product is rounded before it is added, are the instruction set's.
//   - S2. Block layouts are those of ggml (ggml-common.h); a block's bytes mean
//     the same here and there.
package simd
