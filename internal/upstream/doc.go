// Package upstream asks models that run elsewhere: it keeps hearth's contract over
// engines and services that speak a wire format of their own. So far that is any
// server compatible with OpenAI's API.
//
// The wire types here are what servers send; the gateway's are what clients send.
// They look alike and drift apart, so neither package knows the other's.
//
// Invariants:
//
//   - U1. What an upstream sends is foreign input: every line, every wait and every
//     answer has a limit.
//   - U2. An answer that breaks off is an error, never a short answer.
//   - U3. Its address and its key reach neither clients nor the log.
package upstream
