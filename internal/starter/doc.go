// Package starter is the model in the binary, and what makes it useful: it finds the
// passage of the embedded manual that a question is about, or the sentence of a text that
// somebody brought, and shows it to the starter model as that was taught to read. The
// model does not know the manual; it copies from what it is shown. Retrieval does
// the knowing. Short talk about anything else is told what the model is for.
//
// It is not knowledge, which indexes what people bring: this index is small, made
// from the binary's own pages, never changes and is never saved.
//
// Invariants:
//
//  1. What an answer quotes from the manual or a text stands there, and of the manual
//     the answer says where.
//  2. A passage's text stands in the manual as it is, but for line breaks, links and
//     tables, so that what is quoted can be found there.
//  3. The same manual and question give the same passages in the same order.
//  4. A [Guide] never changes after [New]: any number of goroutines may use it.
package starter
