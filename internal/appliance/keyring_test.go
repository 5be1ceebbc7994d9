package appliance

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/access"
	"github.com/hearthbox/hearth/internal/cryptosuite"
	"github.com/hearthbox/hearth/internal/cryptosuite/keyring"
	"github.com/hearthbox/hearth/internal/cryptosuite/keyring/keyringtest"
	"github.com/hearthbox/hearth/internal/store"
)

// TestWhatWasPlainIsSealed opens a folder as an earlier hearth left it: keys and second
// factors go on working, and nothing secret lies there as it was.
func TestWhatWasPlainIsSealed(t *testing.T) {
	c := Defaults(t.TempDir())
	c.Data, c.Starter = filepath.Join(t.TempDir(), "data"), false
	if err := os.Mkdir(c.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	pepper := bytes.Repeat([]byte{7}, 32)
	signing, err := cryptosuite.GenerateKey(cryptosuite.Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := signing.PEM()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"secret": []byte(hex.EncodeToString(pepper) + "\n"), "signing.pem": pem} {
		if err := os.WriteFile(filepath.Join(c.Data, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := store.Open(t.Context(), filepath.Join(c.Data, "hearth.db"))
	if err != nil {
		t.Fatal(err)
	}
	a := access.New(s, pepper, keyringtest.New(t))
	key, _, err := a.Create(t.Context(), "me", hearth.StandingAdmin, 0)
	if err != nil {
		t.Fatal(err)
	}
	p, _, err := a.AddPerson(t.Context(), hearth.Principal{Standing: hearth.StandingAdmin}, hearth.Person{Login: "li", Name: "Li"})
	if err != nil {
		t.Fatal(err)
	}
	m := hmac.New(sha256.New, pepper)
	m.Write([]byte("totp"))
	sealed, err := cryptosuite.AES256GCM.Seal(m.Sum(nil), []byte("12345678901234567890"), []byte(p.ID))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.UpdateCredentials(t.Context(), p.ID, func(c *hearth.Credentials) error { c.TOTP, c.TOTPProven = sealed, true; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	for range 2 {
		d, err := OpenData(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Access.Authenticate(t.Context(), func(n string) []string {
			if n == "Authorization" {
				return []string{"Bearer " + key}
			}
			return nil
		}); err != nil {
			t.Errorf("the key from before: %v", err)
		}
		list, err := d.store.Credentials(t.Context(), p.ID)
		if err != nil || len(list) != 1 {
			t.Fatal(err)
		}
		if text, err := d.ring.Open("totp", list[0].TOTP, []byte(p.ID)); err != nil || string(text) != "12345678901234567890" {
			t.Errorf("the second factor: %q %v", text, err)
		}
		k, err := d.SigningKey()
		if err != nil || k.Public().ID() != signing.Public().ID() {
			t.Errorf("the appliance signs with another key: %v", err)
		}
		for _, name := range []string{"secret", "signing.pem"} {
			if _, err := os.Stat(filepath.Join(c.Data, name)); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTransitAndProgramAreSettings: a ring that they seal opens by what the settings say,
// and says which are missing.
func TestTransitAndProgramAreSettings(t *testing.T) {
	c := Defaults(t.TempDir())
	for kind, want := range map[string]string{keyring.KindTransit: "keyring.transit", keyring.KindProgram: "keyring.program"} {
		if _, err := c.seal(kind); err == nil || !strings.Contains(hearth.AsError(err).Message(hearth.English), want) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("s.x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Keyring.Transit.URL, c.Keyring.Transit.Key, c.Keyring.Transit.TokenFile = "https://bao", "box", token
	c.Keyring.Program = []string{"card"}
	s, err := c.seal(keyring.KindTransit)
	if x, ok := s.(*keyring.Transit); !ok || err != nil || x.Token != "s.x" || x.Key != "box" {
		t.Errorf("%+v %v", s, err)
	}
	if s, err := c.seal(keyring.KindProgram); err != nil || s.Kind() != keyring.KindProgram {
		t.Errorf("%+v %v", s, err)
	}
}

// TestNobodyToOpen: where somebody at a terminal opens it, they are asked.
func TestNobodyToOpen(t *testing.T) {
	c := Defaults(t.TempDir())
	c.Data, c.Starter = t.TempDir(), false
	d, err := OpenData(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	shares, err := d.SealKeyring(t.Context(), Sealing{Kind: keyring.KindShares, Shares: 3, Need: 2})
	if err := errors.Join(err, d.Close()); err != nil || len(shares) != 3 {
		t.Fatal(err)
	}
	if _, err := OpenData(t.Context(), c); !errors.Is(err, hearth.NewError(hearth.KeyringSealed)) {
		t.Errorf("nobody is there: %v", err)
	}
	asked := 0
	d, err = OpenData(t.Context(), c.Asking(func(kind string, n, of int) (string, error) {
		asked++
		if kind != keyring.KindShares || n != asked || of != 2 {
			t.Errorf("asked for %s, %d of %d", kind, n, of)
		}
		return shares[3-n], nil
	}))
	if err != nil || asked != 2 {
		t.Fatal(err, asked)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := OpenData(ctx, c.Waiting(func(string) { cancel() })); !errors.Is(err, hearth.NewError(hearth.Canceled)) {
		t.Errorf("a server that stops while it waits: %v", err)
	}
}
