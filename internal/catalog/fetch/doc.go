// Package fetch brings very large files from one or several mirrors to this
// machine: in parallel pieces, in a way that can be killed at any moment and
// continued, and never under their final name before they are known to be right.
//
// While a file is on its way, PATH.partial holds its bytes and PATH.journal says
// which chunks of it have arrived, each with its SHA-256. When a chunk is on disk
// the journal is told; when all are, the whole file is read once more, and the
// partial file is renamed. The journal is also what a second process stumbles over:
// whoever works on a file holds a lock on it.
//
// If the whole is not what its SHA-256 says although every chunk is what arrived,
// some mirror served wrong bytes. Then one mirror after the other is taken at its
// word: each chunk is fetched again from it and replaced where it differs, so the
// exact file comes of it if a single mirror is honest. Without a SHA-256 there is
// no such judge, so all bytes come from one mirror and are delivered as unverified.
//
// The package knows nothing of models, opens connections to the given mirrors and
// where they redirect to alone, and reads no environment.
//
// Invariants:
//
//   - F1. A file bears its final name only if length and SHA-256 are as expected.
//   - F2. The journal says that a chunk is there only after the disk has said so.
//   - F3. A chunk is believed because its bytes have the SHA-256 in the journal, not
//     because the journal names it: what was corrupted on disk is fetched again.
//   - F4. Nothing a mirror says is used before it was held against what was asked:
//     status, range, length, encoding and validators.
//   - F5. All state of a download but the count of bytes belongs to one goroutine;
//     when Fetch returns, every goroutine it started has ended.
//   - F6. Neither errors nor reports contain the user, password or query of a URL,
//     and credentials go to no host but the mirror's own.
package fetch
