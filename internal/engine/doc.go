// Package engine runs models in this process: it loads a GGUF file, keeps the
// sequences of its running requests, computes them together batch by batch, and
// samples their next tokens.
//
// It knows slots and tokens. It does not know people, priorities or HTTP, nor
// roles and templates: a [Model] is a hearth.Completer, a text goes in and a text
// comes out. Requests wait in the order they came; any better order is made by who
// calls.
//
// What is computed of a text stays as long as there is room: a later text that
// begins alike goes on from there (prefix.go), within one realm, which is among whom
// it may show. What there is no room for can wait in a file (park.go).
//
// Models whose layers keep a state (nn's Delta) know no texts: a state is of all tokens of
// one, so every text is computed from its start, nothing is guessed, and the memory for as
// many states as there may be sequences is taken off the cache.
//
// An [Adapted] is a model with an adapter; requests of several share the model's batches.
//
// A batch computes a token of every running answer, tokens of prompts, by what
// lately took how long (plan.go, costs.go), and guesses: what followed the same words
// before in the same text (guess.go, propose.go).
//
// An [Encoder] does the same for models that make vectors of texts, or say how well
// they answer a query: its loop (encoding.go) fills batches with texts of all its
// requests in turn, and keeps nothing of them.
//
// One goroutine per model, the loop, owns everything that changes between batches.
// A request hands itself over and reads its answer from an outbox, so a slow
// reader holds no slot and a stopped one frees its slot before the next batch.
//
// Invariants:
//
//   - E1. A request gets the same tokens in any company: sampling draws from the
//     request's own generator, one number for each, and logits obey nn's invariant
//     N1. A request may therefore be put aside and computed again without anyone
//     noticing, go on from pages others have computed, and guesses change nothing
//     but how soon a token comes: none is taken that was not drawn.
//   - E2. The oldest running sequence can always grow to the full context, so the
//     engine always makes progress.
//   - E3. A prompt is never cut. What does not fit is refused.
//   - E4. A file that changes under a loaded model breaks that model, not the
//     process.
//   - E5. What was computed of a text is used again only in its realm, and with the same adapter. A page that
//     more than one holds is not written; it goes back when nobody holds it, and no
//     memory beyond Options.CacheBytes is taken for any of it.
//   - E6. A running answer waits at most about mixedTimes as long for its next token
//     when prompts come as when none does, and a prompt is never overtaken by
//     prompts without end.
//   - E7. Nothing of a text is written anywhere but sealed, into the file of a park.
package engine
