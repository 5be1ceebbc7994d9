// Package convert writes models of the format they are published in, a folder with
// safetensors files, config.json and tokenizer.json, as GGUF.
//
// What it writes is what llama.cpp's converter writes of the same folder: names of
// tensors and settings, the order of rotated rows, which numbers stay in full
// precision. One file for each family says what is the family's own.
//
// Invariants:
//
//   - C1. Nothing is left out in silence: a tensor that no family's table knows, a
//     tensor that should be there, a setting that can't be put in GGUF's words are
//     refused by name.
//   - C2. Memory is bounded by a piece of a tensor ([pieceBytes]) and the vocabulary.
//   - C3. No number of a folder is used before it was held against the limits or the
//     shapes of the tensors.
package convert
