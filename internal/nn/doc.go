// Package nn computes the forward passes of language models: tokens in, logits out,
// one file per architecture.
//
// It is deterministic maths. It decides nothing about who is served, in what order
// or for how long, and it starts no goroutines: who calls it brings the [Workers].
// Weights are read where they lie, in the memory map of the model file; so a file
// that shrinks while it is in use faults, and callers that can't rule this out run
// it under debug.SetPanicOnFault.
//
// Reading order: llama.go (an architecture, top to bottom as in the paper), then
// pass.go (the verbs it is written in), attention.go, kv.go and rope.go, then bind.go
// (how tensors of the file become fields). What only some have stands apart: mixture.go
// (experts), latent.go (DeepSeek's attention), index.go (which tokens it attends to),
// window.go (layers that look back only so far), delta.go (layers that keep a state), adapter.go (LoRA), bert.go (encoders) and
// pool.go (what a vector is made of).
//
// Invariants:
//
//   - N1. The logits of a token depend on its sequence alone, bit for bit: not on
//     what else is in the batch, on how a prompt was cut into batches, or on the
//     number of workers, or on whose pages of the cache it goes on from. So every sum
//     has one order, which is the sequence's own: attention.go says what it is there.
//     Machines with other instructions may differ in the last places.
//   - N2. A model whose tensors are not exactly those the architecture knows is
//     refused when it is loaded; nothing is ignored.
//   - N3. After loading, nothing fails: sizes were checked against one another.
package nn
