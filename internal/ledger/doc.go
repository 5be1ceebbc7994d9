// Package ledger counts what answers take, and bounds it: for a key and whoever stands
// behind it, in tokens, requests, money, and answers at once.
//
// Before a request stands in line, what it is expected to take is reserved of every quota
// that it falls under, or none: then it is refused, and told which one, whose, and when
// it is free again. When its answer has ended, what it took in truth becomes an entry of
// the ledger and stands in the place of what was reserved. What is counted is therefore
// what is in the ledger, and what is under way.
//
// It does not order requests, and does not know what they are about.
//
// Invariants:
//
//   - L1. What is taken and what is reserved of a quota come to no more than its limit
//     when a request is let in, however many come at once; but a request that is alone is
//     let in as long as anything is left. An answer that becomes longer than expected may
//     go beyond.
//   - L2. An answer is not told to be complete before its entry is on the disk. What was
//     counted before a crash is counted after it.
//   - L3. An entry that has a name of its own is made once.
//   - L4. A quota is free again at the end of its period and not before; what a request
//     took counts in the period in which it came.
package ledger
