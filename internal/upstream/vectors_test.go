package upstream_test

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/upstream"
)

// echo answers with a text, and remembers what was asked.
func echo(answer string, asked *map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		*asked = map[string]any{}
		_ = json.NewDecoder(r.Body).Decode(asked)
		(*asked)["path"] = r.URL.Path
		_, _ = io.WriteString(w, answer)
	}
}

func TestEmbed(t *testing.T) {
	var asked map[string]any
	serve(t, echo(`{"data":[{"index":1,"embedding":[0,2]},{"index":0,"embedding":[3,4]}],"usage":{"prompt_tokens":7,"total_tokens":7}}`, &asked),
		func(t *testing.T, u *upstream.Server) {
			got, err := u.Embed(t.Context(), &hearth.EmbeddingRequest{Model: "m", Texts: []string{"a", "b"}, Dimensions: 2})
			if err != nil {
				t.Fatal(err)
			}
			if v := got.Vectors; math.Abs(float64(v[0][0])-0.6) > 1e-6 || math.Abs(float64(v[0][1])-0.8) > 1e-6 || v[1][0] != 0 || v[1][1] != 1 ||
				got.Usage.PromptTokens != 7 || got.ServedBy != "upstream/gpu" {
				t.Errorf("%+v", got)
			}
			if asked["path"] != "/v1/embeddings" || asked["model"] != "m" || asked["dimensions"] != 2.0 || asked["encoding_format"] != "float" {
				t.Errorf("asked %v", asked)
			}
		})
}

func TestRerank(t *testing.T) {
	var asked map[string]any
	for answer, want := range map[string][2]float64{
		`{"results":[{"index":1,"relevance_score":0.9},{"index":0,"relevance_score":0.25}]}`: {0.25, 0.9},
		`{"results":[{"index":0,"relevance_score":0},{"index":1,"relevance_score":-2}]}`:     {0.5, 1 / (1 + math.Exp(2))},
	} {
		serve(t, echo(answer, &asked), func(t *testing.T, u *upstream.Server) {
			got, err := u.Rerank(t.Context(), &hearth.RerankRequest{Model: "m", Query: "q", Texts: []string{"a", "b"}})
			if err != nil || got.Scores[0] != want[0] || got.Scores[1] != want[1] || asked["path"] != "/v1/rerank" || asked["query"] != "q" {
				t.Errorf("%s: %+v, %v; asked %v", answer, got, err, asked)
			}
		})
	}
}

// TestUnsoundVectors: an answer that is not what was asked for is an upstream's fault,
// and nobody gets half of it.
func TestUnsoundVectors(t *testing.T) {
	var asked map[string]any
	for _, answer := range []string{`{}`, `not JSON`, `{"data":[{"index":0,"embedding":[1]}]}`, `{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}`,
		`{"data":[{"index":0,"embedding":[1]},{"index":7,"embedding":[1]}]}`, `{"data":[{"index":0,"embedding":[0]},{"index":1,"embedding":[]}]}`,
		`{"results":[{"index":0,"relevance_score":1}]}`, `{"results":[{"index":0},{"index":1}]}`, `{"results":[{"index":-1,"relevance_score":1}]}`} {
		serve(t, echo(answer, &asked), func(t *testing.T, u *upstream.Server) {
			_, err := u.Embed(t.Context(), &hearth.EmbeddingRequest{Model: "m", Texts: []string{"a", "b"}})
			_, err2 := u.Rerank(t.Context(), &hearth.RerankRequest{Model: "m", Query: "q", Texts: []string{"a", "b"}})
			for _, err := range []error{err, err2} {
				if !errors.Is(err, hearth.NewError(hearth.UpstreamProtocol)) {
					t.Errorf("%s: %v", answer, err)
				}
			}
		})
	}
	serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"error":{"message":"input too long"}}`)
	}, func(t *testing.T, u *upstream.Server) {
		if _, err := u.Embed(t.Context(), &hearth.EmbeddingRequest{Texts: []string{"a"}}); !errors.Is(err, hearth.NewError(hearth.UpstreamRejected)) || !strings.Contains(err.Error(), "too long") {
			t.Error(err)
		}
	})
}
