package catalog_test

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog"
)

// TestImportOfFolders takes models in from the shapes they come in.
func TestImportOfFolders(t *testing.T) {
	root := t.TempDir()
	weights := model("llama")
	put(t, root, "one/Some Model.gguf", weights)
	put(t, root, "one/README.md", []byte("hello"))
	put(t, root, "two/a.gguf", weights)
	put(t, root, "two/b.gguf", weights)
	put(t, root, "safe/model-00001-of-00002.safetensors", []byte("x"))
	put(t, root, "empty/notes.txt", []byte("x"))

	digest := fmt.Sprintf("%x", sha256.Sum256(weights))
	image := func(name, media, blob string) {
		manifest := fmt.Sprintf(`{"layers":[{"mediaType":"application/vnd.docker.ai.license","digest":"sha256:%s"},{"mediaType":%q,"digest":%q}]}`,
			strings.Repeat("0", 64), media, blob)
		sum := fmt.Sprintf("%x", sha256.Sum256([]byte(manifest)))
		put(t, root, name+"/oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`))
		put(t, root, name+"/index.json", fmt.Appendf(nil, `{"manifests":[{"digest":"sha256:%s"}]}`, sum))
		put(t, root, name+"/blobs/sha256/"+sum, []byte(manifest))
		put(t, root, name+"/blobs/sha256/"+digest, weights)
	}
	image("image", "application/vnd.docker.ai.gguf.v3", "sha256:"+digest)
	image("escape", "application/vnd.docker.ai.gguf.v3", "sha256:../../../one/Some Model.gguf")
	image("cake", "application/vnd.cake.v1", "sha256:"+digest)
	digest = strings.Repeat("ab", 32) // which is not that of the weights
	image("false", "application/vnd.docker.ai.gguf.v3", "sha256:"+digest)
	put(t, root, "broken/oci-layout", nil)
	put(t, root, "broken/index.json", []byte(`{"manifests":`))

	c := catalog.New(filepath.Join(root, "own"), nil, runs)
	for path, want := range map[string]string{
		"one": "some-model", "image": "image",
		"two": "it holds 2 models", "safe": "safetensors", "empty": "no GGUF file",
		"escape": "is not a SHA-256 digest", "cake": "0 of its layers", "broken": "unexpected end",
		"false": "its SHA-256 is ",
	} {
		m, err := c.Import(t.Context(), filepath.Join(root, path), "", nil)
		switch {
		case err == nil && m.ID != want:
			t.Errorf("%s became %s, want %s", path, m.ID, want)
		case err != nil && (!strings.Contains(err.Error(), want) || !slices.Contains([]hearth.Code{hearth.ModelInvalid, hearth.ModelTampered, hearth.NeedsConversion}, hearth.AsError(err).Code)):
			t.Errorf("%s: %v, want %q", path, err, want)
		case err != nil && hearth.AsError(err).Message(hearth.Chinese) == hearth.AsError(err).Message(hearth.English):
			t.Errorf("%s: only in English: %v", path, err)
		}
	}
}
