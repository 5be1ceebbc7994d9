package cryptosuite_test

import (
	"testing"

	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// FuzzKeys reads anything as a key. What is taken comes out and in again the same.
func FuzzKeys(f *testing.F) {
	for _, a := range algorithms {
		key, _ := cryptosuite.GenerateKey(a)
		secret, _ := key.PEM()
		public, _ := key.Public().PEM()
		f.Add(secret)
		f.Add(public)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if key, err := cryptosuite.ParsePrivateKey(text); err == nil {
			_, public := throughPEM(t, key)
			if public.ID() != key.Public().ID() {
				t.Error("the halves part")
			}
		}
		key, err := cryptosuite.ParsePublicKey(text)
		if err != nil {
			return
		}
		again, err := key.PEM()
		if err != nil {
			t.Fatal(err)
		}
		if same, err := cryptosuite.ParsePublicKey(again); err != nil || same.ID() != key.ID() {
			t.Errorf("came back as %s, not %s: %v", same.ID(), key.ID(), err)
		}
		_ = key.Verify([]byte("m"), text[:min(len(text), 80)])
	})
}
