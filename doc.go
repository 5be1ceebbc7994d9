// Package hearth holds the words of the appliance: models, messages, requests,
// chunks, usage, people, and errors with a code and a remedy; and the small
// contracts that its parts keep with one another.
//
// Everyone speaks this vocabulary and it speaks to no one: it imports the
// standard library and nothing else. It holds no mechanism. A type belongs here
// when two packages need the word; a function belongs here when it only rearranges
// such words.
//
// One contract carries the product. A [Generator] takes a [Request] and answers
// with a stream of [Chunk]. A model that runs in this process is one, a remote
// engine is one, and everything the appliance adds (admission, screening,
// grounding, recording) is a wrapper of one.
//
// Invariants:
//
//   - No wire format: nothing here knows HTTP, JSON dialects or SQL.
//   - No mutable package state.
//   - Every [Code] has a message and a remedy in every [Language].
package hearth
