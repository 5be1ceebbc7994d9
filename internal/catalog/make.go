package catalog

import (
	"context"
	"path/filepath"

	"github.com/hearthbox/hearth"
)

// Make makes a model of the file that write writes: all of it, or nothing. The name must
// be free, and one that a model may have.
func (c *Catalog) Make(ctx context.Context, name string, write func(path string) error) (hearth.Model, error) {
	name, err := importName(name, name)
	if err != nil {
		return hearth.Model{}, err
	}
	dir, leave, err := c.stage(name)
	if err != nil {
		return hearth.Model{}, err
	}
	defer leave()
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

// Free says whether a model may be made under a name, and why not.
func (c *Catalog) Free(name string) error {
	name, err := importName(name, name)
	if err == nil {
		err = c.free(name)
	}
	return err
}

// NameFor makes a model's name of a file's.
func NameFor(file string) string { return nameFor(file) }
