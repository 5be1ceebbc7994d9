package cryptosuite_test

import (
	"bytes"
	"crypto/cipher"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	gmcipher "github.com/emmansun/gmsm/cipher"
	"github.com/emmansun/gmsm/sm4"

	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// wycheproof is a file of test vectors, as C2SP's project of that name publishes them.
type wycheproof struct {
	NumberOfTests int `json:"numberOfTests"`
	TestGroups    []struct {
		IVSize  int `json:"ivSize"`
		TagSize int `json:"tagSize"` // bits
		Tests   []struct {
			ID      int    `json:"tcId"`
			Comment string `json:"comment"`
			Key     hexed  `json:"key"`
			IV      hexed  `json:"iv"`
			AAD     hexed  `json:"aad"`
			Msg     hexed  `json:"msg"`
			CT      hexed  `json:"ct"`
			Tag     hexed  `json:"tag"`
			Result  string `json:"result"`
		} `json:"tests"`
	} `json:"testGroups"`
}

type hexed []byte

func (h *hexed) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

func vectors(t *testing.T, name string) wycheproof {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../../shared/data/crypto", name))
	if err != nil {
		t.Skip("the vectors are not at hand: ", err)
	}
	var w wycheproof
	if err := json.Unmarshal(text, &w); err != nil {
		t.Fatal(err)
	}
	return w
}

// ran fails if not every vector of a file was run.
func (w wycheproof) ran(t *testing.T, n int) {
	t.Helper()
	if n != w.NumberOfTests || n == 0 {
		t.Errorf("%d of %d vectors were run", n, w.NumberOfTests)
	}
	t.Logf("%d vectors", n)
}

// TestWycheproofSM4GCM holds our cipher against all vectors of its nonce and tag, and the
// library beneath it against the others.
func TestWycheproofSM4GCM(t *testing.T) {
	w := vectors(t, "wycheproof-sm4_gcm_test.json")
	n, own := 0, 0
	for _, g := range w.TestGroups {
		for _, x := range g.Tests {
			n++
			want := x.Result != "invalid"
			if len(x.IV) == 12 && g.TagSize == 128 && len(x.Key) == 16 {
				own++
				text, err := cryptosuite.SM4GCM.Open(x.Key, bytes.Join([][]byte{x.IV, x.CT, x.Tag}, nil), x.AAD)
				if (err == nil) != want || want && !bytes.Equal(text, x.Msg) {
					t.Errorf("%d (%s): %v", x.ID, x.Comment, err)
				}
				continue
			}
			gcm, err := sm4GCM(x.Key, len(x.IV), g.TagSize/8)
			if err != nil {
				if want {
					t.Errorf("%d (%s): %v", x.ID, x.Comment, err)
				}
				continue
			}
			text, err := gcm.Open(nil, x.IV, append(bytes.Clone(x.CT), x.Tag...), x.AAD)
			if (err == nil) != want || want && !bytes.Equal(text, x.Msg) {
				t.Errorf("%d (%s): %v", x.ID, x.Comment, err)
			}
		}
	}
	w.ran(t, n)
	t.Logf("%d of them by cryptosuite's own call", own)
}

func TestWycheproofSM4CCM(t *testing.T) {
	w := vectors(t, "wycheproof-sm4_ccm_test.json")
	n := 0
	for _, g := range w.TestGroups {
		for _, x := range g.Tests {
			n++
			want := x.Result != "invalid"
			block, err := sm4.NewCipher(x.Key)
			if err != nil {
				if want {
					t.Errorf("%d (%s): %v", x.ID, x.Comment, err)
				}
				continue
			}
			ccm, err := gmcipher.NewCCMWithNonceAndTagSize(block, len(x.IV), g.TagSize/8)
			if err != nil {
				if want {
					t.Errorf("%d (%s): %v", x.ID, x.Comment, err)
				}
				continue
			}
			text, err := ccm.Open(nil, x.IV, append(bytes.Clone(x.CT), x.Tag...), x.AAD)
			if (err == nil) != want || want && !bytes.Equal(text, x.Msg) {
				t.Errorf("%d (%s): %v", x.ID, x.Comment, err)
			}
		}
	}
	w.ran(t, n)
}

func TestWycheproofHMACSM3(t *testing.T) {
	w := vectors(t, "wycheproof-hmac_sm3_test.json")
	n := 0
	for _, g := range w.TestGroups {
		for _, x := range g.Tests {
			n++
			tag := cryptosuite.GM.MAC(x.Key, x.Msg)[:g.TagSize/8]
			if bytes.Equal(tag, x.Tag) != (x.Result != "invalid") {
				t.Errorf("%d (%s): %s", x.ID, x.Comment, x.Result)
			}
		}
	}
	w.ran(t, n)
}

// TestStandardVectors are those in the standards' own annexes: GB/T 32905 (SM3) and GB/T 32907
// (SM4, and a million rounds of it); SM2 is held against OpenSSL in peers_test.go.
func TestStandardVectors(t *testing.T) {
	for text, want := range map[string]string{
		"abc": "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
		"abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd": "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
	} {
		if got := cryptosuite.SM3([]byte(text)).String(); got != want {
			t.Errorf("SM3 of %q: %s", text, got)
		}
	}
	key, _ := hex.DecodeString("0123456789abcdeffedcba9876543210")
	block, err := sm4.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	text := bytes.Clone(key)
	block.Encrypt(text, text)
	if got := hex.EncodeToString(text); got != "681edf34d206965e86b3e94f536e4246" {
		t.Errorf("SM4: %s", got)
	}
	for range 999_999 {
		block.Encrypt(text, text)
	}
	if got := hex.EncodeToString(text); got != "595298c7c6fd271f0402f804c33d3f66" {
		t.Errorf("SM4, a million times: %s", got)
	}
}

// BenchmarkSeal compares the suites' ciphers.
func BenchmarkSeal(b *testing.B) {
	for _, c := range []cryptosuite.Cipher{cryptosuite.AES256GCM, cryptosuite.SM4GCM} {
		key := c.NewKey()
		for _, size := range []int{1 << 10, 16 << 10, 1 << 20} {
			text := make([]byte, size)
			sealed, err := c.Seal(key, text, nil)
			if err != nil {
				b.Fatal(err)
			}
			name := string(c) + "/" + map[int]string{1 << 10: "1KiB", 16 << 10: "16KiB", 1 << 20: "1MiB"}[size]
			b.Run("seal/"+name, func(b *testing.B) {
				b.SetBytes(int64(size))
				for b.Loop() {
					if _, err := c.Seal(key, text, nil); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("open/"+name, func(b *testing.B) {
				b.SetBytes(int64(size))
				for b.Loop() {
					if _, err := c.Open(key, sealed, nil); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// sm4GCM is the library's GCM with a nonce and a tag of any length it has.
func sm4GCM(key []byte, nonce, tag int) (cipher.AEAD, error) {
	block, err := sm4.NewCipher(key)
	if err != nil {
		return nil, err
	}
	if nonce != 12 {
		return cipher.NewGCMWithNonceSize(block, nonce)
	}
	return cipher.NewGCMWithTagSize(block, tag)
}
