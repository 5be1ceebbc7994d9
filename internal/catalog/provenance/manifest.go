package provenance

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/disk"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// Limits of a manifest.
const (
	manifestMax = 16 << 20 // bytes of its JSON; a file takes about 400
	fileMax     = 1 << 50  // bytes of a file
)

const manifestFormat = "hearth.manifest/1"

// Kind is what a folder holds.
type Kind string

// The kinds of folder. A pack is opaque here.
const (
	Model Kind = "model"
	Pack  Kind = "pack"
)

// Manifest says what a folder holds, to the byte. The fields are in the order of
// their names in JSON, as RFC 8785 wants them.
type Manifest struct {
	Files  []File `json:"files"` // in the order of their paths' bytes
	Format string `json:"format"`
	Kind   Kind   `json:"kind"`
	Name   string `json:"name"` // as the catalogue would name its folder
}

// File is a file of a manifest.
type File struct {
	Bytes      int64              `json:"bytes"`
	Path       string             `json:"path"` // below the folder, with slashes
	SHA256     cryptosuite.Digest `json:"sha256"`
	SM3        cryptosuite.Digest `json:"sm3"`
	TreeSHA256 cryptosuite.Digest `json:"tree_sha256"`
	TreeSM3    cryptosuite.Digest `json:"tree_sm3"`
}

// Bytes is the size of all files together.
func (m Manifest) Bytes() int64 {
	var n int64
	for _, f := range m.Files {
		n += f.Bytes
	}
	return n
}

// Make describes a folder. Every file is read once. A folder with a link, a device or
// a file that changes meanwhile is refused with [hearth.FileFailed].
func Make(ctx context.Context, kind Kind, name, dir string, o Options) (Manifest, error) {
	f, err := openFolder(dir, o.Ignore)
	if err != nil {
		return Manifest{}, err
	}
	defer f.Close()
	if err := f.plain(); err != nil {
		return Manifest{}, err
	}
	m := Manifest{Format: manifestFormat, Kind: kind, Name: name, Files: make([]File, len(f.files))}
	var total int64
	for i, x := range f.files {
		m.Files[i] = File{Path: x.path, Bytes: x.info.Size()}
		total += x.info.Size()
	}
	if err := m.check(); err != nil {
		return Manifest{}, invalidManifest(err)
	}
	work := newReading(o, total)
	err = work.each(ctx, len(m.Files), func(ctx context.Context, i int) error {
		s, err := work.file(ctx, f, f.files[i], cryptosuite.WantWhole|cryptosuite.WantTrees)
		x := &m.Files[i]
		x.SHA256, x.SM3, x.TreeSHA256, x.TreeSM3 = s.SHA256, s.SM3, s.TreeSHA256, s.TreeSM3
		return err
	})
	if err != nil {
		return Manifest{}, disk.Error(dir, err)
	}
	return m, nil
}

// JSON is the manifest in its one form.
func (m Manifest) JSON() ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, invalidManifest(err)
	}
	data, err := encode(m)
	if err == nil && len(data) > manifestMax {
		err = fmt.Errorf("it has %d bytes and may have %d", len(data), manifestMax)
	}
	if err != nil {
		return nil, invalidManifest(err)
	}
	return data, nil
}

// ParseManifest reads what [Manifest.JSON] wrote, and refuses any other way to write
// it with [hearth.ManifestInvalid].
func ParseManifest(data []byte) (Manifest, error) {
	var m Manifest
	if err := decode(data, manifestMax, &m); err != nil {
		return Manifest{}, invalidManifest(err)
	}
	again, err := m.JSON()
	if err != nil {
		return Manifest{}, err
	}
	if !bytes.Equal(again, data) {
		return Manifest{}, invalidManifest(errors.New("it is not in canonical form"))
	}
	return m, nil
}

// check holds a manifest against its limits.
func (m Manifest) check() error {
	switch {
	case m.Format != manifestFormat:
		return fmt.Errorf("its format is %q, not %q", m.Format, manifestFormat)
	case m.Kind != Model && m.Kind != Pack:
		return fmt.Errorf("there is no kind %q", m.Kind)
	case len(m.Files) == 0 || len(m.Files) > filesMax:
		return fmt.Errorf("it has %d files, not 1 to %d", len(m.Files), filesMax)
	}
	if err := checkName(m.Name); err != nil {
		return err
	}
	paths := make([]string, len(m.Files))
	for i, f := range m.Files {
		if f.Bytes < 0 || f.Bytes > fileMax {
			return fmt.Errorf("%q has %d bytes, not 0 to %d", f.Path, f.Bytes, int64(fileMax))
		}
		if f.Path == SignedName {
			return fmt.Errorf("%q can't be part of it", SignedName)
		}
		paths[i] = f.Path
	}
	return checkPaths(paths)
}

func invalidManifest(err error) error {
	return hearth.NewError(hearth.ManifestInvalid, "detail", err).Because(err)
}
