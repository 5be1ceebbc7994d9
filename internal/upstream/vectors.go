package upstream

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"github.com/hearthbox/hearth"
)

// answerBytesMax is how long an answer may be that comes as a whole: two thousand
// vectors of four thousand numbers take a third of that.
const answerBytesMax = 256 << 20

var (
	_ hearth.Embedder = (*Server)(nil)
	_ hearth.Reranker = (*Server)(nil)
)

// Embed asks the upstream. What it sends is made to be of length 1, which not all do.
func (u *Server) Embed(ctx context.Context, r *hearth.EmbeddingRequest) (*hearth.Embeddings, error) {
	if u.kind.paths.embeddings == "" {
		return nil, u.cannot("embeddings")
	}
	body, read := u.kind.wire.embed(u, r)
	text, err := u.whole(ctx, u.kind.paths.embeddings, u.upstreamName(r.Model), body)
	if err != nil {
		return nil, err
	}
	vectors, prompt, err := read(text)
	if err != nil {
		return nil, u.protocol("its answer is not readable", err)
	}
	if len(vectors) != len(r.Texts) {
		return nil, u.protocol(fmt.Sprintf("%d vectors for %d texts", len(vectors), len(r.Texts)), nil)
	}
	for i, v := range vectors {
		if !unit(v) || r.Dimensions > 0 && len(v) != r.Dimensions {
			return nil, u.protocol(fmt.Sprintf("the vector of text %d is missing or of another length", i), nil)
		}
	}
	return &hearth.Embeddings{ServedBy: u.Source(), Vectors: vectors, Usage: hearth.Usage{PromptTokens: max(0, prompt)}}, nil
}

func (openAIFormat) embed(u *Server, r *hearth.EmbeddingRequest) (body any, read func([]byte) ([][]float32, int, error)) {
	b := map[string]any{"model": u.upstreamName(r.Model), "input": r.Texts, "encoding_format": "float"}
	if r.Dimensions > 0 {
		b["dimensions"] = r.Dimensions
	}
	return b, func(text []byte) ([][]float32, int, error) {
		var got struct {
			Data []struct {
				Index     int       `json:"index"`
				Embedding []float32 `json:"embedding"`
			} `json:"data"`
			Usage spent `json:"usage"`
		}
		if err := json.Unmarshal(text, &got); err != nil {
			return nil, 0, err
		}
		vectors := make([][]float32, len(r.Texts))
		for _, d := range got.Data {
			if d.Index < 0 || d.Index >= len(vectors) || vectors[d.Index] != nil {
				return nil, 0, fmt.Errorf("vector %d is none that was asked for", d.Index)
			}
			vectors[d.Index] = d.Embedding
		}
		return vectors, max(got.Usage.Prompt, got.Usage.Total), nil
	}
}

// Rerank asks the upstream. Scores that are no probabilities are taken for logits.
func (u *Server) Rerank(ctx context.Context, r *hearth.RerankRequest) (*hearth.Ranking, error) {
	if u.kind.paths.rerank == "" {
		return nil, u.cannot("rankings")
	}
	body := map[string]any{"model": u.upstreamName(r.Model), "query": r.Query, "documents": r.Texts, "return_documents": false}
	var got struct {
		Results []struct {
			Index int      `json:"index"`
			Score *float64 `json:"relevance_score"`
		} `json:"results"`
		Usage spent `json:"usage"`
	}
	text, err := u.whole(ctx, u.kind.paths.rerank, u.upstreamName(r.Model), body)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &got); err != nil {
		return nil, u.protocol("its answer is not readable", err)
	}
	out := &hearth.Ranking{ServedBy: u.Source(), Scores: make([]float64, len(r.Texts)), Usage: got.Usage.words()}
	seen, logits := make([]bool, len(r.Texts)), false
	for _, x := range got.Results {
		if x.Index < 0 || x.Index >= len(seen) || seen[x.Index] || x.Score == nil {
			return nil, u.protocol(fmt.Sprintf("score %d is none that was asked for", x.Index), nil)
		}
		seen[x.Index], out.Scores[x.Index] = true, *x.Score
		logits = logits || *x.Score < 0 || *x.Score > 1
	}
	for i, s := range out.Scores {
		if !seen[i] {
			return nil, u.protocol(fmt.Sprintf("the score of text %d is missing", i), nil)
		}
		if logits {
			out.Scores[i] = 1 / (1 + math.Exp(-s))
		}
	}
	return out, nil
}

// spent is usage as servers write it for answers without text.
type spent struct {
	Prompt int `json:"prompt_tokens"`
	Total  int `json:"total_tokens"`
}

func (s spent) words() hearth.Usage { return hearth.Usage{PromptTokens: max(0, s.Prompt, s.Total)} }

// unit scales a vector to length 1, and reports whether it has one.
func unit(v []float32) bool {
	var square float64
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	if square == 0 || math.IsInf(square, 0) || math.IsNaN(square) {
		return false
	}
	for i, x := range v {
		v[i] = float32(float64(x) / math.Sqrt(square))
	}
	return true
}

// whole sends a request and reads an answer that comes as a whole.
func (u *Server) whole(ctx context.Context, path, model string, body any) ([]byte, error) {
	if err := u.unasked(); err != nil {
		return nil, err
	}
	text, err := u.fetched(ctx, path, model, body)
	return text, u.counted(ctx, err)
}

func (u *Server) fetched(ctx context.Context, path, model string, body any) ([]byte, error) {
	watched, dog := watch(ctx, u.IdleMax, quietMax)
	defer dog.stop()
	b, err := u.post(watched, path, model, body)
	if err != nil {
		return nil, u.note(dog.explain(u, ctx, err))
	}
	defer b.Close()
	text, err := io.ReadAll(io.LimitReader(living{b, dog.pat}, answerBytesMax))
	if err != nil {
		return nil, u.note(dog.explain(u, ctx, err))
	}
	if !json.Valid(text) {
		return nil, u.note(u.protocol("its answer is not readable", nil))
	}
	return text, u.note(nil)
}
