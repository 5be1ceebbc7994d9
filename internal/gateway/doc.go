// Package gateway is the door for clients: it speaks the dialects they already
// speak, those of OpenAI (chat, plain completions, Responses), Anthropic (Messages)
// and Ollama, and translates each to and from hearth's words.
//
// A dialect parses a request into a hearth.Request as early as it can and writes
// chunks as late as it can: it says what a step of an answer, its end, a wait and a
// failure are (telling, in stream.go), and what an error is (dialect.go). Behind the
// door there is one hearth.Generator; the package does not know what it is made of,
// nor who checks keys, nor where models are listed and answers kept.
//
// Invariants:
//
//   - D1. Every path under the door asks for a key before anything else.
//   - D2. A status of 200 is sent only once the answer has begun, or, for streams,
//     once it has been waited for so long that clients would give up. Trouble
//     before that has its own status; trouble after it is an error event, never a
//     stream that just ends well.
//   - D3. What a client asks for and does not get is an error, or, where the field
//     can't change the answer, named in the header X-Hearth-Ignored.
//   - D4. Clients see messages made from the error catalogue, never a cause.
//   - D5. What is kept of an answer is shown to the key it was made for and to nobody
//     else, administrators included.
//
// Reading order: gateway.go, route.go, dialect.go, stream.go, wire.go, and then one
// dialect.
package gateway
