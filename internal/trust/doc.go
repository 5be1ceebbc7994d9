// Package trust finds advertising in answers, and lets answers be compared. It takes a
// question and an answer and says whether the answer advertises, how probable that is,
// where, for what reasons, who benefits, and what is left without it. It works on
// sentences, offline, with no language model: a linear classifier over hashed word and
// letter runs and over how a sentence stands to the question and the rest of the answer,
// a sequence step, and tables of words, brands and owners. It also asks one question of
// several models and sets what they say beside each other.
//
// It is not a judge of truth: a claim on which models agree may be wrong, and an
// advertisement may be true. It does not screen for words, topics or personal data;
// package guard does. It stores nothing.
//
// Invariants:
//
//   - T1. Every flag carries a span, a type and a reason, and the words that show it.
//   - T2. Pieces of a Diff are the answer, whole and in order; what is not cut is the
//     clean copy, seams and blanks at its end aside.
//   - T3. The same case and model give the same inspection: no clock, no chance, no
//     network.
//   - T4. Work is proportional to the length of the answer; limits are stated where they
//     are declared.
//   - T5. In a stream, at most one sentence is held back, and it is no longer than
//     sentenceBytesMax.
package trust
