// Package audit keeps the audit record: an append-only log of every request, decision
// and administrative act, in which whoever holds one checkpoint from elsewhere finds
// any record that was changed, deleted, inserted, moved or cut off, without trusting
// this machine. docs/audit.md is the format's specification; tools/verify-audit has
// two verifiers that share no code with this package.
//
// A log is a folder of segments, files of one JSON record per line. Each line names
// the hash of the line before it; the same hashes are the leaves of a Merkle tree. From
// time to time the tree's root is signed: a checkpoint, which is also written to places
// elsewhere, the witnesses. Content (what was said) lies apart, each piece encrypted
// with a key of its own, and the record holds the hash of the ciphertext: without the
// key the piece is gone and the chain holds.
//
// It is not a log for finding faults (that goes to standard error and is not kept), and
// it decides nothing: it does not know what a request may do.
//
// Invariants:
//
//   - R1. What was acknowledged is on the disk. Records wait for one fdatasync together.
//   - R2. Nothing that was acknowledged is ever written over or cut off by this package,
//     except whole segments older than the time to keep.
//   - R3. A tail that a crash has torn is moved aside, never thrown away, and the next
//     record says so. A record that a checkpoint covers is no such tail: if it is not
//     sound the log takes no more records.
//   - R4. Several processes may append, each batch under the lock of the folder.
//   - R5. What is said in a request reaches the log only as encrypted content.
package audit
