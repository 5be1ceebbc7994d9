package provenance_test

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/provenance"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// FuzzManifest reads anything as a manifest. What is taken has one form and leads to
// no file outside its folder.
func FuzzManifest(f *testing.F) {
	_, m := toy(f)
	data, err := m.JSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := provenance.ParseManifest(data)
		if err != nil {
			foreseen(t, err, hearth.ManifestInvalid)
			return
		}
		for _, file := range m.Files {
			local(t, file.Path)
		}
		if again, err := m.JSON(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("two forms (%v): %s and %s", err, data, again)
		}
	})
}

// FuzzOMS reads anything as an OMS bundle, with keys and roots that signed some.
func FuzzOMS(f *testing.F) {
	paths, _ := filepath.Glob(filepath.Join(goldens, "*.sig"))
	for _, path := range paths {
		f.Add(read(f, path))
	}
	key := newKey(f, cryptosuite.ECDSAP256)
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := provenance.ParseOMS(data)
		if err == nil {
			_, err = o.Verify(provenance.OMSTrust{Keys: []cryptosuite.PublicKey{key.Public()}, Roots: roots(t, "root"), At: then})
		}
		if err != nil {
			foreseen(t, err, hearth.SignatureInvalid)
		}
	})
}

// FuzzStatement reads anything as a signed statement, and holds a folder against it.
func FuzzStatement(f *testing.F) {
	paths, _ := filepath.Glob(filepath.Join(goldens, "*.sig"))
	for _, path := range paths {
		var b struct{ DSSEEnvelope struct{ Payload string } }
		if err := json.Unmarshal(read(f, path), &b); err != nil {
			f.Fatal(err)
		}
		payload, err := base64.StdEncoding.DecodeString(b.DSSEEnvelope.Payload)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(payload)
	}
	dir := filepath.Join(goldens, "toy")
	f.Fuzz(func(t *testing.T, payload []byte) {
		s, err := provenance.ParseStatement(payload)
		if err != nil {
			return
		}
		for _, p := range append(s.Paths(), s.Ignored...) {
			local(t, p)
		}
		if _, err := s.Check(t.Context(), dir, provenance.Options{Cores: 1}); err != nil {
			t.Error(err)
		}
	})
}

// fixed is a key for tests whose corpus holds signatures: that of RFC 8032, 7.1, test 1.
const fixed = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
`

func fixedKey(t testing.TB) cryptosuite.PrivateKey {
	t.Helper()
	key, err := cryptosuite.ParsePrivateKey([]byte(fixed))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// FuzzBundle puts anything behind a sound list, and anything before it.
func FuzzBundle(f *testing.F) {
	key := fixedKey(f)
	dir := f.TempDir()
	write(f, filepath.Join(dir, "a.txt"), []byte("first"))
	write(f, filepath.Join(dir, strings.Repeat("long", 30)), []byte("second"))
	var b bytes.Buffer
	source := []provenance.Source{{Kind: provenance.Model, Name: "m", Dir: dir}}
	if err := provenance.WriteBundle(context.Background(), &b, source, []cryptosuite.Signer{key}, provenance.Options{}); err != nil {
		f.Fatal(err)
	}
	list := listOf(f, nil, key)
	list.data = entries(f, b.Bytes())[provenance.IndexName]
	list.Size = int64(len(list.data))
	whole := b.Bytes()
	padded := 512 + (len(list.data)+511)/512*512
	f.Add([]byte(nil), whole[padded:])
	f.Add(whole[:padded], whole[padded:])
	e := headers(f, whole)[1:]
	link := entry{tar.Header{Name: e[0].Name, Typeflag: tar.TypeSymlink, Linkname: "/etc"}, nil}
	for _, other := range [][]entry{{e[1], e[0]}, {e[0], e[0], e[1]}, {link, e[1]}, {e[0]}, {e[0], e[1], e[1]}} {
		f.Add([]byte(nil), rebuild(f, other))
	}
	trust := provenance.Trust{Keys: []cryptosuite.PublicKey{key.Public()}}
	f.Fuzz(func(t *testing.T, head, tail []byte) {
		if len(head) == 0 {
			head = whole[:padded]
		}
		data := append(append([]byte(nil), head...), tail...)
		b, err := provenance.OpenBundle(bytes.NewReader(data), trust)
		if err == nil {
			err = b.Check(t.Context(), provenance.Options{Cores: 1})
		}
		if err != nil {
			foreseen(t, err, hearth.BundleInvalid, hearth.SignatureInvalid, hearth.ManifestInvalid)
			return
		}
		if got := entries(t, data); string(got["model/m/a.txt"]) != "first" || len(got) != 3 {
			t.Errorf("took in %v", got)
		}
	})
}

// FuzzBundleList signs anything as a bundle's list.
func FuzzBundleList(f *testing.F) {
	key := fixedKey(f)
	_, m := toy(f)
	signed, err := m.Sign(key)
	if err != nil {
		f.Fatal(err)
	}
	payload, err := json.Marshal(index{"hearth.bundle/1", [][]byte{signed}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(payload)
	f.Add([]byte(`{"format":"hearth.bundle/1","items":["e30=",""]}`))
	trust := provenance.Trust{Keys: []cryptosuite.PublicKey{key.Public()}}
	f.Fuzz(func(t *testing.T, payload []byte) {
		b, err := provenance.OpenBundle(bytes.NewReader(rebuild(t, []entry{listOf(t, payload, key)})), trust)
		if err != nil {
			foreseen(t, err, hearth.BundleInvalid, hearth.SignatureInvalid, hearth.ManifestInvalid)
			return
		}
		if len(b.Items) == 0 || b.Bytes() < 0 {
			t.Errorf("%d items of %d bytes", len(b.Items), b.Bytes())
		}
	})
}

// FuzzDiffTemplates shows any two texts, and never what a terminal would act on.
func FuzzDiffTemplates(f *testing.F) {
	f.Add("{{ a }}\n", "{{ b }}\n")
	f.Add("a\nb\nc", "a\r\nb\x1b[31m\nc\n")
	f.Fuzz(func(t *testing.T, theirs, ours string) {
		got := provenance.DiffTemplates("p", theirs, "m", ours)
		if (got == "") != (theirs == ours) && strings.ToValidUTF8(theirs, "\ufffd") != strings.ToValidUTF8(ours, "\ufffd") {
			t.Errorf("%q and %q differ by %q", theirs, ours, got)
		}
		hidden := func(c rune) bool { return c != '\n' && c != '\t' && !unicode.IsPrint(c) }
		if strings.ContainsFunc(got, hidden) {
			t.Errorf("shows %q", got)
		}
	})
}

func foreseen(t *testing.T, err error, codes ...hearth.Code) {
	t.Helper()
	for _, c := range codes {
		if hearth.AsError(err).Code == c {
			return
		}
	}
	t.Errorf("an error nobody foresaw: %v", err)
}

// local makes sure that a path stays in its folder.
func local(t *testing.T, path string) {
	t.Helper()
	if !filepath.IsLocal(path) || path == "." || strings.ContainsAny(path, "\x00\\\n") {
		t.Errorf("the path %q was taken", path)
	}
}
