package catalog_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog"
	"github.com/hearthbox/hearth/internal/catalog/provenance"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// TestSeal: a sealed model is found changed wherever its folder is reached from, and a
// stranger's seal is none.
func TestSeal(t *testing.T) {
	root := t.TempDir()
	src := put(t, root, "src/m.gguf", model("llama"))
	if err := os.Mkdir(filepath.Join(root, "disk"), 0o700); err != nil {
		t.Fatal(err)
	}
	link(t, root, "data", "disk")
	c := catalog.New(filepath.Join(root, "data", "models"), nil, runs)
	m, err := c.Import(t.Context(), src, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := newKey(t), newKey(t)
	trust := provenance.Trust{Keys: []cryptosuite.PublicKey{ours.Public()}}
	look := func() (bool, error) { return c.VerifyPath(t.Context(), m.Path, trust) }

	if sealed, err := look(); sealed || err != nil {
		t.Fatalf("before it is sealed: %v (%v)", sealed, err)
	}
	if err := c.Seal(t.Context(), "m", theirs, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := look(); hearth.AsError(err).Code != hearth.SignatureInvalid {
		t.Errorf("a stranger's seal: %v", err)
	}
	if err := c.Seal(t.Context(), "m", ours, nil); err != nil {
		t.Fatal(err)
	}
	if sealed, err := look(); !sealed || err != nil {
		t.Errorf("after: %v (%v)", sealed, err)
	}
	if err := os.Remove(src); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(m.Path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-1] ^= 1
	if err := os.WriteFile(m.Path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if sealed, err := look(); !sealed || hearth.AsError(err).Code != hearth.ModelTampered {
		t.Errorf("after a bit was turned: %v (%v)", sealed, err)
	}
	put(t, filepath.Dir(m.Path), "more.gguf", []byte("x"))
	if _, err := c.Verify(t.Context(), "m", trust, nil); hearth.AsError(err).Code != hearth.ModelTampered {
		t.Errorf("with a file more: %v", err)
	}
}

func newKey(t *testing.T) cryptosuite.PrivateKey {
	t.Helper()
	k, err := cryptosuite.GenerateKey(cryptosuite.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
