// Package cryptosuite is where hearth's cryptography lives: hashes, signatures and
// keys, the international algorithms (SHA-256, Ed25519, ECDSA) and the Chinese ones
// (SM3, SM2) side by side under the same names and interfaces.
//
// It is the one folder an auditor reads, and the one a certified module or card
// replaces: whatever holds a private key is a [Signer], and nothing above this
// package knows where that key is. It knows neither files nor models, decides
// nobody's trust, and implements no primitive itself: those are the standard
// library's and gmsm's.
//
// Invariants:
//
//   - S1. A signature is made over a message, never over a digest that the caller
//     made, so that each algorithm hashes as its own standard says.
//   - S2. A key carries its algorithm. A signature never says how it wants to be
//     verified.
//   - S3. Of a private key nothing is printed, and no error holds a part of it.
//
// # Tree hash
//
// The hash of a whole file can be computed by one core only. The tree hash of a
// file is the Merkle tree hash of RFC 6962, section 2.1, over its leaves:
//
//   - The leaves are the file's bytes in pieces of 1 MiB (1,048,576 bytes), the last
//     of which may be shorter and is not empty. A file of 0 bytes has no leaves.
//   - A leaf hashes to H(0x00 ‖ bytes), an inner node to H(0x01 ‖ left ‖ right). The
//     left subtree of n > 1 leaves has the largest power of two below n of them.
//   - The root of one leaf is that leaf's hash, that of none is H of the empty string.
//
// H is SHA-256 for one tree and SM3 for the other. A root says nothing about a
// length by itself; whoever records one records the length as well.
package cryptosuite
