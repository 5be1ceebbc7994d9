package catalog

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/disk"
	"github.com/hearthbox/hearth/internal/gguf"
)

// Folder is a place where models are looked for.
type Folder struct {
	Origin string // as in [hearth.Model]
	Path   string
}

// Catalog lists models. Nothing is remembered but what was read of files that have
// not changed since, so two processes with the same folders see the same models.
type Catalog struct {
	own     string
	folders []Folder
	check   func(*gguf.File) (task string, err error)

	mu   sync.Mutex
	read map[string]reading // by path
}

// reading is what a file said of itself when it had this size and time.
type reading struct {
	bytes int64
	time  time.Time
	model hearth.Model
	skip  bool // it is no model: an adapter, a projector
}

// New makes a Catalog of the models in own, the appliance's folder for imports, and
// in the folders; what comes first keeps its name when names collide. check says what
// a file's model is for, and whether the engine can run it.
func New(own string, folders []Folder, check func(*gguf.File) (task string, err error)) *Catalog {
	return &Catalog{own: own, folders: folders, check: check, read: map[string]reading{}}
}

// List shows every file once, and every import, in the order of the folders and then by name.
func (c *Catalog) List(ctx context.Context) ([]hearth.Model, error) {
	var models []hearth.Model
	var seen []os.FileInfo
	names := map[string]bool{}
	for _, f := range append([]Folder{{hearth.OriginImported, c.own}}, c.folders...) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		found := find(f)
		slices.SortFunc(found, func(a, b candidate) int { return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.path, b.path)) })
		for _, x := range found {
			info, err := os.Stat(x.path)
			known := func(i os.FileInfo) bool { return os.SameFile(i, info) }
			if err != nil || f.Origin != hearth.OriginImported && slices.ContainsFunc(seen, known) {
				continue
			}
			seen = append(seen, info)
			m, ok := c.inspect(x.path, info)
			if !ok {
				continue
			}
			m.Origin, m.ID = f.Origin, unique(x.id, f.Origin, names)
			models = append(models, m)
		}
	}
	return models, nil
}

// Find looks a model up by name. Case does not matter.
func (c *Catalog) Find(ctx context.Context, id string) (hearth.Model, error) {
	models, err := c.List(ctx)
	if err != nil {
		return hearth.Model{}, err
	}
	for _, m := range models {
		if strings.EqualFold(m.ID, id) {
			return m, nil
		}
	}
	return hearth.Model{}, hearth.NewError(hearth.NoSuchModel, "model", id)
}

// Inspect describes a file, wherever it lies.
func (c *Catalog) Inspect(path string) (hearth.Model, error) {
	info, err := os.Stat(path)
	if err != nil {
		return hearth.Model{}, disk.Error(path, err)
	}
	m, _ := c.inspect(path, info)
	name, _, _ := gguf.SplitOf(path)
	m.ID, m.Origin = nameFor(name), hearth.OriginFolder
	return m, nil
}

// unique makes a name that is not taken yet: the name itself, then with its origin,
// then numbered.
func unique(id, origin string, taken map[string]bool) string {
	name := id
	for n := 1; taken[strings.ToLower(name)]; n++ {
		name = id + "@" + origin
		if n > 1 {
			name = fmt.Sprintf("%s-%d", name, n)
		}
	}
	taken[strings.ToLower(name)] = true
	return name
}

// inspect reads a file, unless it has been read and has not changed.
func (c *Catalog) inspect(path string, info os.FileInfo) (hearth.Model, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.read[path]
	if !ok || r.bytes != info.Size() || !r.time.Equal(info.ModTime()) {
		r = reading{bytes: info.Size(), time: info.ModTime()}
		r.model, r.skip = c.inspectFile(path, info)
		c.read[path] = r
	}
	return r.model, !r.skip
}

func (c *Catalog) inspectFile(path string, info os.FileInfo) (m hearth.Model, skip bool) {
	m = hearth.Model{Source: hearth.SourceNative, Path: path, FileBytes: info.Size(), Added: info.ModTime()}
	err := gguf.Reading(func() (err error) {
		skip, err = c.describe(&m)
		return err
	})
	if err != nil {
		m.Problem = invalid(path, err)
	}
	return m, skip
}

// describe fills in what the file says; skip tells that it is no model.
func (c *Catalog) describe(m *hearth.Model) (skip bool, err error) {
	f, err := gguf.Open(m.Path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	if kind, err := f.Text("general.type"); err == nil && kind != "model" {
		return true, nil
	}
	m.FileBytes = f.Bytes
	m.Architecture, _ = f.Text("general.architecture")
	if m.Architecture == "clip" { // projectors of older converters
		return true, nil
	}
	if n, err := f.Int(m.Architecture+".context_length", 1, 1<<31); err == nil {
		m.ContextTokens = int(n)
	}
	m.Parameters, m.Quantization = weights(f)
	m.Task, err = c.check(f)
	if err != nil {
		m.Problem = hearth.NewError(hearth.ModelUnsupported, "model", filepath.Base(m.Path), "detail", err).Because(err)
	}
	return false, nil
}

func invalid(path string, err error) *hearth.Error {
	return hearth.NewError(hearth.ModelInvalid, "model", filepath.Base(path), "detail", err).Because(err)
}

// weights counts the numbers of a model and names the format most of its bytes are
// in.
func weights(f *gguf.File) (parameters uint64, quantization string) {
	bytes := map[gguf.Type]int{}
	for _, t := range f.Tensors {
		n := uint64(1)
		for _, d := range t.Shape {
			n *= uint64(d)
		}
		parameters += n
		bytes[t.Type] += len(t.Data)
	}
	most := -1
	for t, n := range bytes {
		if n > most || n == most && t.String() < quantization {
			most, quantization = n, t.String()
		}
	}
	return parameters, quantization
}
