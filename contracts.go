package hearth

import (
	"context"
	"iter"
)

// Generator answers a request with a stream of chunks.
//
// The stream is pulled: the next chunk is computed, or waited for, when the
// caller asks for it. It ends in one of three ways: after a chunk that carries
// the last [FinishReason] and the usage; with one non-nil error, after which
// nothing follows; or because the caller stopped ranging, which releases
// everything the answer held. Cancelling ctx ends the stream with an error of
// code [Canceled].
//
// Chunks with a [Place] may come first. An error before the first other chunk means
// that nothing was generated, so the request may be sent elsewhere.
type Generator interface {
	Generate(ctx context.Context, r *Request) iter.Seq2[Chunk, error]
}

// Completer continues a text. It knows nothing of roles, thinking or tools; the
// package prompt makes a [Generator] of it. Its stream obeys the rules of
// [Generator]; its chunks carry text only.
type Completer interface {
	Complete(ctx context.Context, c *Completion) iter.Seq2[Chunk, error]
}

// Embedder turns texts into vectors.
type Embedder interface {
	Embed(ctx context.Context, r *EmbeddingRequest) (*Embeddings, error)
}

// Reranker says how well texts answer a query.
type Reranker interface {
	Rerank(ctx context.Context, r *RerankRequest) (*Ranking, error)
}

// GeneratorFunc lets a function be a [Generator].
type GeneratorFunc func(ctx context.Context, r *Request) iter.Seq2[Chunk, error]

// Generate calls f.
func (f GeneratorFunc) Generate(ctx context.Context, r *Request) iter.Seq2[Chunk, error] {
	return f(ctx, r)
}

// Fail is the stream that ends at once with err.
func Fail(err error) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) { yield(Chunk{}, err) }
}
