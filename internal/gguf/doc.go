// Package gguf reads and writes GGUF, the file format of local models: metadata,
// a directory of tensors, and their data.
//
// A GGUF file is hostile input. It is usually gigabytes fetched from a stranger,
// and every count, length and offset in it is a number somebody chose. The package
// therefore keeps to these rules:
//
//   - G1. A number is used only after it was checked against the bytes that are
//     really there, with arithmetic that can't wrap.
//   - G2. Memory allocated while reading is bounded by a small multiple of the
//     file's size, whatever its counts say.
//   - G3. Every refusal is an [Error] that names the field and its offset.
//   - G4. No unsafe, and nothing is interpreted that was not validated.
//   - G5. Tensor data stays where it is, in the memory map; nothing is copied.
//
// The package knows the sizes of block formats, not their meaning: arithmetic on
// quantised data is simd's. It does not know what an architecture needs: that is
// nn's.
//
// Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2
// and 3, little-endian.
package gguf
