// Package conformance asks a server what clients of a dialect would, and says of each
// feature whether what comes back is what the official libraries take for granted: fields
// that are there and of the right type, events in their order, errors from which a library
// makes the right exception. It knows servers by their wire alone, ours like any other,
// and neither what stands behind them nor whether what they say is true.
//
// Invariants:
//
//   - C1. A feature has passed only if something that a library reads was looked at.
//   - C2. No check depends on what a model knows. Those of tools and forms ask for them
//     with force, as the dialect has it.
//   - C3. What a server sends is bounded in size and time before it is looked at.
//   - C4. What a check has the server keep, it removes.
package conformance
