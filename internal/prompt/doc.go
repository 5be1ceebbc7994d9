// Package prompt renders conversations for a model and parses its thinking, tool
// calls and text back: it makes a [hearth.Generator] of any [hearth.Completer].
//
// A model file says how it wants to be spoken to in a chat template, a program
// in Jinja. Templates that are known by their SHA-256 have a renderer here in
// Go, one file per family, to be read beside the template it mirrors. Any other
// is scanned and then run, closed in and bounded, by the package jinja. Either
// way the prompt is the one that the publisher's template renders under
// transformers, byte for byte, quirks included: that is what the model was
// trained on. A model without a template is spoken to plainly, see plain.go.
//
// Invariants:
//
//   - P1. Nobody's text becomes a control token. Whatever came with a request stays
//     text in the prompt, whichever markers it spells: see [spans].
//   - P2. What a parser is fed comes out again, as reasoning, answer or tool call,
//     except for the markers themselves and blank lines beside them. How the
//     stream is cut does not matter.
//   - P3. Nothing here knows tokens, engines or wire formats.
package prompt
