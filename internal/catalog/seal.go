package catalog

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/disk"
	"github.com/hearthbox/hearth/internal/catalog/provenance"
	"github.com/hearthbox/hearth/internal/cryptosuite"
	"github.com/hearthbox/hearth/internal/gguf"
)

// Seal records what an imported model is, to the byte, in a manifest beside it that the
// signer signs. From then on [Catalog.Verify] notices any change.
func (c *Catalog) Seal(ctx context.Context, id string, signer cryptosuite.Signer, progress func(done, total int64)) error {
	dir, err := c.folder(ctx, id)
	if err != nil {
		return err
	}
	m, err := provenance.Make(ctx, provenance.Model, filepath.Base(dir), dir, options(progress))
	if err != nil {
		return err
	}
	signed, err := m.Sign(signer)
	if err != nil {
		return err
	}
	return writeWhole(filepath.Join(dir, provenance.SignedName), signed)
}

// Verify reads all of an imported model and holds it against its seal: nil if it is
// what was sealed, [hearth.ModelTampered] if not, [hearth.SignatureInvalid] if nobody
// trusted sealed it. sealed is false for a model that has no seal.
func (c *Catalog) Verify(ctx context.Context, id string, t provenance.Trust, progress func(done, total int64)) (sealed bool, err error) {
	dir, err := c.folder(ctx, id)
	if err != nil {
		return false, err
	}
	return verifyFolder(ctx, dir, t, progress)
}

// verifyFolder is Verify for a folder.
func verifyFolder(ctx context.Context, dir string, t provenance.Trust, progress func(done, total int64)) (sealed bool, err error) {
	text, err := os.ReadFile(filepath.Join(dir, provenance.SignedName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return true, disk.Error(dir, err)
	}
	m, _, err := provenance.OpenManifest(text, t)
	if err != nil {
		return true, err
	}
	diffs, err := provenance.Check(ctx, dir, m, options(progress))
	if err != nil {
		return true, err
	}
	return true, provenance.Tampered(filepath.Base(dir), diffs)
}

// VerifyPath is Verify for the model that lies at a path, which need not be an imported
// one: other tools' files have no seal. A vocabulary that was altered is refused in both.
func (c *Catalog) VerifyPath(ctx context.Context, path string, t provenance.Trust) (sealed bool, err error) {
	f, err := gguf.Open(path)
	if err != nil {
		return false, invalid(path, err)
	}
	err = unaltered(path, f)
	if err = errors.Join(err, f.Close()); err != nil {
		return false, err
	}
	rel, err := filepath.Rel(followed(c.own), followed(path)) // the data folder may be reached by a link
	if err != nil || !filepath.IsLocal(rel) {
		return false, nil
	}
	return verifyFolder(ctx, filepath.Dir(path), t, nil)
}

// Bundle writes imported models as one signed file, for a machine without a network.
func (c *Catalog) Bundle(ctx context.Context, w io.Writer, ids []string, signers []cryptosuite.Signer, progress func(done, total int64)) error {
	var sources []provenance.Source
	for _, id := range ids {
		dir, err := c.folder(ctx, id)
		if err != nil {
			return err
		}
		sources = append(sources, provenance.Source{Kind: provenance.Model, Name: filepath.Base(dir), Dir: dir})
	}
	return provenance.WriteBundle(ctx, w, sources, signers, options(progress))
}

// Unpack takes in all models of a bundle that somebody trusted has signed, or none, and
// returns their names. The signer seals them as its own, so that they can be verified
// without the key they came with.
func (c *Catalog) Unpack(ctx context.Context, r io.Reader, t provenance.Trust, signer cryptosuite.Signer, progress func(done, total int64)) ([]string, error) {
	if err := os.MkdirAll(c.own, 0o700); err != nil {
		return nil, disk.Error(c.own, err)
	}
	b, err := provenance.OpenBundle(r, t)
	if err != nil {
		return nil, err
	}
	if err := b.Extract(ctx, provenance.Folders{provenance.Model: c.own}, options(progress)); err != nil {
		return nil, err
	}
	var names []string
	for _, item := range b.Items {
		signed, err := item.Manifest.Sign(signer)
		if err != nil {
			return names, err
		}
		if err := writeWhole(filepath.Join(c.own, item.Name, provenance.SignedName), signed); err != nil {
			return names, err
		}
		names = append(names, item.Name)
	}
	return names, nil
}

// SignedBy is what a publisher's signature says.
type SignedBy struct {
	Signer  string   `json:"signer"`            // the key's id, or the subject of the certificate
	Ignored []string `json:"ignored,omitempty"` // paths that the publisher left out, and so signed by nobody
}

// VerifyPublisher holds a folder, or an imported model, against a signature of its
// publisher in the format of OpenSSF Model Signing 1.0. A signature that lies in the
// folder is no part of it.
func (c *Catalog) VerifyPublisher(ctx context.Context, target, signature string, t provenance.OMSTrust, progress func(done, total int64)) (by SignedBy, err error) {
	dir := target
	if info, err := os.Stat(target); err != nil || !info.IsDir() {
		if dir, err = c.folder(ctx, target); err != nil {
			return by, err
		}
	}
	text, err := os.ReadFile(signature)
	if err != nil {
		return by, disk.Error(signature, err)
	}
	bundle, err := provenance.ParseOMS(text)
	if err != nil {
		return by, err
	}
	s, err := bundle.Verify(t)
	if err != nil {
		return by, err
	}
	o := options(progress)
	if rel, err := filepath.Rel(dir, signature); err == nil && filepath.IsLocal(rel) {
		o.Ignore = append(o.Ignore, filepath.ToSlash(rel))
	}
	diffs, err := s.Check(ctx, dir, o)
	if err != nil {
		return by, err
	}
	return SignedBy{s.Signer, s.Ignored}, provenance.Tampered(filepath.Base(dir), diffs)
}

func options(progress func(done, total int64)) provenance.Options {
	return provenance.Options{Ignore: []string{disk.LockName, provenance.SignedName}, Progress: progress}
}

// folder is where an imported model lies.
func (c *Catalog) folder(ctx context.Context, id string) (string, error) {
	m, err := c.Find(ctx, id)
	if err != nil {
		return "", err
	}
	if m.Origin != hearth.OriginImported {
		return "", hearth.NewError(hearth.NotImported, "model", m.ID)
	}
	return c.ownFolder(m), nil
}

// ownFolder is the folder of an imported model, or adapter, on whichever model it is.
func (c *Catalog) ownFolder(m hearth.Model) string {
	return filepath.Join(c.own, cmp.Or(m.Adapter(), m.ID))
}

// writeWhole puts a small file in place, complete and on disk.
func writeWhole(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), disk.Incoming)
	if err != nil {
		return disk.Error(path, err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return disk.Error(path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return disk.Error(path, err)
	}
	return disk.SyncFolder(filepath.Dir(path))
}
