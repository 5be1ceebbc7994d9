// Package starter is the model in the binary, and what makes it useful: it finds the passages of the embedded manual that a question is
// about, and writes them down as the starter model was taught to read them. The
// model does not know the manual; it copies from what it is shown. Retrieval does
// the knowing.
//
// It is not knowledge, which indexes what people bring: this index is small, made
// from the binary's own pages, never changes and is never saved.
//
// Invariants:
//
//  1. What an answer quotes from the manual stands there, and the answer says where.
//  2. A passage's text stands in the manual as it is, but for line breaks, links and
//     tables, so that what is quoted can be found there.
//  3. The same manual and question give the same passages in the same order.
//  4. A [Guide] never changes after [New]: any number of goroutines may use it.
package starter
