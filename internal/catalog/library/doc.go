// Package library is the list of models that hearth can tell of before it has them:
// who made them, under which licence, what they need and where their files are. The
// list travels in the binary (library.yaml).
//
// It fetches nothing and knows no files of this machine; those are catalog's. It
// does not say how good an answer is, only what is established of a model: what no
// source says is left out, not guessed, and a size that was computed says so.
//
// Reading order: library.yaml, model.go (its words), size.go and need.go (the
// arithmetic), recommend.go and search.go (what is made of it).
//
// Invariants:
//
//   - L1. What is offered was read from the table; whether the engine of this
//     process runs it is computed from the architecture and the tensor types.
//   - L2. What does not fit is never recommended, nor what needs an unknown amount.
//   - L3. More memory never leads to a smaller model, nor to a smaller file of the
//     same one.
//   - L4. A search gives the same models in the same order every time.
package library
