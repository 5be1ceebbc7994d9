package provenance_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/provenance"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

func toy(t testing.TB) (dir string, m provenance.Manifest) {
	t.Helper()
	dir = copyOf(t, filepath.Join(goldens, "toy"))
	m, err := provenance.Make(context.Background(), provenance.Model, "toy", dir, provenance.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return dir, m
}

func TestManifestOfAFolder(t *testing.T) {
	dir, m := toy(t)
	var paths []string
	for _, f := range m.Files {
		paths = append(paths, f.Path)
		data := read(t, filepath.Join(dir, f.Path))
		want := sha256.Sum256(data)
		if f.Bytes != int64(len(data)) || f.SHA256.String() != hex.EncodeToString(want[:]) || f.SM3 != cryptosuite.SM3(data) {
			t.Errorf("%s: %+v", f.Path, f)
		}
	}
	if want := []string{"a.b", "a/b", "config.json", "empty.txt", "sub/deep/er.txt", "weights.bin", "with space.txt", "模型.md"}; !slices.Equal(paths, want) {
		t.Errorf("got %q", paths)
	}
	if diffs, err := provenance.Check(t.Context(), dir, m, provenance.Options{}); err != nil || len(diffs) != 0 {
		t.Errorf("%v, %v", diffs, err)
	}
}

func TestCheckReportsEveryDifference(t *testing.T) {
	dir, m := toy(t)
	spoil(t, dir)
	write(t, filepath.Join(dir, "weights.bin"), []byte("short"))
	write(t, filepath.Join(dir, "ignored/x"), nil)
	write(t, filepath.Join(dir, provenance.SignedName), nil)
	diffs, err := provenance.Check(t.Context(), dir, m, provenance.Options{Ignore: []string{"ignored"}})
	want := []string{"a.b is missing", "config.json is changed", "extra.txt should not be there",
		"sub/link is no regular file", "weights.bin has 5 bytes instead of 2500"}
	if err != nil || !slices.Equal(words(diffs), want) {
		t.Errorf("got %q, %v", words(diffs), err)
	}
	refused(t, provenance.Tampered("toy", diffs), hearth.ModelTampered, "a.b is missing; config.json is changed")
	if err := provenance.Tampered("toy", nil); err != nil {
		t.Error(err)
	}
	many := slices.Repeat(diffs[:1], 12)
	refused(t, provenance.Tampered("toy", many), hearth.ModelTampered, "and 7 more")
}

// TestEveryChangeOfAByteIsSeen flips bytes of a file that has several leaves.
func TestEveryChangeOfAByteIsSeen(t *testing.T) {
	dir := t.TempDir()
	data := bytes.Repeat([]byte("0123456789abcdef"), 3<<16+1)
	path := filepath.Join(dir, "weights")
	write(t, path, data)
	m, err := provenance.Make(t.Context(), provenance.Model, "m", dir, provenance.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{0, 1<<20 - 1, 1 << 20, 3 << 20, len(data) - 1} {
		data[at] ^= 0x80
		write(t, path, data)
		diffs, err := provenance.Check(t.Context(), dir, m, provenance.Options{})
		if err != nil || !slices.Equal(words(diffs), []string{"weights is changed"}) {
			t.Errorf("byte %d: %v, %v", at, diffs, err)
		}
		data[at] ^= 0x80
	}
}

func TestWhatIsNoFileIsRefused(t *testing.T) {
	for name, put := range map[string]func(path string) error{
		"link to a file":   func(p string) error { return os.Symlink("config.json", p) },
		"link out":         func(p string) error { return os.Symlink("/etc/passwd", p) },
		"link to a folder": func(p string) error { return os.Symlink("sub", p) },
		"dangling link":    func(p string) error { return os.Symlink("nowhere", p) },
		"pipe":             func(p string) error { return syscall.Mkfifo(p, 0o600) },
		"socket": func(p string) error {
			l, err := (&net.ListenConfig{}).Listen(context.Background(), "unix", p)
			if err == nil {
				t.Cleanup(func() { l.Close() })
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, m := toy(t)
			if err := put(filepath.Join(dir, "odd")); err != nil {
				t.Skip(err)
			}
			_, err := provenance.Make(t.Context(), provenance.Model, "toy", dir, provenance.Options{})
			refused(t, err, hearth.FileFailed, "a link, a device")
			_, err = provenance.SignOMS(t.Context(), dir, newKey(t, cryptosuite.ECDSAP256), provenance.Options{})
			refused(t, err, hearth.FileFailed, "a link, a device")
			diffs, err := provenance.Check(t.Context(), dir, m, provenance.Options{})
			if err != nil || !slices.Equal(words(diffs), []string{"odd is no regular file"}) {
				t.Errorf("got %v, %v", diffs, err)
			}
		})
	}
}

func TestFoldersThatCanNotBeDescribed(t *testing.T) {
	bad := t.TempDir()
	write(t, filepath.Join(bad, "new\nline"), nil)
	dir, _ := toy(t)
	for name, c := range map[string]struct {
		dir, name string
		code      hearth.Code
	}{
		"absent":  {filepath.Join(bad, "none"), "m", hearth.FileFailed},
		"a file":  {filepath.Join(dir, "config.json"), "m", hearth.FileFailed},
		"empty":   {t.TempDir(), "m", hearth.ManifestInvalid},
		"newline": {bad, "m", hearth.FileFailed},
		"named":   {dir, "../m", hearth.ManifestInvalid},
	} {
		_, err := provenance.Make(t.Context(), provenance.Model, c.name, c.dir, provenance.Options{})
		t.Run(name, func(t *testing.T) { refused(t, err, c.code, "") })
	}
}

func TestWorkStopsAndTellsHowFarItIs(t *testing.T) {
	dir, m := toy(t)
	var last int64
	tell := provenance.Options{Cores: 2, Progress: func(done, total int64) {
		if done < last || done > total || total != m.Bytes() {
			t.Errorf("%d of %d after %d", done, total, last)
		}
		last = done
	}}
	if _, err := provenance.Check(t.Context(), dir, m, tell); err != nil || last != m.Bytes() {
		t.Errorf("%d of %d, %v", last, m.Bytes(), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stop := provenance.Options{Progress: func(int64, int64) { cancel() }}
	_, err := provenance.Make(ctx, provenance.Model, "toy", dir, stop)
	refused(t, err, hearth.Canceled, "")
	_, err = provenance.Check(ctx, dir, m, provenance.Options{})
	refused(t, err, hearth.Canceled, "")
}

func TestManifestHasOneForm(t *testing.T) {
	_, m := toy(t)
	data, err := m.JSON()
	if err != nil {
		t.Fatal(err)
	}
	again, err := provenance.ParseManifest(data)
	if err != nil || fmt.Sprint(again) != fmt.Sprint(m) {
		t.Errorf("came back as %v, %v", again, err)
	}
	good := string(data)
	digest := m.Files[0].SHA256.String()
	for name, text := range map[string]string{
		"empty": "", "null": "null", "space": strings.Replace(good, ",", ", ", 1), "newline": good + "\n",
		"order":           strings.Replace(good, `"kind":"model","name":"toy"`, `"name":"toy","kind":"model"`, 1),
		"case":            strings.Replace(good, `"kind"`, `"Kind"`, 1),
		"twice":           strings.Replace(good, `"kind":"model"`, `"kind":"pack","kind":"model"`, 1),
		"unknown":         strings.Replace(good, `"kind"`, `"extra":1,"kind"`, 1),
		"escape":          strings.Replace(good, `"toy"`, `"\u0074oy"`, 1),
		"float":           strings.Replace(good, `"bytes":4,`, `"bytes":4.0,`, 1),
		"upper":           strings.Replace(good, digest, strings.ToUpper(digest), 1),
		"short digest":    strings.Replace(good, digest, digest[2:], 1),
		"format":          strings.Replace(good, "hearth.manifest/1", "hearth.manifest/2", 1),
		"kind":            strings.Replace(good, `"kind":"model"`, `"kind":"malware"`, 1),
		"name":            strings.Replace(good, `"toy"`, `".."`, 1),
		"no files":        `{"files":[],"format":"hearth.manifest/1","kind":"model","name":"toy"}`,
		"absolute":        strings.Replace(good, `"a.b"`, `"/a.b"`, 1),
		"traversal":       strings.Replace(good, `"a.b"`, `"../a.b"`, 1),
		"inner traversal": strings.Replace(good, `"a/b"`, `"a/../b"`, 1),
		"dot":             strings.Replace(good, `"a.b"`, `"./a.b"`, 1),
		"backslash":       strings.Replace(good, `"a.b"`, `"..\\a.b"`, 1),
		"NUL":             strings.Replace(good, `"a.b"`, `"a\u0000b"`, 1),
		"override":        strings.Replace(good, `"a.b"`, `"a`+"\u202e"+`b"`, 1),
		"unordered":       strings.Replace(good, `"a.b"`, `"z"`, 1),
		"same path":       strings.Replace(good, `"a.b"`, `"a/b"`, 1),
		"file and folder": strings.Replace(good, `"a.b"`, `"a"`, 1),
		"reserved":        strings.Replace(good, `"a.b"`, `"`+provenance.SignedName+`"`, 1),
		"negative":        strings.Replace(good, `"bytes":4,`, `"bytes":-4,`, 1),
		"absurd":          strings.Replace(good, `"bytes":4,`, `"bytes":9007199254740993,`, 1),
		"long name":       strings.Replace(good, `"a.b"`, `"a`+strings.Repeat("b", 255)+`"`, 1),
		"long path":       strings.Replace(good, `"a.b"`, `"a`+strings.Repeat("/b", 511)+`"`, 1),
		"deep path":       strings.Replace(good, `"a.b"`, `"a`+strings.Repeat("/b", 32)+`"`, 1),
		"too large":       good + strings.Repeat(" ", 17<<20),
	} {
		t.Run(name, func(t *testing.T) {
			if text == good {
				t.Fatal("nothing was changed")
			}
			_, err := provenance.ParseManifest([]byte(text))
			refused(t, err, hearth.ManifestInvalid, "")
		})
	}
}

// TestManifestIsCanonicalJSON asks RFC 8785's own implementation in Python.
func TestManifestIsCanonicalJSON(t *testing.T) {
	python := "../../../build/signing/bin/python"
	if _, err := os.Stat(python); err != nil {
		t.Skip("there is no build/signing: tools/venv.sh build/signing tools/oracle/signing/requirements.txt")
	}
	dir := t.TempDir()
	for _, name := range []string{`quote".txt`, "<&>.txt", "é.txt", "𝄞.txt", "a b"} {
		write(t, filepath.Join(dir, name), []byte(name))
	}
	m, err := provenance.Make(t.Context(), provenance.Pack, "odd-names", dir, provenance.Options{})
	if err != nil {
		t.Fatal(err)
	}
	data, err := m.JSON()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", "import json, rfc8785, sys; sys.stdout.buffer.write(rfc8785.dumps(json.load(sys.stdin)))")
	cmd.Stdin = bytes.NewReader(data)
	if out, err := cmd.Output(); err != nil || !bytes.Equal(out, data) {
		t.Errorf("%v\n got %s\nwant %s", err, data, out)
	}
}

func TestSignedManifests(t *testing.T) {
	_, m := toy(t)
	ed, sm2, stranger := newKey(t, cryptosuite.Ed25519), newKey(t, cryptosuite.SM2), newKey(t, cryptosuite.Ed25519)
	both, err := m.Sign(ed, sm2)
	if err != nil {
		t.Fatal(err)
	}
	one, _ := m.Sign(ed)
	trust := func(need []cryptosuite.Algorithm, keys ...cryptosuite.PrivateKey) provenance.Trust {
		t := provenance.Trust{Need: need}
		for _, k := range keys {
			t.Keys = append(t.Keys, k.Public())
		}
		return t
	}
	needSM2 := []cryptosuite.Algorithm{cryptosuite.SM2}
	for name, c := range map[string]struct {
		data  []byte
		trust provenance.Trust
		want  string // of the refusal; empty for none
	}{
		"both, both trusted":     {both, trust(needSM2, ed, sm2), ""},
		"both, one trusted":      {both, trust(nil, sm2), ""},
		"one":                    {one, trust(nil, stranger, ed), ""},
		"none trusted":           {both, trust(nil), "no trusted key"},
		"a stranger trusted":     {both, trust(nil, stranger), "no trusted key"},
		"SM2 needed, taken away": {one, trust(needSM2, ed, sm2), "with sm2-sm3"},
		"SM2 needed, untrusted":  {both, trust(needSM2, ed), "with sm2-sm3"},
		"one bad of two":         {spoilSignature(t, both, 1), trust(nil, ed, sm2), "does not belong"},
		"one bad, a stranger's":  {spoilSignature(t, both, 1), trust(nil, ed), ""},
		"another payload":        {bytes.Replace(one, []byte("eyJ"), []byte("eyK"), 1), trust(nil, ed), "does not belong"},
		"another type":           {bytes.Replace(one, []byte("manifest"), []byte("manifold"), 1), trust(nil, ed), "it holds"},
		"no JSON":                {[]byte("hello"), trust(nil, ed), "invalid character"},
		"no signatures":          {[]byte(`{"payload":"","payloadType":"application/vnd.hearth.manifest.v1+json","signatures":[]}`), trust(nil, ed), "0 signatures"},
	} {
		t.Run(name, func(t *testing.T) {
			got, signed, err := provenance.OpenManifest(c.data, c.trust)
			if c.want != "" {
				refused(t, err, hearth.SignatureInvalid, c.want)
				return
			}
			if err != nil || len(signed) == 0 || fmt.Sprint(got) != fmt.Sprint(m) {
				t.Errorf("%v by %v: %v", got.Name, signed, err)
			}
		})
	}
	if _, err := m.Sign(); err == nil {
		t.Error("signed by nobody")
	}
}

// spoilSignature turns a bit of one signature of an envelope.
func spoilSignature(t *testing.T, data []byte, i int) []byte {
	t.Helper()
	var e struct {
		Payload     []byte `json:"payload"`
		PayloadType string `json:"payloadType"`
		Signatures  []struct {
			KeyID string `json:"keyid"`
			Sig   []byte `json:"sig"`
		} `json:"signatures"`
	}
	if err := json.Unmarshal(data, &e); err != nil {
		t.Fatal(err)
	}
	e.Signatures[i].Sig[10] ^= 4
	out, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
