// Package tokenizer turns text into the tokens of a model and back: byte-level
// BPE ("gpt2" in tokenizer.ggml.model), SentencePiece's score-ordered BPE ("llama")
// and its unigrams ("t5", which XLM-R has too), and WordPiece ("bert"). It knows no file format: the vocabulary
// comes in as a [Vocabulary] and is distrusted until [New] has checked it.
//
// All of it rests on one observation. Merging never looks beyond the two symbols
// it joins, so where no symbol of the vocabulary spans two neighbouring
// characters, the text may be cut between them and each part encoded alone
// (cuts.go). Most parts then are a token by themselves and cost one look-up, in
// Chinese as in English; what is left is merged by rank (merge.go).
//
// llama.cpp is the reference, with these exceptions, where it departs from the
// tokenizer that a model was trained with or lets text do more than text should:
//
//   - Splitting patterns mean what they say. llama.cpp folds characters into
//     classes before matching, so that U+3000 is never the punctuation that
//     DeepSeek's pattern takes it for; and it knows case only within ASCII.
//   - Merges never spell a control, unknown, unused or byte token, whatever a
//     vocabulary says, and a normal "</s>" ends nothing.
//   - Special texts are found leftmost first, then longest, in one pass.
//   - WordPiece decomposes characters fully (llama.cpp keeps the first part),
//     drops only non-spacing marks, and gives up on words over a hundred
//     characters, as BERT does.
//   - Bytes that are not UTF-8 are read as U+FFFD, one each. Text is not normalised
//     otherwise, but for BERT: Qwen's own tokenizer would compose it first.
//
// Invariants:
//
//   - K1. A [Tokenizer] never changes after [New]: any number of goroutines may use it.
//   - K2. New takes time and memory in proportion to the vocabulary; encoding takes
//     O(n log n) for whatever text.
//   - K3. What [Decoder] returns is valid UTF-8, and does not depend on how the
//     tokens were dealt out.
package tokenizer
