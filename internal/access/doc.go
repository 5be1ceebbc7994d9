// Package access says who asks: it makes API keys, checks the ones that requests
// carry, and revokes them.
//
// A key reads hk_ID_SECRET_CHECK. ID finds it, CHECK is a checksum that tells a
// key copied badly from a wrong one without looking anything up, and only a keyed
// hash of SECRET is remembered: who steals the database can't use it.
//
// A browser does not keep a key: with one it begins a session, which reads hs_SECRET,
// acts for the key's holder for a while and ends with the key.
//
// Invariants:
//
//   - A1. A secret is returned once, by the call that makes it, and is in no log,
//     error or row.
//   - A2. A revoked or expired key is refused from the next request on.
//   - A3. How long a check takes does not tell how much of a secret was right.
//   - A4. A session is begun by a key alone, is new each time, and is refused from the
//     next request on once it has ended, has expired, or its key has.
package access
