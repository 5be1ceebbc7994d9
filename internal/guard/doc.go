// Package guard screens text: sensitive words however they are disguised, personal
// data, and secrets. Text goes in and verdicts come out; nothing here knows HTTP or
// storage. [Guard.Wrap] makes of it a wrapper of a generator that screens both
// directions of every stream.
//
// It works in four steps, each in files of its own:
//
//   - tables.go, fold.go: characters are folded (width, case, compatibility forms,
//     traditional, digits; what can't be seen is dropped) without losing their places;
//   - automaton.go, library.go: a word list is compiled once, one automaton for each
//     view of the text, and never changes after that;
//   - matcher.go and its views: characters are fed as they come; candidates come out,
//     and the place from which on text may still become one. ordinary.go refuses
//     candidates that are ordinary Chinese read another way;
//   - filter.go, guard.go: verdicts become edits of the stream.
//
// Personal data and secrets are found by private.go and its scanners, without words.
//
// Invariants:
//
//   - G1. No character leaves a [Filter] while it may still become part of a match, and
//     none is held that can't. In streams, the phonetic view begins only at what stands
//     out (letters, emoji, rare characters): all text sounds like the beginning of
//     some word.
//   - G2. What is found does not depend on how the text was cut into pieces.
//   - G3. Spans are of the text as it was, in bytes, and begin and end at characters.
//   - G4. A compiled [Library] is not changed: streams that run keep the one they
//     began with.
//   - G5. No text that was screened reaches a log or an error.
package guard
