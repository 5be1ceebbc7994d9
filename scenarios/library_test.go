package scenarios

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// mirror serves the same bytes under every path, as a mirror of models would, and
// counts what it has sent.
func mirror(t *testing.T, data []byte, each func()) (url string, sent *atomic.Int64) {
	t.Helper()
	sent = &atomic.Int64{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"one"`)
		http.ServeContent(&counted{w, sent, each}, r, "", time.Time{}, bytes.NewReader(data))
	}))
	t.Cleanup(s.Close)
	return s.URL, sent
}

type counted struct {
	http.ResponseWriter
	sent *atomic.Int64
	each func()
}

func (c *counted) Write(b []byte) (int, error) {
	if c.each != nil {
		c.each()
	}
	c.sent.Add(int64(len(b)))
	return c.ResponseWriter.Write(b)
}

// run runs the binary and returns what it printed, both streams, and whether it was
// content.
func run(home string, args ...string) (string, bool) {
	out, err := hearth(home, args...).CombinedOutput()
	return string(out), err == nil
}

// variant finds a file of the library that the native engine runs, with a checksum or
// without: as NAME:QUANTIZATION.
func variant(t *testing.T, home string, checksum bool) string {
	t.Helper()
	text, err := hearth(home, "model", "search", "--native", "--json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var found struct {
		Models []struct {
			ID    string
			Files []struct {
				Quantization string
				Checksum     bool `json:"checksum_known"`
			}
		}
	}
	if err := json.Unmarshal(text, &found); err != nil {
		t.Fatal(err)
	}
	for _, m := range found.Models {
		for _, f := range m.Files {
			if f.Checksum == checksum {
				return m.ID + ":" + f.Quantization
			}
		}
	}
	t.Fatal("the library has no such file")
	return ""
}

// TestPull brings a model of the library here from a mirror of one's own, and nowhere
// else; what comes is sealed, and a change to it is noticed before it is loaded.
func TestPull(t *testing.T) {
	home := t.TempDir()
	url, _ := mirror(t, chatModel(), nil)
	// What another file under the name has left does not come along.
	put(t, filepath.Join(home, "data", "models", ".receiving-pulled", "other.gguf.partial"), []byte("half of another"))
	out, ok := run(home, "model", "pull", variant(t, home, false), "--name", "pulled", "--mirror", url)
	if !ok || !strings.Contains(out, "pulled is here") || !strings.Contains(out, "checksum") {
		t.Fatal(out)
	}
	if out, ok := run(home, "chat", "pulled", "-p", "hi", "--max-tokens", "2"); !ok {
		t.Fatal(out)
	}
	if out, ok := run(home, "model", "verify", "pulled"); !ok || !strings.Contains(out, "to the byte") {
		t.Fatal(out)
	}
	files, err := filepath.Glob(filepath.Join(home, "data", "models", "pulled", "*.gguf*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v (%v)", files, err)
	}
	f, err := os.OpenFile(files[0], os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte{0x55}, int64(len(chatModel())-100)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"model", "verify", "pulled"}, {"chat", "pulled", "-p", "hi", "--max-tokens", "2"}} {
		if out, ok := run(home, args...); ok || !strings.Contains(out, "is changed") {
			t.Errorf("%v after a byte was changed: %s", args, out)
		}
	}
}

// TestPullOfTheWrongBytes: a mirror that serves something else than the publisher's
// file does not get it listed.
func TestPullOfTheWrongBytes(t *testing.T) {
	home := t.TempDir()
	url, _ := mirror(t, chatModel(), nil)
	out, ok := run(home, "model", "pull", variant(t, home, true), "--name", "false", "--mirror", url, "--json")
	if ok || !strings.Contains(out, `"download_`) {
		t.Errorf("got %s", out)
	}
	if out, _ := run(home, "model", "list"); strings.Contains(out, "false") {
		t.Errorf("it is listed: %s", out)
	}
	if out, ok := run(home, "model", "prune", "--json"); !ok || !strings.Contains(out, `"false"`) {
		t.Errorf("prune: %s", out)
	}
	if left, _ := os.ReadDir(filepath.Join(home, "data", "models")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestKilledDownloadGoesOn kills an import of an address in the middle: started again
// it fetches what was missing, and at most a chunk of what was not.
func TestKilledDownloadGoesOn(t *testing.T) {
	home := t.TempDir()
	data := chatModelOf(40_000) // tens of megabytes: several chunks
	sum := sha256.Sum256(data)
	var cmd *exec.Cmd
	var killed atomic.Bool
	var sent *atomic.Int64
	var url string
	url, sent = mirror(t, data, func() {
		if sent.Load() > int64(len(data)/2) && killed.CompareAndSwap(false, true) {
			_ = cmd.Process.Kill()
		}
	})
	args := []string{"model", "import", url + "/big.gguf", "--sha256", hex.EncodeToString(sum[:])}
	cmd = hearth(home, args...)
	if out, err := cmd.CombinedOutput(); err == nil {
		t.Fatalf("it was not killed: %s", out)
	}
	if out, _ := run(home, "model", "list"); strings.Contains(out, "big") {
		t.Errorf("half a model is listed: %s", out)
	}
	if out, ok := run(home, args...); !ok || !strings.Contains(out, "big is here") {
		t.Fatal(out)
	}
	const chunk, connections = 32 << 20, 8
	if extra := sent.Load() - int64(len(data)); extra > chunk*connections {
		t.Errorf("%d bytes were sent for %d", sent.Load(), len(data))
	}
	if out, ok := run(home, "model", "verify", "big"); !ok || !strings.Contains(out, "to the byte") {
		t.Error(out)
	}
	if out, ok := run(home, "model", "import", url+"/big.gguf", "--name", "other", "--sha256", strings.Repeat("0", 64)); ok {
		t.Errorf("a wrong checksum was accepted: %s", out)
	}
}

// TestBundle carries models from one appliance to another on a stick.
func TestBundle(t *testing.T) {
	from, to := newHome(t), t.TempDir()
	stick := filepath.Join(t.TempDir(), "models.hearth")
	for _, args := range [][]string{
		{"model", "import", filepath.Join(from, "chat.gguf"), "--name", "one"},
		{"model", "import", filepath.Join(from, "chat.gguf"), "--name", "two"},
		{"model", "bundle", stick, "one", "two"},
	} {
		if out, ok := run(from, args...); !ok {
			t.Fatalf("%v: %s", args, out)
		}
	}
	key, err := hearth(from, "model", "key").Output()
	if err != nil {
		t.Fatal(err)
	}
	pem := filepath.Join(to, "from.pem")
	put(t, pem, key)
	for _, one := range strings.SplitAfter(strings.TrimSpace(string(key)), "-----END PUBLIC KEY-----\n") { // Ed25519, SM2: each is enough
		home := t.TempDir()
		only := filepath.Join(home, "only.pem")
		put(t, only, []byte(one))
		if out, ok := run(home, "model", "import", stick, "--key", only); !ok || strings.Count(string(key), "BEGIN") != 2 {
			t.Errorf("with one key of %d: %s", strings.Count(string(key), "BEGIN"), out)
		}
	}

	if out, ok := run(to, "model", "import", stick, "--json"); ok || !strings.Contains(out, "signature_invalid") {
		t.Errorf("a stranger's bundle: %s", out)
	}
	text, err := os.ReadFile(stick)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func([]byte) []byte{
		"cut":     func(b []byte) []byte { return b[:len(b)*2/3] },
		"changed": func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
	} {
		bad := filepath.Join(to, name+".hearth")
		put(t, bad, change(bytes.Clone(text)))
		if out, ok := run(to, "model", "import", bad, "--key", pem, "--json"); ok || !strings.Contains(out, "bundle_invalid") {
			t.Errorf("a bundle that was %s: %s", name, out)
		}
	}
	if left, _ := os.ReadDir(filepath.Join(to, "data", "models")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if out, ok := run(to, "model", "import", stick, "--key", pem); !ok || !strings.Contains(out, "one, two") {
		t.Fatal(out)
	}
	if out, ok := run(to, "model", "verify", "two"); !ok || !strings.Contains(out, "to the byte") {
		t.Error(out)
	}
	if out, ok := run(to, "chat", "one", "-p", "hi", "--max-tokens", "2"); !ok {
		t.Error(out)
	}
}

// TestPublishersSignature holds a folder against the signature that the official tool
// of OpenSSF Model Signing made of it.
func TestPublishersSignature(t *testing.T) {
	const goldens = "../internal/catalog/provenance/testdata/oms/"
	home, dir := t.TempDir(), filepath.Join(t.TempDir(), "model")
	if err := os.CopyFS(dir, os.DirFS(goldens+"toy")); err != nil {
		t.Fatal(err)
	}
	abs := func(name string) string {
		path, err := filepath.Abs(goldens + name)
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	verify := []string{"model", "verify", dir, "--signature", abs("p256.sig"), "--key", abs("p256.pub"), "--json"}
	if out, ok := run(home, verify...); !ok || !strings.Contains(out, `"signer"`) {
		t.Fatal(out)
	}
	if out, ok := run(home, "model", "verify", dir, "--signature", abs("p256.sig"), "--key", abs("p384.pub"), "--json"); ok || !strings.Contains(out, "signature_invalid") {
		t.Errorf("another's key: %s", out)
	}
	put(t, filepath.Join(dir, "extra.bin"), []byte("x"))
	if out, ok := run(home, verify...); ok || !strings.Contains(out, "model_tampered") || !strings.Contains(out, "extra.bin") {
		t.Errorf("with a file more: %s", out)
	}
}
