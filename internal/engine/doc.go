// Package engine runs models in this process: it loads a GGUF file, keeps the
// sequences of its running requests, computes them together batch by batch, and
// samples their next tokens.
//
// It knows slots and tokens. It does not know people, priorities or HTTP, nor
// roles and templates: a [Model] is a hearth.Completer, a text goes in and a text
// comes out. Requests wait in the order they came; any better order is made by who
// calls.
//
// One goroutine per model, the loop, owns everything that changes between batches.
// A request hands itself over and reads its answer from an outbox, so a slow
// reader holds no slot and a stopped one frees its slot before the next batch.
//
// Invariants:
//
//   - E1. A request gets the same tokens in any company: sampling draws from the
//     request's own generator, and logits obey nn's invariant N1. A request may
//     therefore be put aside and computed again without anyone noticing.
//   - E2. The oldest running sequence can always grow to the full context, so the
//     engine always makes progress.
//   - E3. A prompt is never cut. What does not fit is refused.
//   - E4. A file that changes under a loaded model breaks that model, not the
//     process.
package engine
