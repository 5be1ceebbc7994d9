// Package console is the pages people work in, and the small door that lets a browser
// in. The front end lives in the same folder (src/, built into dist/, which is
// committed: docs/adr/0009-console-is-committed.md); it asks /v1 and /admin/v1 like any
// client and can do nothing that they can't.
//
// Invariants:
//
//   - C1. A page loads nothing from elsewhere, runs no script but the console's own files,
//     and is shown in no frame.
//   - C2. A session reaches a browser in a cookie that no script can read, and counts only
//     on requests that carry [Header], which no page of another origin can send.
//   - C3. A session is never taken from the browser that asks for one: signing in makes a
//     new one and ends the old.
//   - C4. Every address names what lies beside it, so that the console works under any path
//     of a reverse proxy.
package console
