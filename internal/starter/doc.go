// Package starter finds the passages of the embedded manual that a question is
// about, and writes them down as the starter model was taught to read them. The
// model does not know the manual; it copies from what it is shown. Retrieval does
// the knowing.
//
// It is not knowledge, which indexes what people bring: this index is small, made
// from the binary's own pages, never changes and is never saved.
//
// Invariants:
//
//  1. A passage's text stands in the manual as it is, but for line breaks, links and
//     tables, so that what is quoted can be found there.
//  2. The same manual and question give the same passages in the same order.
//  3. A [Guide] never changes after [New]: any number of goroutines may use it.
package starter
