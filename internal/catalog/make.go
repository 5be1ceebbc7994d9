package catalog

import (
	"context"
	"os"
	"path/filepath"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/disk"
)

// Make makes a model of the file that write writes: all of it, or nothing. The name must
// be free, and one that a model may have.
func (c *Catalog) Make(ctx context.Context, name string, write func(path string) error) (hearth.Model, error) {
	name, err := importName(name, name)
	if err != nil {
		return hearth.Model{}, err
	}
	if _, err := os.Lstat(filepath.Join(c.own, name)); err == nil {
		return hearth.Model{}, hearth.NewError(hearth.ModelExists, "model", name)
	}
	if err := os.MkdirAll(c.own, 0o700); err != nil {
		return hearth.Model{}, disk.Error(c.own, err)
	}
	dir, unlock, err := disk.LockedFolder(c.own, incoming)
	if err != nil {
		return hearth.Model{}, disk.Error(c.own, err)
	}
	defer unlock()
	defer func() { _ = os.RemoveAll(dir) }() // a no-op once it has been renamed
	if err := write(filepath.Join(dir, name+".gguf")); err != nil {
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

// NameFor makes a model's name of a file's.
func NameFor(file string) string { return nameFor(file) }
