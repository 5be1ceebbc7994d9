// Package mcp has tools of MCP servers run: it lists them and calls them, for whoever may.
// It does not know what asks for that, nor models; the protocol is the official SDK's.
//
// Invariants:
//
//   - T1. No connection is opened but to servers that the operator declared; redirects are
//     not followed, and the headers that open one go to its own address alone.
//   - T2. Whoever may not use a server is told what they are told of one there isn't.
//   - T3. A server has only the tools that are declared for it, if any are.
//   - T4. Everything has a limit: how long a server may take to begin and to answer, how
//     many tools it has, how long what it sends is, how many calls it is given at once.
//   - T5. What is too long is refused, not cut.
package mcp
