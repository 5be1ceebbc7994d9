// Package keyring keeps the keys that an appliance encrypts its secrets with.
//
// A [Ring] is a file. In it are data keys, each of a purpose and a version, encrypted with
// the root key; and the root key, closed by a [Seal]: a key file, a passphrase, shares of
// which several people hold one each, a service (OpenBao, Vault), or a program that speaks
// to a card. Whoever has the file and not what the seal asks for has nothing.
//
// What is sealed with a ring names the version of the key it was sealed with, so that
// keys are rotated while everything is in use: new texts get the new version, old ones
// open until they are sealed anew. A purpose that is destroyed takes all that was sealed for it
// along, wherever copies of that are.
//
// It is not an access control: a process that has opened the ring has its keys. It knows
// nothing of what it seals.
//
// Invariants:
//
//   - K1. No key is written anywhere but encrypted, but the one in a key file, which is
//     what that is; none is in an error.
//   - K2. A ring's file is whole or not there, and authentic: whoever changes it without the
//     root key makes it one that does not open.
//   - K3. What was sealed opens for the same purpose and context only.
//   - K4. Nothing that a foreign file, service or program says makes it take more memory or
//     time than is stated here.
package keyring
