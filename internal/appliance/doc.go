// Package appliance builds the product: it reads the configuration, makes every
// part, introduces them to one another, and starts and stops them in order.
//
// It is the only place that knows everyone, and only main and end-to-end tests
// know it. Nothing is decided here but who is wrapped around whom (chain.go) and
// when each begins and ends (appliance.go); two appliances can run in one process.
//
// Invariants:
//
//   - L1. One process serves a data folder; others may read and write it meanwhile.
//   - L2. Nothing listens beyond this machine without TLS and an administrator from
//     an earlier start.
//   - L3. A start that fails leaves nothing that a next one would stumble over.
//
// Reading order: appliance.go, chain.go, models.go, loaded.go, config.go.
package appliance
