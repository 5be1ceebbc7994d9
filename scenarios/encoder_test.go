package scenarios

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hearthbox/hearth/internal/nn/nntest"
)

// TestVectorsAndRankings asks models that make vectors and scores, loaded as they are
// asked for, beside one that answers.
func TestVectorsAndRankings(t *testing.T) {
	home := newHome(t)
	small := nntest.Shape{Architecture: "bert", Vocabulary: true, Embedding: 64, FeedForward: 96, Heads: 4, Seed: 1}
	embedder, ranker := small, small
	embedder.Pooling, ranker.Pooling, ranker.Classes = 1, 4, 1
	put(t, filepath.Join(home, "a-embedder.gguf"), nntest.Make(embedder))
	put(t, filepath.Join(home, "a-ranker.gguf"), nntest.Make(ranker))
	s := start(t, home)

	var list struct{ Data []struct{ ID, Task string } }
	if err := json.Unmarshal([]byte(s.get("/v1/models")), &list); err != nil || len(list.Data) != 3 ||
		list.Data[0].ID != "chat" || list.Data[1].Task != "embedding" || list.Data[2].Task != "reranker" {
		t.Errorf("models: %+v, %v", list, err)
	}

	var vectors struct {
		Data []struct {
			Index     int
			Embedding []float64
		}
		Usage struct {
			Total int `json:"total_tokens"`
		}
	}
	status, body := s.ask("/v1/embeddings", `{"model":"A-embedder","input":["hello","world","hello"]}`)
	if err := json.Unmarshal([]byte(body), &vectors); status != 200 || err != nil || len(vectors.Data) != 3 {
		t.Fatalf("%d %.300s (%v)", status, body, err)
	}
	first, second, third := vectors.Data[0].Embedding, vectors.Data[1].Embedding, vectors.Data[2].Embedding
	if len(first) != 64 || first[0] == second[0] || first[0] != third[0] || vectors.Data[2].Index != 2 || vectors.Usage.Total != 21 {
		t.Errorf("vectors of %d numbers, %d tokens", len(first), vectors.Usage.Total)
	}

	var ranking struct {
		Results []struct {
			Index    int
			Score    float64 `json:"relevance_score"`
			Document struct{ Text string }
		}
	}
	status, body = s.ask("/v1/rerank", `{"model":"a-ranker","query":"which","documents":["one","two",{"text":"three"}],"return_documents":true,"top_n":2}`)
	if err := json.Unmarshal([]byte(body), &ranking); status != 200 || err != nil || len(ranking.Results) != 2 {
		t.Fatalf("%d %.300s (%v)", status, body, err)
	}
	if r := ranking.Results; r[0].Score < r[1].Score || r[0].Score <= 0 || r[0].Score >= 1 || r[0].Document.Text != []string{"one", "two", "three"}[r[0].Index] {
		t.Errorf("ranking: %+v", r)
	}

	for _, c := range []struct{ path, body, want string }{
		{"/v1/chat/completions", `{"model":"a-embedder","messages":[{"role":"user","content":"hi"}]}`, "model_wrong_task"},
		{"/v1/embeddings", `{"model":"chat","input":"hi"}`, "model_wrong_task"},
		{"/v1/rerank", `{"model":"a-embedder","query":"q","documents":["d"]}`, "model_wrong_task"},
		{"/v1/embeddings", `{"model":"a-embedder","input":["short","` + strings.Repeat("word ", 200) + `"]}`, `"param":"input[1]"`},
		{"/v1/embeddings", `{"model":"nobody","input":"hi"}`, "model_not_found"},
	} {
		if status, body := s.ask(c.path, c.body); status < 400 || status >= 500 || !strings.Contains(body, c.want) {
			t.Errorf("%s %.80s: %d %.300s", c.path, c.body, status, body)
		}
	}
	if status := s.get("/admin/v1/status"); strings.Count(status, `"id":"a-`) != 2 {
		t.Errorf("loaded: %s", status)
	}
}
