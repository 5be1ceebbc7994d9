// Package keyringtest makes keyrings for tests of what is sealed with one.
package keyringtest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/hearthbox/hearth/internal/cryptosuite"
	"github.com/hearthbox/hearth/internal/cryptosuite/keyring"
)

// New is a new ring in a folder of its own.
func New(t testing.TB) *keyring.Ring { return In(t, t.TempDir()) }

// In is the ring of a folder, which are made if they are not there.
func In(t testing.TB, dir string) *keyring.Ring {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path, seal := filepath.Join(dir, "keyring.json"), keyring.KeyFile{Path: filepath.Join(dir, "keyring.key")}
	r, err := keyring.Create(context.Background(), path, cryptosuite.International, seal)
	if errors.Is(err, fs.ErrExist) {
		r, err = keyring.Open(context.Background(), path, seal)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}
