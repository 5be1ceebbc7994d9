// Package quantize makes smaller files of models: which tensor gets which format, the
// numbers in it, and what that costs in quality.
//
// Formats and mixtures are llama.cpp's, without an importance matrix, bit for bit: a
// file that this package writes has the tensors that llama_model_quantize writes. The
// arithmetic is therefore float32, in llama.cpp's order, with no product fused into a
// sum (which Go's compilers do on some machines unless a conversion stands between).
//
// Invariants:
//
//   - Z1. Memory is bounded: [stripeBytes] for what is written next, and one row of
//     numbers for each worker. Sources stay in the memory map.
//   - Z2. The same source gives the same bytes, whatever the number of workers.
//   - Z3. What is no number is refused by the name of its tensor, never written.
//
// It knows nothing of files' places, progress bars or languages: appliance does.
package quantize
