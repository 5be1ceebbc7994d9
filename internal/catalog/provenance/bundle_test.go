package provenance_test

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/provenance"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// stick is a bundle of two models and a pack, with the key that signed it.
type stick struct {
	data    []byte
	key     cryptosuite.PrivateKey
	sources []provenance.Source
}

func (s stick) trust() provenance.Trust {
	return provenance.Trust{Keys: []cryptosuite.PublicKey{s.key.Public()}}
}

func makeStick(t testing.TB) stick {
	t.Helper()
	work := t.TempDir()
	toy := copyOf(t, filepath.Join(goldens, "toy"))
	write(t, filepath.Join(work, "two/model.gguf"), bytes.Repeat([]byte("GGUF"), 500))
	write(t, filepath.Join(work, "two", strings.Repeat("long/", 20), strings.Repeat("名", 80)), []byte("a long path"))
	write(t, filepath.Join(work, "pack/words.txt"), []byte("词\n"))
	s := stick{key: newKey(t, cryptosuite.Ed25519), sources: []provenance.Source{
		{Kind: provenance.Model, Name: "toy", Dir: toy},
		{Kind: provenance.Pack, Name: "bank", Dir: filepath.Join(work, "pack")},
		{Kind: provenance.Model, Name: "two-q4_k.m", Dir: filepath.Join(work, "two")},
	}}
	var b bytes.Buffer
	if err := provenance.WriteBundle(context.Background(), &b, s.sources, []cryptosuite.Signer{s.key}, provenance.Options{}); err != nil {
		t.Fatal(err)
	}
	s.data = b.Bytes()
	return s
}

// extract takes a bundle into fresh folders.
func extract(t *testing.T, data []byte, trust provenance.Trust) (provenance.Folders, error) {
	t.Helper()
	to := provenance.Folders{provenance.Model: filepath.Join(t.TempDir(), "models"), provenance.Pack: filepath.Join(t.TempDir(), "packs")}
	b, err := provenance.OpenBundle(bytes.NewReader(data), trust)
	if err != nil {
		return to, err
	}
	return to, b.Extract(t.Context(), to, provenance.Options{})
}

func TestBundleRoundTrip(t *testing.T) {
	s := makeStick(t)
	b, err := provenance.OpenBundle(bytes.NewReader(s.data), s.trust())
	if err != nil || !slices.Equal(b.Names(), []string{"model/toy", "pack/bank", "model/two-q4_k.m"}) || len(b.Signed) != 1 {
		t.Fatalf("%v, %v", b, err)
	}
	to, err := extract(t, s.data, s.trust())
	if err != nil {
		t.Fatal(err)
	}
	for i, item := range b.Items {
		dir := filepath.Join(to[item.Kind], item.Name)
		m, _, err := provenance.OpenManifest(read(t, filepath.Join(dir, provenance.SignedName)), s.trust())
		if err != nil || m.Name != item.Name {
			t.Errorf("%s: its signed manifest is %s, %v", item.Name, m.Name, err)
		}
		if diffs, err := provenance.Check(t.Context(), dir, m, provenance.Options{}); err != nil || len(diffs) != 0 {
			t.Errorf("%s: %v, %v", item.Name, diffs, err)
		}
		for _, f := range m.Files {
			if !bytes.Equal(read(t, filepath.Join(dir, f.Path)), read(t, filepath.Join(s.sources[i].Dir, f.Path))) {
				t.Errorf("%s has other bytes", f.Path)
			}
		}
	}
	for _, dir := range to { // nothing else is left, and nothing on the way
		if names := list(t, dir); slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, ".") }) {
			t.Errorf("left behind: %v", names)
		}
	}
	var again bytes.Buffer
	if err := provenance.WriteBundle(t.Context(), &again, s.sources, []cryptosuite.Signer{s.key}, provenance.Options{}); err != nil || !bytes.Equal(again.Bytes(), s.data) {
		t.Errorf("the same folders make another bundle (%v)", err)
	}
	if err := b.Check(t.Context(), provenance.Options{}); err != nil {
		t.Error(err)
	}
	if b.Check(t.Context(), provenance.Options{}) == nil {
		t.Error("a bundle was read twice")
	}
}

// TestTarUnderstandsBundles makes sure that a bundle can be opened without hearth.
func TestTarUnderstandsBundles(t *testing.T) {
	s := makeStick(t)
	for name, data := range entries(t, s.data) {
		if rest, ok := strings.CutPrefix(name, "model/toy/"); ok && !bytes.Equal(data, read(t, filepath.Join(s.sources[0].Dir, rest))) {
			t.Errorf("%s has other bytes", name)
		}
	}
}

// TestCutBundles cuts a bundle at every byte of its beginning and its end, and at many
// between. None passes, and nothing of any is taken in.
func TestCutBundles(t *testing.T) {
	s := makeStick(t)
	for n := 0; n < len(s.data); n += step(n, len(s.data)) {
		b, err := provenance.OpenBundle(bytes.NewReader(s.data[:n]), s.trust())
		if err == nil {
			err = b.Check(t.Context(), provenance.Options{})
		}
		refused(t, err, hearth.BundleInvalid, "")
		if t.Failed() {
			t.Fatalf("cut at %d of %d", n, len(s.data))
		}
	}
	for n := 1; n < len(s.data); n += len(s.data) / 9 { // putting files on disk takes time
		to, err := extract(t, s.data[:n], s.trust())
		refused(t, err, hearth.BundleInvalid, "")
		untouched(t, to)
	}
}

// TestTurnedBits turns one bit at a time. Either the bundle is refused, or what comes
// out is what was signed: the padding between entries is nobody's.
func TestTurnedBits(t *testing.T) {
	s := makeStick(t)
	passed := 0
	for at := 0; at < len(s.data); at += step(at, len(s.data)) {
		bad := slices.Clone(s.data)
		bad[at] ^= 1 << (at % 8)
		b, err := provenance.OpenBundle(bytes.NewReader(bad), s.trust())
		if err == nil {
			err = b.Check(t.Context(), provenance.Options{})
		}
		if err == nil {
			passed++
			if s.data[at] != 0 {
				t.Errorf("byte %d, %q, may be anything", at, s.data[at])
			}
		} else if code := hearth.AsError(err).Code; code != hearth.BundleInvalid && code != hearth.SignatureInvalid {
			t.Errorf("byte %d: %v", at, err)
		}
	}
	if passed == 0 {
		t.Error("no padding was hit; is the test looking?")
	}
}

// step goes through everything at the ends and some hundreds of places between.
func step(at, size int) int {
	if at < 700 || at > size-3000 {
		return 7
	}
	return 1 + size/500
}

// TestRearrangedBundles puts sound entries together in other ways.
func TestRearrangedBundles(t *testing.T) {
	s := makeStick(t)
	sound := headers(t, s.data)
	first, last := 1, len(sound)-1
	for name, c := range map[string]struct {
		edit func(e []entry) []entry
		want string
	}{
		"swapped":        {func(e []entry) []entry { e[first], e[first+1] = e[first+1], e[first]; return e }, `model/toy/a/b" is in its place`},
		"missing":        {func(e []entry) []entry { return slices.Delete(e, first, first+1) }, "is in its place"},
		"last missing":   {func(e []entry) []entry { return e[:last] }, "ends before it"},
		"all missing":    {func(e []entry) []entry { return e[:1] }, "ends before it"},
		"twice":          {func(e []entry) []entry { return slices.Insert(e, first, e[first]) }, "is in its place"},
		"last twice":     {func(e []entry) []entry { return append(e, e[last]) }, "not on the list"},
		"one more":       {func(e []entry) []entry { return append(e, entry{tar.Header{Name: "x", Typeflag: tar.TypeReg}, nil}) }, "x, byte"},
		"list not first": {func(e []entry) []entry { return append(e[1:], e[0]) }, "is in its place"},
		"no list":        {func(e []entry) []entry { return e[1:] }, "is in its place"},
		"a link": {func(e []entry) []entry {
			e[first].Typeflag, e[first].Linkname, e[first].Size, e[first].data = tar.TypeSymlink, "/etc/passwd", 0, nil
			return e
		}, "no regular file"},
		"a hard link": {func(e []entry) []entry {
			e[first].Typeflag, e[first].Linkname, e[first].Size, e[first].data = tar.TypeLink, "model/toy/a.b", 0, nil
			return e
		}, "no regular file"},
		"a device": {func(e []entry) []entry {
			e[first].Typeflag, e[first].Size, e[first].data = tar.TypeChar, 0, nil
			return e
		}, "no regular file"},
		"a folder": {func(e []entry) []entry {
			return slices.Insert(e, first, entry{tar.Header{Name: "model/", Typeflag: tar.TypeDir}, nil})
		}, "is in its place"},
		"traversal":   {func(e []entry) []entry { e[first].Name = "model/toy/../../../a.b"; return e }, "is in its place"},
		"longer":      {func(e []entry) []entry { e[first].data = append(e[first].data, 'x'); e[first].Size++; return e }, "bytes instead of"},
		"other bytes": {func(e []entry) []entry { e[first].data = []byte("!!!!"); return e }, "not those that were signed"},
		"a property":  {func(e []entry) []entry { e[first].PAXRecords = map[string]string{"HEARTH.x": "1"}; return e }, "property"},
		"a global head": {func(e []entry) []entry {
			return slices.Insert(e, first, entry{tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"path": "x"}}, nil})
		}, "is in its place"},
	} {
		t.Run(name, func(t *testing.T) {
			to, err := extract(t, rebuild(t, c.edit(slices.Clone(sound))), s.trust())
			refused(t, err, hearth.BundleInvalid, c.want)
			untouched(t, to)
		})
	}
	t.Run("followed", func(t *testing.T) {
		_, err := extract(t, append(slices.Clone(s.data), 0), s.trust())
		refused(t, err, hearth.BundleInvalid, "something follows")
	})
	t.Run("error names entry and offset", func(t *testing.T) {
		bad := bytes.Replace(s.data, []byte("GGUFGGUF"), []byte("GGUFGGUX"), 1)
		_, err := extract(t, bad, s.trust())
		refused(t, err, hearth.BundleInvalid, "model/two-q4_k.m/model.gguf, byte ")
	})
}

// TestSignedNonsense is what a trusted key might sign by mistake.
func TestSignedNonsense(t *testing.T) {
	key := newKey(t, cryptosuite.Ed25519)
	dir, m := toy(t)
	signed, err := m.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	huge := m
	huge.Files = []provenance.File{{Path: "weights", Bytes: 1 << 49}}
	hugeSigned, err := huge.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	foreign, _ := m.Sign(newKey(t, cryptosuite.Ed25519))
	for name, c := range map[string]struct {
		payload any
		code    hearth.Code
	}{
		"no object":         {3, hearth.BundleInvalid},
		"another format":    {index{"hearth.bundle/9", [][]byte{signed}}, hearth.BundleInvalid},
		"nothing":           {index{"hearth.bundle/1", nil}, hearth.BundleInvalid},
		"too many":          {index{"hearth.bundle/1", slices.Repeat([][]byte{signed}, 257)}, hearth.BundleInvalid},
		"twice":             {index{"hearth.bundle/1", [][]byte{signed, signed}}, hearth.BundleInvalid},
		"no manifest":       {index{"hearth.bundle/1", [][]byte{[]byte("{}")}}, hearth.SignatureInvalid},
		"another's":         {index{"hearth.bundle/1", [][]byte{foreign}}, hearth.SignatureInvalid},
		"more than a disk":  {index{"hearth.bundle/1", [][]byte{hugeSigned}}, hearth.DiskFull},
		"files that follow": {index{"hearth.bundle/1", [][]byte{signed}}, hearth.BundleInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			payload, err := json.Marshal(c.payload)
			if err != nil {
				t.Fatal(err)
			}
			data := rebuild(t, []entry{listOf(t, payload, key)})
			to, err := extract(t, data, provenance.Trust{Keys: []cryptosuite.PublicKey{key.Public()}})
			refused(t, err, c.code, "")
			untouched(t, to)
		})
	}
	_ = dir
}

// index is a bundle's list.
type index struct {
	Format string   `json:"format"`
	Items  [][]byte `json:"items"`
}

func TestWhoSignedABundle(t *testing.T) {
	s := makeStick(t)
	stranger := newKey(t, cryptosuite.SM2).Public()
	for name, trust := range map[string]provenance.Trust{
		"nobody": {}, "a stranger": {Keys: []cryptosuite.PublicKey{stranger}},
		"SM2 needed": {Keys: []cryptosuite.PublicKey{stranger, s.key.Public()}, Need: []cryptosuite.Algorithm{cryptosuite.SM2}},
	} {
		t.Run(name, func(t *testing.T) {
			to, err := extract(t, s.data, trust)
			refused(t, err, hearth.SignatureInvalid, "trusted key")
			untouched(t, to)
		})
	}
}

func TestAllOrNothing(t *testing.T) {
	s := makeStick(t)
	open := func() *provenance.Bundle {
		b, err := provenance.OpenBundle(bytes.NewReader(s.data), s.trust())
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	fresh := func() provenance.Folders {
		return provenance.Folders{provenance.Model: filepath.Join(t.TempDir(), "m"), provenance.Pack: filepath.Join(t.TempDir(), "p")}
	}
	t.Run("a name is taken", func(t *testing.T) {
		to := fresh()
		write(t, filepath.Join(to[provenance.Pack], "bank/old"), []byte("old"))
		refused(t, open().Extract(t.Context(), to, provenance.Options{}), hearth.ModelExists, "bank")
		untouched(t, provenance.Folders{provenance.Model: to[provenance.Model]})
	})
	t.Run("a name is taken meanwhile", func(t *testing.T) {
		to := fresh()
		take := func(int64, int64) { write(t, filepath.Join(to[provenance.Model], "two-q4_k.m/old"), []byte("old")) }
		refused(t, open().Extract(t.Context(), to, provenance.Options{Progress: take}), hearth.ModelExists, "two-q4_k.m")
		if names := list(t, to[provenance.Model]); !slices.Equal(names, []string{"two-q4_k.m"}) {
			t.Errorf("there are %v", names)
		}
		untouched(t, provenance.Folders{provenance.Pack: to[provenance.Pack]})
	})
	t.Run("stopped", func(t *testing.T) {
		to := fresh()
		ctx, cancel := context.WithCancel(t.Context())
		stop := provenance.Options{Progress: func(done, total int64) {
			if done > total/2 {
				cancel()
			}
		}}
		refused(t, open().Extract(ctx, to, stop), hearth.Canceled, "")
		untouched(t, to)
	})
	t.Run("no place for packs", func(t *testing.T) {
		to := fresh()
		delete(to, provenance.Pack)
		refused(t, open().Extract(t.Context(), to, provenance.Options{}), hearth.Unsupported, "pack")
		untouched(t, to)
	})
}

func TestBundlesThatCanNotBeWritten(t *testing.T) {
	s := makeStick(t)
	signers := []cryptosuite.Signer{s.key}
	full := errors.New("no space left on the stick")
	err := provenance.WriteBundle(t.Context(), failing{full}, s.sources, signers, provenance.Options{})
	if refused(t, err, hearth.FileFailed, "the bundle"); !errors.Is(err, full) {
		t.Error(err)
	}
	for _, sources := range [][]provenance.Source{nil, slices.Repeat(s.sources, 100)} {
		if provenance.WriteBundle(t.Context(), io.Discard, sources, signers, provenance.Options{}) == nil {
			t.Errorf("wrote %d items", len(sources))
		}
	}
	err = provenance.WriteBundle(t.Context(), io.Discard, s.sources, nil, provenance.Options{})
	refused(t, err, hearth.SignatureInvalid, "0 signers")
	weights := filepath.Join(s.sources[0].Dir, "weights.bin")
	for name, change := range map[string]func(){
		"changed": func() { write(t, weights, make([]byte, 2500)) }, "longer": func() { write(t, weights, make([]byte, 9999)) },
		"removed": func() { _ = os.Remove(weights) },
	} {
		t.Run(name, func(t *testing.T) {
			write(t, weights, bytes.Repeat([]byte{1}, 2500))
			meddle := provenance.Options{Progress: func(int64, int64) { change() }}
			err := provenance.WriteBundle(t.Context(), io.Discard, s.sources, signers, meddle)
			refused(t, err, hearth.FileFailed, "weights.bin")
		})
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// entry is an entry of a tar file.
type entry struct {
	tar.Header
	data []byte
}

func headers(t testing.TB, data []byte) []entry {
	t.Helper()
	var all []entry
	for r := tar.NewReader(bytes.NewReader(data)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, entry{tar.Header{Name: h.Name, Size: h.Size, Typeflag: h.Typeflag, Mode: 0o644}, content})
	}
}

func entries(t testing.TB, data []byte) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, e := range headers(t, data) {
		all[e.Name] = e.data
	}
	return all
}

func rebuild(t testing.TB, all []entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range all {
		h := e.Header
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(e.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// listOf signs any text as a bundle's list.
func listOf(t testing.TB, payload []byte, key cryptosuite.Signer) entry {
	t.Helper()
	data, err := provenance.SealIndex(payload, key)
	if err != nil {
		t.Fatal(err)
	}
	return entry{tar.Header{Name: provenance.IndexName, Size: int64(len(data)), Typeflag: tar.TypeReg, Mode: 0o644}, data}
}

func list(t testing.TB, dir string) []string {
	t.Helper()
	found, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range found {
		names = append(names, e.Name())
	}
	return names
}

// untouched makes sure that nothing came into the folders, not even on the way.
func untouched(t *testing.T, to provenance.Folders) {
	t.Helper()
	for _, dir := range to {
		if names := list(t, dir); len(names) != 0 {
			t.Errorf("left behind: %v", names)
		}
	}
}
