// Package verify finds out whether a model elsewhere is still the one it was: it asks what
// it always asks, writes down what comes, and compares that with a reference. Publishers
// of services exchange models, quantise them and cut what they are sent, without a word;
// each leaves other traces.
//
// It asks a [hearth.Generator] and keeps nothing itself.
//
// Invariants:
//
//   - V1. What is asked is always the same, word for word: another set of questions has
//     another [Set], and is not compared with this one.
//   - V2. How well a model answers is nowhere judged, only whether it answers as before.
//   - V3. What can't be found out says so, and is no sign of anything.
package verify
