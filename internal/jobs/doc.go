// Package jobs does what is to be answered whoever still listens: lines of batches, answers
// in the background, tickets. It takes jobs from the store in the order in which they came,
// has them done, some at once, and keeps what became of them.
//
// It does not know what a job is about: somebody else does it, and says whether it is done
// or has to be done again later.
//
// Invariants:
//
//   - J1. A job that was taken in is done, unless its owner withdraws it or its time is
//     over, through any number of crashes.
//   - J2. Of a job there is one result, and it is never replaced. A job whose process died
//     before its result was on the disk is done again.
//   - J3. Jobs of one owner are begun in the order in which they came, those of class bulk
//     apart from all others; and no owner's keep another one's from being begun.
//   - J4. No more than so many run at once, of all and of one owner.
package jobs
