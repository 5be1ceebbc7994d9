// Package safetensors reads the format that models are published in: a file with a
// header in JSON that says where each tensor lies, and the tensors; or several files
// and an index.
//
// It is hostile input, as every file of a stranger is:
//
//   - S1. The header is read only as far as [headerMax], and not before its length was
//     held against the file's.
//   - S2. A tensor's place is what its shape and type need, lies within the file, and
//     overlaps no other; no byte of the file belongs to none.
//   - S3. An index names files of its own folder, and nothing elsewhere.
//   - S4. Every refusal says which file, which tensor, what was expected and found.
//
// Tensors are read in place and in pieces, as the caller wants them.
//
// Format: https://github.com/huggingface/safetensors, README of version 0.6.
package safetensors
