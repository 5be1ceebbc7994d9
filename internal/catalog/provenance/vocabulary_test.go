package provenance_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/provenance"
	"github.com/hearthbox/hearth/internal/gguf"
)

// TestPublishedVocabularies reads the vocabularies that make test fetches from
// packages: as they are, extended as fine-tuned models are, and altered.
func TestPublishedVocabularies(t *testing.T) {
	for file, want := range map[string]string{"qwen2": "Qwen 2, 2.5 and 3", "deepseek-v3": "DeepSeek V3 and R1", "llama-bpe": "Llama 3"} {
		t.Run(file, func(t *testing.T) {
			f, err := gguf.Open(filepath.Join("../../../build/tokenizer", file+".gguf"))
			if err != nil {
				t.Skip("make test fetches the vocabularies: ", err)
			}
			defer f.Close()
			tokens, merges := need(t, f, "tokens"), need(t, f, "merges")
			is := func(tokens, merges []string) (string, error) {
				return provenance.Published("m", model(t, g+"tokens", tokens, g+"merges", merges))
			}
			if name, err := is(tokens, merges); name != want || err != nil {
				t.Errorf("%q, %v", name, err)
			}
			if name, err := is(append(slices.Clone(tokens), "<extra>", "<more>"), merges); name != want || err != nil {
				t.Errorf("with more tokens: %q, %v", name, err)
			}
			swapped := slices.Clone(tokens)
			swapped[500], swapped[501] = swapped[501], swapped[500]
			_, err = is(swapped, merges)
			refused(t, err, hearth.TokenizerAltered, want)
			swapped = slices.Clone(merges)
			swapped[7], swapped[8] = swapped[8], swapped[7]
			_, err = is(tokens, swapped)
			refused(t, err, hearth.TokenizerAltered, want)
			if name, err := is(tokens[:1000], merges[:700]); name != "" || err != nil {
				t.Errorf("a part of it: %q, %v", name, err)
			}
		})
	}
}

func need(t *testing.T, f *gguf.File, key string) []string {
	t.Helper()
	list, err := f.Texts(g + key)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestUnpublishedVocabularies(t *testing.T) {
	for _, f := range []*gguf.File{model(t, "general.name", "x"), model(t, g+"tokens", []string{"a", "b"}, g+"merges", []string{"a b"})} {
		if name, err := provenance.Published("m", f); name != "" || err != nil {
			t.Errorf("%q, %v", name, err)
		}
	}
	if _, err := provenance.Published("m", model(t, g+"tokens", uint32(1))); err == nil {
		t.Error("a number for a list has no error")
	}
}
