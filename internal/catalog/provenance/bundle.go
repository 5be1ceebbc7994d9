package provenance

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"path"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/disk"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

const (
	bundleType   = "application/vnd.hearth.bundle.v1+json"
	bundleFormat = "hearth.bundle/1"
	indexName    = "hearth-bundle.json"
)

// Limits of a bundle.
const (
	itemsMax = 256
	indexMax = 64 << 20 // bytes of the signed list
)

// Bundle is a bundle being read. Its items are verified; their files are on the way.
type Bundle struct {
	Items  []Item
	Signed []cryptosuite.PublicKey // the trusted keys that signed it

	tar   *tar.Reader
	count *counter
	spent bool
}

// Item is a model or a pack of a bundle.
type Item struct {
	Manifest
	envelope []byte
}

// index is the payload of a bundle's first entry.
type index struct {
	Format string   `json:"format"`
	Items  [][]byte `json:"items"` // signed manifests
}

// OpenBundle reads and verifies the list at the beginning of a bundle:
// [hearth.SignatureInvalid] if nobody trusted signed it, [hearth.BundleInvalid] if it
// is no bundle.
func OpenBundle(r io.Reader, t Trust) (*Bundle, error) {
	b := &Bundle{count: &counter{r: r}}
	b.tar = tar.NewReader(b.count)
	h, err := b.tar.Next()
	if err == nil {
		err = plainHeader(h, indexName)
	}
	if err == nil && h.Size > indexMax {
		err = fmt.Errorf("it has %d bytes and may have %d", h.Size, indexMax)
	}
	var data []byte
	if err == nil {
		data, err = io.ReadAll(b.tar)
	}
	if err != nil {
		return nil, b.broken(indexName, err)
	}
	payload, signed, err := openEnvelope("the bundle", bundleType, data, indexMax, t)
	if err != nil {
		return nil, err
	}
	b.Signed = signed
	return b, b.list(payload, t)
}

// list takes in the items of a verified payload.
func (b *Bundle) list(payload []byte, t Trust) error {
	var x index
	err := decode(payload, indexMax, &x)
	switch {
	case err != nil:
	case x.Format != bundleFormat:
		err = fmt.Errorf("its format is %q, not %q", x.Format, bundleFormat)
	case len(x.Items) == 0 || len(x.Items) > itemsMax:
		err = fmt.Errorf("it has %d items, not 1 to %d", len(x.Items), itemsMax)
	}
	if err != nil {
		return b.broken(indexName, err)
	}
	seen := map[string]bool{}
	for _, data := range x.Items {
		m, _, err := OpenManifest(data, t)
		if err != nil {
			return err
		}
		if seen[m.folder()] {
			return b.broken(indexName, fmt.Errorf("it lists %s twice", m.folder()))
		}
		seen[m.folder()] = true
		b.Items = append(b.Items, Item{m, data})
	}
	return nil
}

// folder is where an item's files lie in a bundle.
func (m Manifest) folder() string { return path.Join(string(m.Kind), m.Name) }

// Bytes is the size of all files of all items.
func (b *Bundle) Bytes() int64 {
	var n int64
	for _, i := range b.Items {
		n += i.Bytes()
	}
	return n
}

// Check reads the bundle to its end and verifies every byte, but keeps nothing.
func (b *Bundle) Check(ctx context.Context, o Options) error {
	return b.files(ctx, o, func(Item, File) (io.WriteCloser, error) { return discard{}, nil })
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) Close() error                { return nil }

// files goes through the entries as the list has them, and gives each file to the
// writer that to opens. It returns nil only if everything was there, was right, and
// was all there is.
func (b *Bundle) files(ctx context.Context, o Options, to func(Item, File) (io.WriteCloser, error)) error {
	if b.spent {
		return errors.New("provenance: a bundle can be read once")
	}
	b.spent = true
	work := newReading(o, b.Bytes())
	for _, item := range b.Items {
		for _, f := range item.Files {
			w, err := to(item, f)
			if err != nil {
				return err
			}
			err = b.file(ctx, work, path.Join(item.folder(), f.Path), f, w)
			if err := errors.Join(err, w.Close()); err != nil {
				return err
			}
		}
	}
	return b.end()
}

// file reads the next entry, which must be this one.
func (b *Bundle) file(ctx context.Context, work *reading, name string, f File, w io.Writer) error {
	h, err := b.tar.Next()
	switch {
	case errors.Is(err, io.EOF):
		err = errors.New("the bundle ends before it")
	case err == nil:
		err = plainHeader(h, name)
	}
	if err == nil && h.Size != f.Bytes {
		err = fmt.Errorf("it has %d bytes instead of %d", h.Size, f.Bytes)
	}
	if err != nil {
		return b.broken(name, err)
	}
	out := &sink{w: w}
	s, err := work.sum(ctx, io.TeeReader(b.tar, out), f.Bytes, cryptosuite.WantWhole)
	switch {
	case out.err != nil:
		return out.err
	case ctx.Err() != nil:
		return disk.Error(name, ctx.Err())
	case err == nil && (s.SHA256 != f.SHA256 || s.SM3 != f.SM3):
		err = errors.New("its bytes are not those that were signed")
	}
	if err != nil {
		return b.broken(name, err)
	}
	return nil
}

// end makes sure that the bundle ends as tar files do, and that nothing follows.
func (b *Bundle) end() error {
	after := b.count.n
	h, err := b.tar.Next()
	if err == nil {
		return b.broken(h.Name, errors.New("it is not on the list"))
	}
	if !errors.Is(err, io.EOF) {
		return b.broken("the end", err)
	}
	// The last file is padded to a block of 512 bytes; two of zeros are the end.
	if zeros := b.count.n - after; zeros < 1024 {
		return b.broken("the end", errors.New("the bundle is cut off"))
	}
	if n, err := io.ReadFull(b.count, make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		return b.broken("the end", errors.New("something follows it"))
	}
	return nil
}

// plainHeader refuses entries that are more than a name, a size and bytes.
func plainHeader(h *tar.Header, name string) error {
	switch {
	case h.Name != name:
		return fmt.Errorf("%q is in its place", h.Name)
	case h.Typeflag != tar.TypeReg || h.Linkname != "":
		return fmt.Errorf("it is no regular file, but of type %q", h.Typeflag)
	case h.Size < 0 || h.Size > fileMax:
		return fmt.Errorf("it has %d bytes, not 0 to %d", h.Size, int64(fileMax))
	}
	for key := range h.PAXRecords {
		if key != "path" && key != "size" {
			return fmt.Errorf("it has the property %q", key)
		}
	}
	return nil
}

func (b *Bundle) broken(entry string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the bundle is cut off")
	}
	return hearth.NewError(hearth.BundleInvalid, "entry", entry, "offset", b.count.n, "detail", err).Because(err)
}

// counter counts what was read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// sink keeps a writer's error apart from those of what it is fed by.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err != nil {
		s.err = err
	}
	return n, err
}
