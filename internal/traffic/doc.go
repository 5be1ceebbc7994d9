// Package traffic decides which request runs next, where, and how long the others will
// wait, and says so while they do. Nobody who is within their share is refused because
// others are many: they wait, and see how long.
//
// The deciding is done by [Queue], a state machine: events go in, actions come out. It
// has no clock, no goroutine and no lock, so that testdata can tell its whole behaviour
// as stories. [Traffic] is the Generator around it, with a clock, a lock, and the
// requests that stand in it.
//
// Who comes next is found in four steps:
//
//  1. Classes are bands: system before interactive before default before bulk. A band
//     that has waited long has a turn now and then, so that none starves those below it.
//  2. Within a band tenants take turns, by what their requests cost: tokens read and
//     twice the tokens written. The tenant comes first that will have had least when its
//     next request is done. This is deficit round robin in which rounds that would serve
//     nobody are skipped (virtual counters: Sheng et al., OSDI'24, arXiv 2401.00588). A
//     tenant keeps its turn for a quantum longer if its next request begins as its last
//     one did, for the sake of what the engine still knows (Cao et al., arXiv 2501.14312).
//  3. Within a tenant the request comes first that should have begun first: it arrived
//     then, will take so long, and may be kept waiting for a multiple of that; or its
//     deadline says so. Short ones overtake long ones, but only so far.
//  4. It goes where its beginning is known and there is room. Requests are bound to a
//     backend when they run, not when they arrive; backends get no more than they can
//     work on, because in their own queues no order is kept.
//
// It does not know what a model is, who a tenant is, or what was said: prompts are
// lengths and hashes here.
//
// Invariants:
//
//   - T1. A request that arrives is, exactly once, run, refused, or left by its caller;
//     only one that a backend would not take runs again.
//   - T2. No backend with room stands idle while a request that fits it waits.
//   - T3. Nothing that waits is beyond the limits of its tenant and of the queue.
//   - T4. Two tenants of one band who both always wait differ in what they have had, by
//     weight, by no more than their two dearest requests and the quantum.
//   - T5. No event takes time that grows with the number of those who wait, other than
//     by its logarithm.
package traffic
