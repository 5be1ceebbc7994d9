// Package provenance says whether a model is what its publisher made: manifests of
// folders and their signatures, OpenSSF Model Signing, signed bundles that travel on
// a stick, fingerprints of chat templates and tokenizers.
//
// It decides nobody's trust: which keys and certificates are trusted, and what
// becomes of a model that fails, is its caller's. It does not know where models are
// kept, runs nothing of what it reads, and opens no connection.
//
// Invariants:
//
//   - P1. Nothing is believed before the signature over it was verified, but to find
//     out which key to ask for.
//   - P2. A manifest, a signature or a bundle is hostile input: each has stated limits,
//     and what is refused is named.
//   - P3. A path names a file below its folder, or is refused. Links, devices, pipes
//     and sockets are never followed or opened.
//   - P4. Nothing of a bundle appears under its name before all of it was verified.
//   - P5. The bytes that are checked are the bytes that are written: nothing is read
//     twice on the way in.
//
// # Manifest
//
// A manifest is JSON in the canonical form of RFC 8785, which leaves one way to write
// it: keys in order, no white space, files in the order of their paths' bytes. It has
// the digests that other tools print (SHA-256, SM3) and the roots of tree hashes as
// package cryptosuite defines them, by which folders are checked with all cores.
// Folders without files do not appear.
//
// A signed manifest is a DSSE envelope (https://github.com/secure-systems-lab/dsse)
// of the type application/vnd.hearth.manifest.v1+json with a signature for each
// signer, whose keyid is [cryptosuite.PublicKey.ID].
//
// # Bundle
//
// A bundle is an uncompressed tar file (POSIX ustar, with pax headers for long names and
// sizes). Its first entry, hearth-bundle.json, is a DSSE envelope of the type
// application/vnd.hearth.bundle.v1+json, whose payload lists the signed manifests of
// the items. Then come the files, named KIND/NAME/PATH, in the order of the list and of
// each manifest, and nothing else.
package provenance
