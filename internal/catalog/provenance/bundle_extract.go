package provenance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/disk"
)

// Folders says where items of each kind go. An item becomes the folder FOLDER/NAME.
type Folders map[Kind]string

// Extract takes the whole bundle in, or nothing: [hearth.ModelExists] if a name is
// taken, [hearth.DiskFull] if there is no room, [hearth.BundleInvalid] if the bundle
// turns out to be broken. Items are put in folders on their way in, locked as those of
// an import are, and get their names when all of them are verified and on disk. Each
// has its signed manifest with it, as [SignedName].
func (b *Bundle) Extract(ctx context.Context, to Folders, o Options) error {
	x := &extraction{Folders: to, incoming: map[Kind]string{}}
	defer x.close()
	if err := x.prepare(b); err != nil {
		return err
	}
	if err := b.files(ctx, o, x.create); err != nil {
		return err
	}
	for _, item := range b.Items {
		if err := x.seal(item); err != nil {
			return disk.Error(x.path(item), err)
		}
	}
	return x.publish(b.Items)
}

// extraction is a bundle on its way in.
type extraction struct {
	Folders
	incoming map[Kind]string // folders that will be renamed from
	unlock   []func()
}

// prepare makes sure that names are free and that everything fits.
func (x *extraction) prepare(b *Bundle) error {
	for _, item := range b.Items {
		dir, ok := x.Folders[item.Kind]
		if !ok {
			return hearth.NewError(hearth.Unsupported, "what", "a bundle with a "+string(item.Kind))
		}
		if _, err := os.Lstat(filepath.Join(dir, item.Name)); !errors.Is(err, fs.ErrNotExist) {
			return hearth.NewError(hearth.ModelExists, "model", item.Name)
		}
		if err := x.reserve(item.Kind, dir, b.Bytes()); err != nil {
			return err
		}
		if err := os.Mkdir(x.path(item), 0o700); err != nil {
			return disk.Error(x.path(item), err)
		}
	}
	return nil
}

// reserve makes the folder that items of a kind come into. All bytes of the bundle
// must fit there, though another kind may lie on another disk.
func (x *extraction) reserve(kind Kind, dir string, bytes int64) error {
	if x.incoming[kind] != "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return disk.Error(dir, err)
	}
	if err := disk.Room(dir, bytes); err != nil {
		return err
	}
	incoming, unlock, err := disk.LockedFolder(dir, disk.Incoming)
	if err != nil {
		return disk.Error(dir, err)
	}
	x.incoming[kind], x.unlock = incoming, append(x.unlock, unlock)
	return nil
}

// path is where an item lies until it is published.
func (x *extraction) path(i Item) string { return filepath.Join(x.incoming[i.Kind], i.Name) }

// create opens a file of an item for writing.
func (x *extraction) create(i Item, f File) (io.WriteCloser, error) {
	w, err := createFile(x.path(i), f.Path)
	if err != nil {
		return nil, disk.Error(filepath.Join(x.path(i), f.Path), err)
	}
	return &landing{w, f.Bytes}, nil
}

func createFile(dir, name string) (*os.File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if err := root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return nil, err
	}
	return root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
}

// landing is a file being written, on disk when it is closed.
type landing struct {
	*os.File
	need int64
}

func (l *landing) Write(p []byte) (int, error) {
	n, err := l.File.Write(p)
	l.need -= int64(n)
	return n, l.told(err)
}

func (l *landing) Close() error {
	return l.told(errors.Join(l.Sync(), l.File.Close()))
}

func (l *landing) told(err error) error {
	dir := filepath.Dir(l.Name())
	if errors.Is(err, syscall.ENOSPC) {
		free, _ := disk.FreeBytes(dir)
		return hearth.NewError(hearth.DiskFull, "path", dir, "free_bytes", free, "need_bytes", l.need)
	}
	if err != nil {
		return disk.Error(l.Name(), err)
	}
	return nil
}

// seal puts an item's signed manifest beside its files, and all its folders on disk.
func (x *extraction) seal(i Item) error {
	w, err := createFile(x.path(i), SignedName)
	if err != nil {
		return err
	}
	_, err = w.Write(i.envelope)
	if err := errors.Join(err, w.Sync(), w.Close()); err != nil {
		return err
	}
	return filepath.WalkDir(x.path(i), func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return disk.SyncFolder(p)
	})
}

// publish gives all items their names, or none.
func (x *extraction) publish(items []Item) error {
	for n, i := range items {
		target := filepath.Join(x.Folders[i.Kind], i.Name)
		err := os.Rename(x.path(i), target)
		if err == nil {
			continue
		}
		for _, done := range slices.Backward(items[:n]) {
			err = errors.Join(err, os.Rename(filepath.Join(x.Folders[done.Kind], done.Name), x.path(done)))
		}
		if errors.Is(err, fs.ErrExist) || errors.Is(err, syscall.ENOTEMPTY) {
			return hearth.NewError(hearth.ModelExists, "model", i.Name).Because(err)
		}
		return disk.Error(target, fmt.Errorf("publishing: %w", err))
	}
	for kind := range x.incoming {
		if err := disk.SyncFolder(x.Folders[kind]); err != nil {
			return disk.Error(x.Folders[kind], err)
		}
	}
	return nil
}

// close removes what was not published.
func (x *extraction) close() {
	for _, dir := range x.incoming {
		_ = os.RemoveAll(dir)
	}
	for _, unlock := range x.unlock {
		unlock()
	}
}
