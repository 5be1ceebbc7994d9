// Package store keeps the appliance's rows, and is the only place that speaks SQL:
// SQLite in the data folder. Services say which rows they need in interfaces of
// their own; the methods here fit them without knowing them.
//
// Invariants:
//
//   - T1. What a method has acknowledged survives a crash and a power cut: every
//     commit is on disk before it returns.
//   - T2. Several processes may have the same store open: a command line beside a
//     running server.
//   - T3. Migrations only go forward, each in one transaction. A store of a newer
//     hearth is refused, not touched.
package store
