package ledger

import (
	"context"

	"github.com/hearthbox/hearth"
)

// usualBytesPerToken is by how much texts are longer than their tokens, about.
const usualBytesPerToken = 3.6

func tokens(texts ...string) hearth.Usage {
	n := 0
	for _, t := range texts {
		n += len(t)
	}
	return hearth.Usage{PromptTokens: int(float64(n) / usualBytesPerToken)}
}

// Vectors counts what an Embedder does.
func (l *Ledger) Vectors(next hearth.Embedder) hearth.Embedder { return &vectors{l, next} }

type vectors struct {
	ledger *Ledger
	next   hearth.Embedder
}

func (v *vectors) Embed(ctx context.Context, r *hearth.EmbeddingRequest) (*hearth.Embeddings, error) {
	b, err := v.ledger.reserve(ctx, r.By, tokens(r.Texts...), hearth.Use{Once: r.Once, RequestID: r.ID, Act: "embed", Class: hearth.ClassDefault, Model: r.Model})
	if err != nil {
		return nil, err
	}
	defer b.Close()
	got, err := v.next.Embed(ctx, r)
	if err == nil {
		b.Settle(got.ServedBy, got.Usage)
	}
	return got, err
}

// Rankings counts what a Reranker does.
func (l *Ledger) Rankings(next hearth.Reranker) hearth.Reranker { return &rankings{l, next} }

type rankings struct {
	ledger *Ledger
	next   hearth.Reranker
}

func (k *rankings) Rerank(ctx context.Context, r *hearth.RerankRequest) (*hearth.Ranking, error) {
	expected := tokens(append([]string{r.Query}, r.Texts...)...)
	b, err := k.ledger.reserve(ctx, r.By, expected, hearth.Use{Once: r.Once, RequestID: r.ID, Act: "rerank", Class: hearth.ClassDefault, Model: r.Model})
	if err != nil {
		return nil, err
	}
	defer b.Close()
	got, err := k.next.Rerank(ctx, r)
	if err == nil {
		b.Settle(got.ServedBy, got.Usage)
	}
	return got, err
}
