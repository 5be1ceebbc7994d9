package catalog

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/disk"
)

// receiving begins the names of folders into which models are downloaded.
const receiving = ".receiving-"

// Receive makes a model of what bring puts into a folder. The folder outlives a bring
// that fails or is killed, and the next call under the same name is given it again;
// [Catalog.Prune] deletes those that nobody goes on with. Two can't receive under one
// name at a time: [hearth.DownloadBusy].
func (c *Catalog) Receive(ctx context.Context, name string, bring func(dir string) error) (hearth.Model, error) {
	name, err := importName(name, name)
	if err != nil {
		return hearth.Model{}, err
	}
	if err := c.free(name); err != nil {
		return hearth.Model{}, err
	}
	dir := filepath.Join(c.own, receiving+name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return hearth.Model{}, disk.Error(dir, err)
	}
	unlock, ok := disk.TryLock(dir)
	if !ok {
		return hearth.Model{}, hearth.NewError(hearth.DownloadBusy, "path", name)
	}
	defer unlock()
	if err := bring(dir); err != nil {
		return hearth.Model{}, err
	}
	if err := arrived(dir); err != nil {
		return hearth.Model{}, err
	}
	if err := c.publish(dir, name); err != nil {
		return hearth.Model{}, err
	}
	return c.Find(ctx, name)
}

// arrived checks that a folder holds one sound model.
func arrived(dir string) error {
	found := findFiles(dir)
	if len(found) != 1 {
		return hearth.NewError(hearth.ModelInvalid, "model", filepath.Base(dir), "detail",
			say("it holds %d models, not one", "其中有 %d 个模型，而不是一个", len(found)))
	}
	f, err := openSource(found[0].path)
	if err != nil {
		return err
	}
	return f.Close()
}

// Leftover is the folder of a download that stopped.
type Leftover struct {
	Name  string // of the model
	Bytes int64
}

// Prune deletes what downloads that nobody goes on with have left, and what killed
// imports and removals have. It does not touch what is at work.
func (c *Catalog) Prune() ([]Leftover, error) {
	if err := c.Sweep(); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(c.own)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, disk.Error(c.own, err)
	}
	var left []Leftover
	for _, e := range entries {
		name, ok := strings.CutPrefix(e.Name(), receiving)
		if !ok {
			continue
		}
		dir := filepath.Join(c.own, e.Name())
		unlock, ok := disk.TryLock(dir)
		if !ok {
			continue
		}
		bytes := usedBytes(dir)
		err := os.RemoveAll(dir)
		unlock()
		if err != nil {
			return left, disk.Error(dir, err)
		}
		left = append(left, Leftover{name, bytes})
	}
	return left, nil
}

// usedBytes is the size of a folder's files; what can't be looked at counts nothing.
func usedBytes(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // a count, not a check
		}
		if info, err := d.Info(); err == nil {
			n += info.Size()
		}
		return nil
	})
	return n
}
