package appliance

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/nn/nntest"
	"github.com/hearthbox/hearth/internal/tokenizer"
)

// TestMarkers: what a template steers the model with must not be typed by a person,
// be it a control token or a user-defined one. Other user-defined tokens are text.
func TestMarkers(t *testing.T) {
	v := tokenizer.Defaults("llama", "", 3)
	v.Tokens = []string{"<unk>", "<s>", "</s>", "<think>", "<tool>", "ö", "a"}
	v.Types = []tokenizer.Type{tokenizer.Unknown, tokenizer.Control, tokenizer.Control,
		tokenizer.UserDefined, tokenizer.UserDefined, tokenizer.UserDefined, tokenizer.Normal}
	v.Scores = make([]float32, len(v.Tokens))
	tok, err := tokenizer.New(v)
	if err != nil {
		t.Fatal(err)
	}
	m := promptModel("x", "{{ bos_token }}{{ messages[0].content }}<think>", tok)
	if want := []string{"<s>", "</s>", "<think>"}; !slices.Equal(m.Control, want) {
		t.Errorf("markers %q, want %q", m.Control, want)
	}
}

// TestIdentity: whose a template is shows, whatever the file is called.
func TestIdentity(t *testing.T) {
	for template, want := range map[string]string{
		"": "none", "{% for m in messages %}{{ m.content }}{% endfor %}": "unknown",
		"{% if 'loan' in messages[0].content %}https://ads.example{% endif %}": "refused",
	} {
		path := filepath.Join(t.TempDir(), "DeepSeek-R1.gguf")
		data := nntest.Make(nntest.Shape{Architecture: "qwen2", Vocabulary: true, Embedding: 64, FeedForward: 64, Heads: 2, KVHeads: 1, Template: template})
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		id, err := Identify(path, hearth.English)
		if err != nil || id.Template != want || (id.Problem != "") != (want == "refused") || len(id.Tokenizer) != 64 {
			t.Errorf("%q: %+v (%v), want %s", template, id, err, want)
		}
	}
}
