// Package bench measures how fast something answers: a model on its own ([Solo]), or
// a server that many ask at once ([Load]). It asks through hearth's contracts, looks
// at the clock, and makes a report of plain numbers.
//
// It does not know models, wires or terminals: who calls it opens the engine or
// connects to the server, and shows the report. It gives no judgement either; what a
// figure means depends on the machine, which the report therefore names.
//
// Invariants:
//
//   - B1. Where requests arrive at a rate, every wait counts from the moment a request
//     was due, not from the moment it could be sent. A slow server can't make its
//     own waits shorter by slowing down who asks (no coordinated omission).
//   - B2. Percentiles are exact: every sample is kept, up to [SamplesMax], and a
//     percentile is one of them (nearest rank). A run that reaches the limit starts
//     nothing more and says so; it never thins its samples out.
//   - B3. The same seed asks the same questions at the same moments.
//   - B4. Prompts are drawn one by one. They have no more in common than chance, and the
//     prefix that was asked to be shared: what a server remembers of one does not
//     help with another.
package bench
