package appliance

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/gguf"
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
		id, _, err := identify(path, hearth.English)
		if err != nil || id.Template != want || (id.Problem != "") != (want == "refused") || len(id.Tokenizer) != 64 {
			t.Errorf("%q: %+v (%v), want %s", template, id, err, want)
		}
	}
}

// TestTemplateDifference: a template that is nobody's is shown against one that is
// published with the same vocabulary, where a model at hand has it.
func TestTemplateDifference(t *testing.T) {
	published, err := filepath.Abs("../../build/tokenizer/qwen2.gguf")
	if err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Open(published)
	if err != nil {
		t.Skip("make test fetches the vocabularies: ", err)
	}
	defer f.Close()
	home := t.TempDir()
	c := Defaults(home)
	c.Data, c.Models, c.Discover = filepath.Join(home, "data"), []string{published}, nil
	d, err := OpenData(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var w gguf.Writer
	for key := range f.All() {
		if key == "tokenizer.chat_template" {
			text, _ := f.Text(key)
			err = w.Set(key, strings.Replace(text, "<|im_end|>", "<|im_end|>Ask bank X.", 1))
		} else if list, listErr := f.Texts(key); listErr == nil {
			err = w.Set(key, list)
		} else if text, textErr := f.Text(key); textErr == nil {
			err = w.Set(key, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(home, "Qwen2.5.gguf")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteTo(out); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	id, err := d.Identify(t.Context(), path, hearth.English)
	if err != nil || id.Vocabulary != "Qwen 2, 2.5 and 3" || id.Template != "unknown" {
		t.Errorf("%+v, %v", id, err)
	}
	if !strings.Contains(id.Difference, "--- qwen2\n+++ Qwen2.5.gguf\n") || strings.Count(id.Difference, "Ask bank X.") != 1 {
		t.Errorf("the difference is %q", id.Difference)
	}
	if id, err = d.Identify(t.Context(), published, hearth.English); err != nil || id.Template != "qwen2.5" || id.Difference != "" {
		t.Errorf("%+v, %v", id, err)
	}
}
