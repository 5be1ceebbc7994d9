// Package jinja renders chat templates: a closed subset of Jinja2 as
// transformers sets it up (trim_blocks, lstrip_blocks, loop controls, the
// sandbox that forbids changing lists and mappings).
//
// A template is a program that came with a model file, so it is foreign code.
// It sees the values it is given and nothing else: no files, no network, no Go
// methods, no environment. Whatever it does ends, within the limits below, in a
// [Text] or an [Error] that names the line; it never panics. What it is like
// can be asked before it runs: [Template.Scan].
//
// What is rendered is what Jinja2 renders from the same values, byte for byte,
// or an error. Left out and refused: include, import, extends, blocks, call
// blocks, the operator **, % on strings, and mutation, which the sandbox
// forbids as well.
//
// A [Text] remembers which of its bytes came with the values and which the
// template wrote itself, through every operation, so that whoever tokenises the
// result can tell a control token from somebody's mention of it.
package jinja

// The limits of a template and of one rendering. A conversation of 800 messages
// and 1.3 MB takes published templates 0.1 to 2 million steps and 2 to 9 MB of
// strings; one that puts its whole output together in a variable takes the
// square.
const (
	maxSource  = 256 << 10  // bytes of template text
	maxNesting = 100        // blocks and brackets within one another
	maxDepth   = 2000       // evaluations within one another, macro calls included
	maxSteps   = 10_000_000 // nodes visited, and one for each workUnit bytes looked at
	workUnit   = 64         // bytes
	maxMemory  = 256 << 20  // bytes of all strings and lists built, freed or not
	maxOutput  = 16 << 20   // bytes of prompt
	maxRange   = 100_000    // elements, as in Jinja2's sandbox
	maxJSON    = 100        // levels of a JSON value
)
