// Package managed starts engines as processes of this machine, looks after them and stops
// them. It does not know what they are asked: whoever uses it says how to find out
// whether one works.
//
// Between the appliance and an engine stands a keeper, a small process of the same
// binary, that has a pipe from the appliance: when it closes, because the appliance has
// stopped, or was killed in whatever way, the keeper ends the engine and all that it has
// started. What even that left behind is found at the next start by a mark in the
// environment, which children inherit.
//
// Invariants:
//
//   - M1. No process of an engine lives longer than the appliance, but for the time it is
//     given to end.
//   - M2. No shell reads what the configuration says: commands are lists of words.
//   - M3. Keys are in the environment of an engine and not among its arguments, which
//     every user of the machine can read; and not in its log.
//   - M4. An engine is ready when it has made a token, not when it listens.
//   - M5. Between two starts in a row there is a pause, each time twice as long.
package managed
