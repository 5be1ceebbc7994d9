// Package grammar says which tokens may come next if a text shall be one of a given
// language: JSON that is valid under a schema, what a regular expression matches, what
// a grammar derives, or a composition of these.
//
// It knows no models and no requests. A [Language] is compiled to rules, each a
// deterministic automaton whose edges are bytes and calls of other rules ([Compile]).
// A [State] is what a text so far can still become: places in automata, each with the
// calls it is in, which are shared between places (machine.go), so that ambiguity
// costs room in proportion to the text, not exponentially.
//
// Which tokens fit a place hardly depends on the calls around it. [Masks] walks the
// vocabulary, a trie of bytes, once per place of an automaton, and remembers two
// things: the tokens that fit whatever the calls are, and where in the trie the rule
// ends, so that the rest of a token is the caller's to judge. That too is remembered
// per place of a caller. A mask is then the union of what is remembered (masks.go).
//
// Invariants:
//
//   - G1. Every text of a schema's language is valid under that schema. What of JSON
//     Schema can't be kept so is refused, by name and place, never ignored.
//   - G2. A token is in the mask if and only if the text with it is the beginning of
//     a text of the language.
//   - G3. A state always has a way on or may end, if the vocabulary has the bytes
//     that [Grammar] uses: automata have no dead ends.
//   - G4. Compiling takes time and memory within the limits of limits.go, whatever
//     the input; beyond them it is refused.
//   - G5. Languages, grammars and states never change; [Masks] may be used by any
//     number of goroutines.
package grammar
