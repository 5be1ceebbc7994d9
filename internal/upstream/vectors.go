package upstream

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"

	"github.com/hearthbox/hearth"
)

// answerBytesMax is how long an answer may be that comes as a whole: two thousand
// vectors of four thousand numbers take a third of that.
const answerBytesMax = 256 << 20

var (
	_ hearth.Embedder = (*OpenAI)(nil)
	_ hearth.Reranker = (*OpenAI)(nil)
)

// Embed asks the upstream. What it sends is made to be of length 1, which not all do.
func (u *OpenAI) Embed(ctx context.Context, r *hearth.EmbeddingRequest) (*hearth.Embeddings, error) {
	body := map[string]any{"model": u.upstreamName(r.Model), "input": r.Texts, "encoding_format": "float"}
	if r.Dimensions > 0 {
		body["dimensions"] = r.Dimensions
	}
	var got struct {
		Data []struct {
			Index     int       `json:"index"`
			Embedding []float32 `json:"embedding"`
		} `json:"data"`
		Usage spent `json:"usage"`
	}
	if err := u.whole(ctx, "/embeddings", body, &got); err != nil {
		return nil, err
	}
	out := &hearth.Embeddings{ServedBy: u.Source(), Vectors: make([][]float32, len(r.Texts)), Usage: got.Usage.words()}
	for _, d := range got.Data {
		if d.Index < 0 || d.Index >= len(out.Vectors) || out.Vectors[d.Index] != nil || !unit(d.Embedding) {
			return nil, u.protocol(fmt.Sprintf("vector %d is none that was asked for", d.Index), nil)
		}
		out.Vectors[d.Index] = d.Embedding
	}
	for i, v := range out.Vectors {
		if v == nil || r.Dimensions > 0 && len(v) != r.Dimensions {
			return nil, u.protocol(fmt.Sprintf("the vector of text %d is missing or of another length", i), nil)
		}
	}
	return out, nil
}

// Rerank asks the upstream. Scores that are no probabilities are taken for logits.
func (u *OpenAI) Rerank(ctx context.Context, r *hearth.RerankRequest) (*hearth.Ranking, error) {
	body := map[string]any{"model": u.upstreamName(r.Model), "query": r.Query, "documents": r.Texts, "return_documents": false}
	var got struct {
		Results []struct {
			Index int      `json:"index"`
			Score *float64 `json:"relevance_score"`
		} `json:"results"`
		Usage spent `json:"usage"`
	}
	if err := u.whole(ctx, "/rerank", body, &got); err != nil {
		return nil, err
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
func (u *OpenAI) whole(ctx context.Context, path string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	watched, dog := watch(ctx, u.IdleMax)
	defer dog.stop()
	b, err := u.do(watched, http.MethodPost, path, text)
	if err != nil {
		return dog.explain(u, ctx, err)
	}
	defer b.Close()
	if err := json.NewDecoder(io.LimitReader(b, answerBytesMax)).Decode(answer); err != nil {
		return dog.explain(u, ctx, u.protocol("its answer is not readable", err))
	}
	return nil
}
