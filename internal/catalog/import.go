package catalog

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/disk"
	"github.com/hearthbox/hearth/internal/catalog/provenance"
	"github.com/hearthbox/hearth/internal/cryptosuite"
	"github.com/hearthbox/hearth/internal/gguf"
)

// nameMax bounds the length of a model's name.
const nameMax = 128

// Prefixes of folders that are not models: on their way in, or out. They are
// swept away when nobody holds their lock any more.
const (
	incoming = disk.Incoming
	removed  = ".removed-"
)

// Import takes a model into the appliance's own folder, under the given name or one
// made from the file's. The path is a GGUF file, a folder that holds one, or an OCI
// image layout. Where source and folder share a file system the files are
// linked and nothing is copied; progress, if not nil, is told how much of how many
// bytes has been copied otherwise.
func (c *Catalog) Import(ctx context.Context, path, name string, progress func(done, total int64)) (hearth.Model, error) {
	path, called, err := modelFile(path)
	if err != nil {
		return hearth.Model{}, err
	}
	f, err := openSource(path)
	if err != nil {
		return hearth.Model{}, err
	}
	paths, total := f.Paths, f.Bytes
	if err := f.Close(); err != nil {
		return hearth.Model{}, err
	}
	if name, err = importName(called, name); err != nil {
		return hearth.Model{}, err
	}
	dir, leave, err := c.stage(name)
	if err != nil {
		return hearth.Model{}, err
	}
	defer leave()
	t := &transfer{ctx: ctx, total: total, progress: progress}
	for _, p := range paths {
		file := filepath.Base(p)
		if len(paths) == 1 && !strings.EqualFold(filepath.Ext(file), ".gguf") {
			file = name + ".gguf" // other tools name files by their hash; here they are found by this
		}
		if err := t.bring(p, filepath.Join(dir, file)); err != nil {
			return hearth.Model{}, err
		}
	}
	if err := namedSo(ctx, path); err != nil {
		return hearth.Model{}, err
	}
	if err := c.publish(dir, name); err != nil {
		return hearth.Model{}, err
	}
	return c.Find(ctx, name)
}

// Blobs of OCI layouts and of Ollama are called after their SHA-256.
var (
	ociName    = regexp.MustCompile(`^[0-9a-f]{64}$`)
	ollamaFile = regexp.MustCompile(`^sha256-[0-9a-f]{64}$`)
)

// namedSo holds a file that is called after its checksum against that.
func namedSo(ctx context.Context, path string) error {
	name := filepath.Base(path)
	if !ociName.MatchString(name) && !ollamaFile.MatchString(name) {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return disk.Error(path, err)
	}
	defer f.Close()
	sums, err := cryptosuite.NewHasher(0).Sum(ctx, f, cryptosuite.WantSHA256)
	if err != nil {
		return disk.Error(path, err)
	}
	if sums.SHA256.String() != strings.TrimPrefix(name, "sha256-") {
		return hearth.NewError(hearth.ModelTampered, "model", name, "detail", say("its SHA-256 is %s", "其 SHA-256 为 %s", sums.SHA256))
	}
	return nil
}

// Remove deletes an imported model.
func (c *Catalog) Remove(ctx context.Context, id string) error {
	m, err := c.Find(ctx, id)
	if err != nil {
		return err
	}
	if m.Origin != hearth.OriginImported {
		return hearth.NewError(hearth.ModelNotOwned, "model", m.ID, "path", m.Path)
	}
	// Renamed first, so that a half-deleted model is never listed.
	dir, unlock, err := disk.LockedFolder(c.own, removed)
	if err != nil {
		return disk.Error(c.own, err)
	}
	defer unlock()
	defer func() { _ = os.RemoveAll(dir) }()
	own := c.ownFolder(m)
	if err := os.Rename(own, filepath.Join(dir, filepath.Base(own))); err != nil {
		return disk.Error(own, err)
	}
	return disk.SyncFolder(c.own)
}

// Sweep deletes what killed imports and removals left behind.
func (c *Catalog) Sweep() error {
	entries, err := os.ReadDir(c.own)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var errs []error
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), incoming) && !strings.HasPrefix(e.Name(), removed) {
			continue
		}
		dir := filepath.Join(c.own, e.Name())
		if unlock, ok := disk.TryLock(dir); ok {
			errs = append(errs, os.RemoveAll(dir))
			unlock()
		}
	}
	return errors.Join(append(errs, err)...)
}

func openSource(path string) (*gguf.File, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, disk.Error(path, err)
	}
	f, err := gguf.Open(path)
	if err != nil {
		return nil, invalid(path, err)
	}
	if len(f.Tensors) == 0 {
		_ = f.Close()
		return nil, hearth.NewError(hearth.ModelInvalid, "model", filepath.Base(path), "detail", say("it holds no weights", "文件中没有权重"))
	}
	if err := unaltered(path, f); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// unaltered refuses a file with a publisher's vocabulary that somebody has changed.
func unaltered(path string, f *gguf.File) error {
	return gguf.Reading(func() error {
		_, err := provenance.Published(filepath.Base(path), f)
		if err != nil && hearth.AsError(err).Code != hearth.TokenizerAltered {
			return invalid(path, err)
		}
		return err
	})
}

func importName(path, name string) (string, error) {
	if name == "" {
		model, _, _ := gguf.SplitOf(path)
		return nameFor(model), nil
	}
	if name != nameFor(name) {
		return "", hearth.NewError(hearth.InvalidValue, "field", "name",
			"detail", say("use lower-case letters, digits, dots, dashes and underscores, for example %s",
				"请使用小写字母、数字、点、连字符和下划线，例如 %s", nameFor(name))).At("name")
	}
	return name, nil
}

// publish renames a complete folder to its name, on disk before it returns.
func (c *Catalog) publish(dir, name string) error {
	if err := disk.SyncFolder(dir); err != nil {
		return disk.Error(dir, err)
	}
	target := filepath.Join(c.own, name)
	if err := os.Rename(dir, target); err != nil {
		if errors.Is(err, fs.ErrExist) || errors.Is(err, syscall.ENOTEMPTY) {
			return hearth.NewError(hearth.ModelExists, "model", name)
		}
		return disk.Error(target, err)
	}
	_ = os.Remove(filepath.Join(target, disk.LockName)) // harmless if it stays
	return disk.SyncFolder(c.own)
}

// transfer brings files into a folder.
type transfer struct {
	ctx         context.Context
	done, total int64
	progress    func(done, total int64)
}

// bring links the file, or copies it where it can't be linked.
func (t *transfer) bring(from, to string) error {
	from, err := filepath.EvalSymlinks(from)
	if err != nil {
		return disk.Error(from, err)
	}
	if os.Link(from, to) == nil {
		return nil
	}
	if err := disk.Room(filepath.Dir(to), t.total-t.done); err != nil {
		return err
	}
	if err := t.copy(from, to); err != nil {
		if errors.Is(err, syscall.ENOSPC) {
			free, _ := disk.FreeBytes(filepath.Dir(to))
			return hearth.NewError(hearth.DiskFull, "path", filepath.Dir(to), "free_bytes", free, "need_bytes", t.total-t.done)
		}
		if t.ctx.Err() != nil {
			return hearth.NewError(hearth.Canceled).Because(err)
		}
		return disk.Error(from, err)
	}
	return nil
}

func (t *transfer) copy(from, to string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, io.TeeReader(src, t))
	return errors.Join(err, dst.Sync(), dst.Close())
}

// Write counts copied bytes and stops the copy when the caller went away.
func (t *transfer) Write(b []byte) (int, error) {
	t.done += int64(len(b))
	if t.progress != nil {
		t.progress(t.done, t.total)
	}
	return len(b), t.ctx.Err()
}

// free refuses a name that an imported model has.
func (c *Catalog) free(name string) error {
	if _, err := os.Lstat(filepath.Join(c.own, name)); err == nil {
		return hearth.NewError(hearth.ModelExists, "model", name)
	}
	return nil
}

// stage makes a folder in which the model of a free name comes to be; leave deletes it,
// unless it has been renamed by then.
func (c *Catalog) stage(name string) (dir string, leave func(), err error) {
	if err := c.free(name); err != nil {
		return "", nil, err
	}
	if err := os.MkdirAll(c.own, 0o700); err != nil {
		return "", nil, disk.Error(c.own, err)
	}
	dir, unlock, err := disk.LockedFolder(c.own, incoming)
	if err != nil {
		return "", nil, disk.Error(c.own, err)
	}
	return dir, func() {
		_ = os.RemoveAll(dir)
		unlock()
	}, nil
}
