package keyring_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hearthbox/hearth/internal/cryptosuite"
	"github.com/hearthbox/hearth/internal/cryptosuite/keyring"
)

// TestMain is also the software card: a program that closes and opens with a key of its
// own, which stands in its arguments here.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "software-card" {
		card(os.Args[2])
		return
	}
	os.Exit(m.Run())
}

func card(key string) {
	if key == "silent" {
		return
	}
	if key == "endless" {
		for {
			fmt.Println(strings.Repeat("x", 1<<16))
		}
	}
	line, _ := bufio.NewReader(os.Stdin).ReadBytes('\n')
	var q keyring.Question
	var a keyring.Answer
	k, err := hex.DecodeString(key)
	if err == nil {
		err = json.Unmarshal(line, &q)
	}
	switch {
	case err != nil:
		a.Error = err.Error()
	case os.Getenv("HOME") != "":
		a.Error = "it has an environment"
	case q.Op == "close":
		if a.Data, err = cryptosuite.SM4GCM.Seal(k, q.Data, q.Binding); err != nil {
			a.Error = err.Error()
		}
	default:
		if a.Data, err = cryptosuite.SM4GCM.Open(k, q.Data, q.Binding); err != nil {
			a.Error, a.Wrong = err.Error(), true
		}
	}
	_ = json.NewEncoder(os.Stdout).Encode(a)
}

// bao stands in for OpenBao's transit engine, as its API's documentation has it.
type bao struct {
	mu  sync.Mutex
	key []byte
	in  []string
}

func (b *bao) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.in = append(b.in, r.Method+" "+r.URL.Path)
	say := func(status int, v any) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	var in struct {
		Plaintext, Ciphertext string
		AssociatedData        string `json:"associated_data"`
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	aad, _ := base64.StdEncoding.DecodeString(in.AssociatedData)
	switch {
	case r.Header.Get("X-Vault-Token") != "s.good":
		say(403, map[string]any{"errors": []string{"permission denied"}})
	case r.URL.Path == "/v1/transit/encrypt/box":
		plain, _ := base64.StdEncoding.DecodeString(in.Plaintext)
		sealed, _ := cryptosuite.AES256GCM.Seal(b.key, plain, aad)
		say(200, map[string]any{"data": map[string]any{"ciphertext": "vault:v1:" + base64.StdEncoding.EncodeToString(sealed), "key_version": 1}})
	case r.URL.Path == "/v1/transit/decrypt/box":
		sealed, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(in.Ciphertext, "vault:v1:"))
		plain, err := cryptosuite.AES256GCM.Open(b.key, sealed, aad)
		if err != nil {
			say(400, map[string]any{"errors": []string{"cipher: message authentication failed"}})
			return
		}
		say(200, map[string]any{"data": map[string]any{"plaintext": base64.StdEncoding.EncodeToString(plain)}})
	default:
		say(404, map[string]any{"errors": []string{}})
	}
}

func startBao(t *testing.T) (*bao, *keyring.Transit) {
	b := &bao{key: cryptosuite.AES256GCM.NewKey()}
	s := httptest.NewServer(b)
	t.Cleanup(s.Close)
	return b, &keyring.Transit{URL: s.URL, Key: "box", Token: "s.good"}
}

// way is a seal that closes, the same one opening, and one that does not.
type way struct {
	close       keyring.Seal
	open, wrong func() keyring.Seal
}

func ways(t *testing.T) map[string]way {
	dir := t.TempDir()
	is := func(s keyring.Seal) func() keyring.Seal { return func() keyring.Seal { return s } }
	other := filepath.Join(dir, "other")
	if err := os.WriteFile(other, []byte(strings.Repeat("ab", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	shares := &keyring.Shares{}
	_, transit := startBao(t)
	_, elsewhere := startBao(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	card := func() keyring.Program {
		return keyring.Program{Command: []string{exe, "software-card", hex.EncodeToString(cryptosuite.SM4GCM.NewKey())}}
	}
	mine := card()
	return map[string]way{
		"key file":   {keyring.KeyFile{Path: filepath.Join(dir, "key")}, is(keyring.KeyFile{Path: filepath.Join(dir, "key")}), is(keyring.KeyFile{Path: other})},
		"passphrase": {keyring.Passphrase{Text: []byte("correct horse battery")}, is(keyring.Passphrase{Text: []byte("correct horse battery")}), is(keyring.Passphrase{Text: []byte("correct horse batterx")})},
		"shares": {shares, func() keyring.Seal {
			return &keyring.Shares{Given: []string{shares.Made[4], shares.Made[0], shares.Made[2]}}
		},
			func() keyring.Seal {
				return &keyring.Shares{Given: []string{shares.Made[4], shares.Made[0], shares.Made[0]}}
			}},
		"transit": {transit, is(transit), is(elsewhere)},
		"program": {mine, is(mine), is(card())},
	}
}

// TestEveryWayInBothSuites: what is sealed opens after the ring was closed and opened
// again, by what closed it and nothing else.
func TestEveryWayInBothSuites(t *testing.T) {
	for _, suite := range cryptosuite.Suites() {
		for name, w := range ways(t) {
			t.Run(string(suite)+" "+name, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "keyring.json")
				r, err := keyring.Create(t.Context(), path, suite, w.close)
				if err != nil {
					t.Fatal(err)
				}
				sealed, err := r.Seal("totp", []byte("a secret text"), []byte("p_1"))
				if err != nil {
					t.Fatal(err)
				}
				again, err := keyring.Open(t.Context(), path, w.open())
				if err != nil {
					t.Fatal(err)
				}
				text, err := again.Open("totp", sealed, []byte("p_1"))
				if err != nil || string(text) != "a secret text" || len(sealed) != len(text)+keyring.Overhead {
					t.Errorf("%q %v, %d bytes", text, err, len(sealed))
				}
				for _, x := range []struct{ purpose, context string }{{"totp", "p_2"}, {"audit", "p_1"}} {
					if _, err := again.Open(x.purpose, sealed, []byte(x.context)); err == nil {
						t.Errorf("it opens as %v", x)
					}
				}
				if name == "shares" {
					if _, err := keyring.Open(t.Context(), path, w.wrong()); err == nil || !strings.Contains(err.Error(), "3 different shares") {
						t.Errorf("two shares: %v", err)
					}
				} else if _, err := keyring.Open(t.Context(), path, w.wrong()); !errors.Is(err, keyring.ErrWrong) {
					t.Errorf("what is wrong: %v", err)
				}
				on, err := os.ReadFile(path)
				if err != nil || bytes.Contains(on, []byte("secret text")) {
					t.Errorf("%v", err)
				}
				if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("%v %v", info.Mode(), err)
				}
				if _, err := keyring.Create(t.Context(), path, suite, w.close); !errors.Is(err, fs.ErrExist) {
					t.Errorf("made over: %v", err)
				}
			})
		}
	}
}

func fresh(t *testing.T, suite cryptosuite.Suite) (path string, seal keyring.Seal, r *keyring.Ring) {
	t.Helper()
	dir := t.TempDir()
	path, seal = filepath.Join(dir, "keyring.json"), keyring.KeyFile{Path: filepath.Join(dir, "keyring.key")}
	r, err := keyring.Create(t.Context(), path, suite, seal)
	if err != nil {
		t.Fatal(err)
	}
	return path, seal, r
}

// TestRotation: everything opens while keys are rotated under it, by this process and
// another one, until it was sealed anew and the old keys are gone.
func TestRotation(t *testing.T) {
	path, seal, r := fresh(t, cryptosuite.GM)
	other, err := keyring.Open(t.Context(), path, seal)
	if err != nil {
		t.Fatal(err)
	}
	first, err := r.Seal("totp", []byte("one"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if err := other.Rotate(); err != nil {
			t.Fatal(err)
		}
		now, err := r.Seal("totp", []byte("now"), nil)
		if v, ok := keyring.Version(now); err != nil || !ok || v != uint32(i+2) {
			t.Fatalf("version %d %v %v", v, ok, err)
		}
		if text, err := other.Open("totp", now, nil); err != nil || string(text) != "now" {
			t.Fatalf("%q %v", text, err)
		}
	}
	renewed, did, err := r.Renew("totp", first, nil)
	if err != nil || !did {
		t.Fatalf("%v %v", did, err)
	}
	if _, did, err := r.Renew("totp", renewed, nil); err != nil || did {
		t.Fatalf("again: %v %v", did, err)
	}
	if n, err := r.Retire(); err != nil || n != 1 {
		t.Fatalf("%d %v", n, err)
	}
	if _, err := r.Open("totp", first, nil); !errors.Is(err, keyring.ErrNoKey) {
		t.Errorf("with a key that is gone: %v", err)
	}
	if text, err := other.Open("totp", renewed, nil); err != nil || string(text) != "one" {
		t.Errorf("%q %v", text, err)
	}
}

// TestShredding: with its key, what was sealed for a purpose is gone, whoever kept it.
func TestShredding(t *testing.T) {
	path, seal, r := fresh(t, cryptosuite.International)
	sealed, err := r.Seal("person p_1", []byte("one"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Destroy("person p_1"); err != nil {
		t.Fatal(err)
	}
	again, err := keyring.Open(t.Context(), path, seal)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []*keyring.Ring{r, again} {
		if _, err := x.Open("person p_1", sealed, nil); !errors.Is(err, keyring.ErrNoKey) {
			t.Errorf("%v", err)
		}
	}
	anew, err := r.Seal("person p_1", []byte("two"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Open("person p_1", sealed, nil); err == nil {
		t.Error("the same version of another key opens it")
	}
	if text, err := again.Open("person p_1", anew, nil); err != nil || string(text) != "two" {
		t.Errorf("%q %v", text, err)
	}
}

// TestReseal moves a ring from each seal to each other, with what was sealed before.
func TestReseal(t *testing.T) {
	path, from, r := fresh(t, cryptosuite.International)
	sealed, err := r.Seal("x", []byte("kept"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, w := range ways(t) {
		if err := r.Reseal(t.Context(), cryptosuite.GM, w.close); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if r, err = keyring.Open(t.Context(), path, w.open()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if text, err := r.Open("x", sealed, nil); err != nil || string(text) != "kept" {
			t.Errorf("%s: %q %v", name, text, err)
		}
		if _, err := keyring.Open(t.Context(), path, from); err == nil && name != "key file" {
			t.Errorf("%s: it still opens by the first seal", name)
		}
	}
	if info, err := r.Info(); err != nil || info.Suite != cryptosuite.GM || len(info.Keys) != 1 {
		t.Errorf("%+v %v", info, err)
	}
}

// TestResealFails: a seal that can't close leaves the ring as it was.
func TestResealFails(t *testing.T) {
	path, seal, r := fresh(t, cryptosuite.International)
	sealed, err := r.Seal("x", []byte("kept"), nil)
	if err != nil {
		t.Fatal(err)
	}
	exe, _ := os.Executable()
	for _, bad := range []keyring.Seal{keyring.Passphrase{Text: []byte("short")}, keyring.Program{Command: []string{exe, "software-card", "silent"}},
		keyring.Program{Command: []string{exe, "software-card", "endless"}}, keyring.Program{Command: []string{"/nonexistent"}}, keyring.Program{},
		&keyring.Shares{Of: 2, Need: 3}, &keyring.Transit{URL: "http://127.0.0.1:1", Key: "box"}} {
		if err := r.Reseal(t.Context(), cryptosuite.GM, bad); err == nil {
			t.Errorf("%T closed it", bad)
		}
		if text, err := r.Open("x", sealed, nil); err != nil || string(text) != "kept" {
			t.Fatalf("after %T: %q %v", bad, text, err)
		}
		if _, err := r.Seal("y", nil, nil); err != nil {
			t.Fatalf("after %T: %v", bad, err)
		}
	}
	if _, err := keyring.Open(t.Context(), path, seal); err != nil {
		t.Error(err)
	}
}

// TestTamperedFile changes every byte of a ring's file: none opens as if it were whole.
func TestTamperedFile(t *testing.T) {
	path, seal, r := fresh(t, cryptosuite.International)
	sealed, err := r.Seal("x", []byte("text"), nil)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		bad := bytes.Clone(whole)
		bad[i] ^= 1 << (i % 7)
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		x, err := keyring.Open(t.Context(), path, seal)
		if err != nil {
			continue
		}
		// White space, the case of a name, or a bit of base 64 that says nothing: then it says the same.
		if text, err := x.Open("x", sealed, nil); err != nil || string(text) != "text" {
			t.Fatalf("byte %d of %q: it opens, and is another one: %v", i, whole[max(0, i-9):min(len(whole), i+9)], err)
		}
	}
}

// TestKeyFileIsPrivate: one that others may read is refused, and so is what is none.
func TestKeyFileIsPrivate(t *testing.T) {
	path, seal, _ := fresh(t, cryptosuite.International)
	key := seal.(keyring.KeyFile).Path
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info, err)
	}
	if err := os.Chmod(key, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Open(t.Context(), path, seal); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("%v", err)
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Open(t.Context(), path, seal); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without its key file: %v", err)
	}
	if _, err := os.Stat(key); err == nil {
		t.Error("opening has made another key file")
	}
}

// TestTransitSaysWhy: a token that is not good, a key that is not there.
func TestTransitSaysWhy(t *testing.T) {
	b, transit := startBao(t)
	path := filepath.Join(t.TempDir(), "keyring.json")
	if _, err := keyring.Create(t.Context(), path, cryptosuite.International, transit); err != nil {
		t.Fatal(err)
	}
	bad := *transit
	bad.Token = "s.bad"
	if _, err := keyring.Open(t.Context(), path, &bad); err == nil || !strings.Contains(err.Error(), "403") || !strings.Contains(err.Error(), "permission denied") || strings.Contains(err.Error(), "s.bad") {
		t.Errorf("%v", err)
	}
	bad = *transit
	bad.Key = "../box"
	if _, err := keyring.Open(t.Context(), path, &bad); err == nil || errors.Is(err, keyring.ErrWrong) {
		t.Errorf("%v", err)
	}
	if b.in[0] != "POST /v1/transit/encrypt/box" {
		t.Errorf("%q", b.in)
	}
}

// TestShares joins every three of five shares, and refuses what is no share of this ring.
func TestShares(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring.json")
	s := &keyring.Shares{}
	if _, err := keyring.Create(t.Context(), path, cryptosuite.GM, s); err != nil {
		t.Fatal(err)
	}
	if len(s.Made) != 5 {
		t.Fatalf("%d shares", len(s.Made))
	}
	for a := range 5 {
		for b := range a {
			for c := range b {
				if _, err := keyring.Open(t.Context(), path, &keyring.Shares{Given: []string{s.Made[a], strings.ToUpper(s.Made[b]), " " + s.Made[c][:20] + "\n" + s.Made[c][20:]}}); err != nil {
					t.Errorf("%d %d %d: %v", a, b, c, err)
				}
			}
		}
		if at, need, err := keyring.CheckShare(path, s.Made[a]); at != a+1 || need != 3 || err != nil {
			t.Errorf("share %d of %d needed: %v", at, need, err)
		}
	}
	others := &keyring.Shares{}
	if _, err := keyring.Create(t.Context(), path+"2", cryptosuite.GM, others); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "x", s.Made[0][:len(s.Made[0])-1], s.Made[0] + "a", others.Made[0]} {
		if _, _, err := keyring.CheckShare(path, bad); err == nil {
			t.Errorf("%q is one", bad)
		}
	}
}

// TestConcurrentRings seals in many goroutines by two rings of one file, while a third
// rotates and retires: nothing that was sealed is lost.
func TestConcurrentRings(t *testing.T) {
	path, seal, r := fresh(t, cryptosuite.International)
	other, err := keyring.Open(t.Context(), path, seal)
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	for i := range 8 {
		work.Go(func() {
			ring := []*keyring.Ring{r, other}[i%2]
			purpose := fmt.Sprintf("p%d", i/4)
			for range 20 {
				text := rand.Text()
				sealed, err := ring.Seal(purpose, []byte(text), nil)
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := other.Open(purpose, sealed, nil); err != nil || string(got) != text {
					t.Errorf("%q %v", got, err)
				}
			}
		})
	}
	for range 3 {
		if err := other.Rotate(); err != nil {
			t.Fatal(err)
		}
	}
	work.Wait()
}

func FuzzShare(f *testing.F) {
	path := filepath.Join(f.TempDir(), "keyring.json")
	s := &keyring.Shares{}
	if _, err := keyring.Create(f.Context(), path, cryptosuite.GM, s); err != nil {
		f.Fatal(err)
	}
	f.Add(s.Made[0])
	f.Add("hearth-share-aaaa")
	f.Fuzz(func(t *testing.T, text string) {
		if at, _, err := keyring.CheckShare(path, text); err == nil && (at < 1 || at > 5) {
			t.Errorf("%q is share %d", text, at)
		}
	})
}

func FuzzFile(f *testing.F) {
	dir := f.TempDir()
	path, seal := filepath.Join(dir, "keyring.json"), keyring.KeyFile{Path: filepath.Join(dir, "key")}
	if _, err := keyring.Create(f.Context(), path, cryptosuite.GM, seal); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`{"format":1,"suite":"gm","seal":"passphrase","root":{"function":"argon2id","kib":4294967295,"passes":1,"lanes":1}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		to := filepath.Join(t.TempDir(), "keyring.json")
		if err := os.WriteFile(to, text, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, s := range []keyring.Seal{seal, &keyring.Shares{Given: []string{"x"}}} {
			if _, err := keyring.Open(t.Context(), to, s); err == nil && !bytes.Contains(text, []byte(`"mac"`)) {
				t.Error("it opens without being authentic")
			}
		}
	})
}
