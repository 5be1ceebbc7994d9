// Package access says who asks, and what they may do. It makes API keys and sessions,
// checks the ones that requests carry, and ends them; it knows tenants, departments and
// people, how people sign in, and the three administrators. docs/access.md is its manual.
//
// A key reads hk_ID_SECRET_CHECK. ID finds it, CHECK is a checksum that tells a
// key copied badly from a wrong one without looking anything up, and only a keyed
// hash of SECRET is remembered: who steals the database can't use it.
//
// A browser does not keep a key: with one, or with a name, a password and a code, it
// begins a session, which reads hs_SECRET. A session acts by a key and ends with it; every
// person has one for that which nobody holds.
//
// What may be done is a table, [hearth.Standing.Rights], and every route of every door
// names the rights it is for. Nothing here knows a route.
//
// Invariants:
//
//   - A1. A secret is returned once, by the call that makes it, and is in no log,
//     error or row; what is in a row is a keyed hash, or sealed.
//   - A2. A revoked or expired key is refused from the next request on, and what is under
//     way for it ends within half a second. So it is with people, tenants and standings.
//   - A3. How long a check takes does not tell how much of a secret was right.
//   - A4. A session is begun by a key or a person alone, is new each time, and is refused
//     from the next request on once it has ended, has expired, or its key has.
//   - A5. Nobody has two duties, and once the setting up is finished nobody alone may do
//     everything, nor take another administrator's place.
//   - A6. An attempt counts as wrong before it is looked at.
package access
