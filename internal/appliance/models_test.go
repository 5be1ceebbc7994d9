package appliance

import (
	"slices"
	"testing"

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
