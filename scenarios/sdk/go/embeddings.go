package main

import (
	"context"
	"math"

	"github.com/openai/openai-go/v3"
)

// embeddings asks for the vectors of two texts, and for one of them cut short.
func (s *suite) embeddings() {
	texts := openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"hello", "world"}}
	e := must(s.client.Embeddings.New(context.Background(), openai.EmbeddingNewParams{Model: s.embeddingModel, Input: texts}))
	equal("vectors", len(e.Data), 2)
	equal("index", e.Data[1].Index, int64(1))
	equal("numbers", len(e.Data[0].Embedding), 64)
	check(e.Usage.PromptTokens > 0 && e.Usage.PromptTokens == e.Usage.TotalTokens, "usage %+v", e.Usage)
	var square float64
	for _, x := range e.Data[0].Embedding {
		square += x * x
	}
	check(math.Abs(square-1) < 1e-5, "length² %v", square)
	check(e.Data[0].Embedding[0] != e.Data[1].Embedding[0], "two texts have one vector")
	short := must(s.client.Embeddings.New(context.Background(), openai.EmbeddingNewParams{Model: s.embeddingModel, Input: texts, Dimensions: openai.Int(16)}))
	equal("numbers", len(short.Data[0].Embedding), 16)
}
