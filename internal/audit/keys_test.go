package audit_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/audit"
	"github.com/hearthbox/hearth/internal/audit/audittest"
	"github.com/hearthbox/hearth/internal/cryptosuite"
	"github.com/hearthbox/hearth/internal/cryptosuite/keyring"
)

// TestKeysAreSealed: with the folder alone nobody reads what was said; keys that an earlier
// hearth left as they are are sealed, those that were destroyed stay so, and what is
// rotated still opens.
func TestKeysAreSealed(t *testing.T) {
	for _, hash := range []cryptosuite.HashFunction{cryptosuite.HashSHA256, cryptosuite.HashSM3} {
		dir := t.TempDir()
		c := audittest.Config(t, dir, hash)
		l := audit.New(c)
		for i := range 10 {
			if err := l.Record(t.Context(), audittest.Sample(i)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := l.Shred(t.Context(), hearth.Principal{}, audit.Query{Request: "req_5"}); err != nil {
			t.Fatal(err)
		}
		n, other := contentOf(t, l, "req_0"), contentOf(t, l, "req_5")
		want := audittest.Sample(0).Content

		// As it was: keys of 32 bytes, in a file of another name.
		ring := c.Keys.(*keyring.Ring)
		sealedPath, plainPath := filepath.Join(c.Folder, fmt.Sprintf("%016d.sealed-keys", 0)), filepath.Join(c.Folder, fmt.Sprintf("%016d.keys", 0))
		sealed, err := os.ReadFile(sealedPath)
		if err != nil {
			t.Fatal(err)
		}
		cipher := cryptosuite.AES256GCM
		if hash == cryptosuite.HashSM3 {
			cipher = cryptosuite.SM4GCM
		}
		var plain []byte
		for ; len(sealed) > 0; sealed = sealed[80:] {
			place := make([]byte, 32)
			if !bytes.Equal(sealed[:80], make([]byte, 80)) {
				key, err := ring.Open("audit", sealed[:keyring.Overhead+cipher.KeyBytes()], []byte("content key 0"))
				if err != nil {
					t.Fatal(err)
				}
				copy(place, key)
			}
			plain = append(plain, place...)
		}
		if err := os.WriteFile(plainPath, plain, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(sealedPath); err != nil {
			t.Fatal(err)
		}
		if !audit.HasPlainKeys(c.Folder) {
			t.Error("keys in the open are not seen")
		}
		if renewed, err := l.RenewKeys(t.Context()); err != nil || renewed != 1 {
			t.Fatalf("%d %v", renewed, err)
		}
		if _, err := os.Stat(plainPath); err == nil || audit.HasPlainKeys(c.Folder) {
			t.Error("the keys are still there as they were")
		}
		read := func() {
			t.Helper()
			if text, err := l.ReadContent(t.Context(), n); err != nil || !bytes.Equal(text, want) {
				t.Errorf("%q %v", text, err)
			}
			if _, err := l.ReadContent(t.Context(), other); err == nil {
				t.Error("what was destroyed is back")
			}
		}
		read()
		for range 3 {
			if err := ring.Rotate(); err != nil {
				t.Fatal(err)
			}
			if renewed, err := l.RenewKeys(t.Context()); err != nil || renewed != 1 {
				t.Fatalf("%d %v", renewed, err)
			}
			if _, err := ring.Retire(); err != nil {
				t.Fatal(err)
			}
			read()
		}
		if renewed, err := l.RenewKeys(t.Context()); err != nil || renewed != 0 {
			t.Errorf("once more: %d %v", renewed, err)
		}
		if err := l.Record(t.Context(), audittest.Sample(15)); err != nil {
			t.Fatal(err)
		}
		if text, err := l.ReadContent(t.Context(), contentOf(t, l, "req_15")); err != nil || !bytes.Equal(text, audittest.Sample(15).Content) {
			t.Errorf("%q %v", text, err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// contentOf is the number of a request's record that has content.
func contentOf(t *testing.T, l *audit.Log, request string) uint64 {
	t.Helper()
	page, err := l.Find(t.Context(), audit.Query{Request: request, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Entries {
		if e.Content != nil {
			return e.N
		}
	}
	t.Fatalf("%s has no content", request)
	return 0
}
