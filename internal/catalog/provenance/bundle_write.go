package provenance

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/hearthbox/hearth/internal/catalog/disk"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// Source is a folder that goes into a bundle.
type Source struct {
	Kind   Kind
	Name   string
	Dir    string
	Ignore []string // besides those of the options
}

// WriteBundle writes the folders as one bundle, signed by all signers. Each file is
// read twice, once for the list and once for its bytes, which are held against the
// list. The same folders, in the same order and signed with Ed25519, make the same
// bundle to the byte.
func WriteBundle(ctx context.Context, w io.Writer, sources []Source, signers []cryptosuite.Signer, o Options) error {
	if len(sources) == 0 || len(sources) > itemsMax {
		return fmt.Errorf("provenance: a bundle has 1 to %d items", itemsMax)
	}
	var list index
	manifests := make([]Manifest, len(sources))
	quiet := o
	quiet.Progress = nil // it tells of writing
	for i, s := range sources {
		quiet.Ignore = slices.Concat(s.Ignore, o.Ignore)
		m, err := Make(ctx, s.Kind, s.Name, s.Dir, quiet)
		if err != nil {
			return err
		}
		signed, err := m.Sign(signers...)
		if err != nil {
			return err
		}
		manifests[i], list.Items = m, append(list.Items, signed)
	}
	list.Format = bundleFormat
	data, err := list.seal(signers)
	if err != nil {
		return err
	}
	out := &sink{w: w}
	err = writeEntries(ctx, tar.NewWriter(out), data, sources, manifests, o)
	if out.err != nil {
		return disk.Error("the bundle", out.err)
	}
	return err
}

func writeEntries(ctx context.Context, t *tar.Writer, list []byte, sources []Source, manifests []Manifest, o Options) error {
	if err := t.WriteHeader(header(indexName, int64(len(list)))); err != nil {
		return err
	}
	if _, err := t.Write(list); err != nil {
		return err
	}
	if err := writeFiles(ctx, t, sources, manifests, o); err != nil {
		return err
	}
	return t.Close()
}

func (x index) seal(signers []cryptosuite.Signer) ([]byte, error) {
	payload, err := encode(x)
	if err != nil {
		return nil, err
	}
	e, err := seal(bundleType, payload, signers)
	if err != nil {
		return nil, unsigned("the bundle", err)
	}
	data, err := encode(e)
	if err == nil && len(data) > indexMax {
		err = fmt.Errorf("provenance: the list has %d bytes and may have %d", len(data), indexMax)
	}
	return data, err
}

func writeFiles(ctx context.Context, t *tar.Writer, sources []Source, manifests []Manifest, o Options) error {
	var bytes int64
	for _, m := range manifests {
		bytes += m.Bytes()
	}
	work := newReading(o, bytes)
	for i, m := range manifests {
		// A folder that has changed since is caught by its files' digests.
		f, err := openFolder(sources[i].Dir, slices.Concat(sources[i].Ignore, o.Ignore))
		if err != nil {
			return err
		}
		files := map[string]found{}
		for _, x := range f.files {
			files[x.path] = x
		}
		for _, file := range m.Files {
			if err = writeFile(ctx, t, work, f, files[file.Path], path.Join(m.folder(), file.Path), file); err != nil {
				err = disk.Error(filepath.Join(sources[i].Dir, file.Path), err)
				break
			}
		}
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(ctx context.Context, t *tar.Writer, work *reading, f *folder, x found, name string, file File) error {
	if x.info == nil {
		return errors.New("it was removed while being read")
	}
	src, err := f.open(x)
	if err != nil {
		return err
	}
	defer src.Close()
	if err := t.WriteHeader(header(name, file.Bytes)); err != nil {
		return err
	}
	s, err := work.sum(ctx, io.TeeReader(src, t), file.Bytes, cryptosuite.WantWhole)
	if err == nil && (s.SHA256 != file.SHA256 || s.SM3 != file.SM3) {
		err = errors.New("it changed while being read")
	}
	return err
}

// header is an entry that says nothing of when, where and by whom it was made.
func header(name string, bytes int64) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: bytes, Mode: 0o644, ModTime: time.Unix(0, 0)}
}
