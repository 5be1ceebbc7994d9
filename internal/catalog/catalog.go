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
	engine  Engine

	mu   sync.Mutex
	read map[string]reading // by path
	fits map[[2]string]fitting
}

// Engine is what is asked about files.
type Engine struct {
	// Check says what a file's model is for, and whether it can be run.
	Check func(*gguf.File) (task string, err error)

	// Fits says whether an adapter is for a model: nil, or what was expected and found.
	Fits func(model, adapter *gguf.File) error
}

// reading is what a file said of itself when it had this size and time.
type reading struct {
	bytes int64
	time  time.Time
	model hearth.Model
	kind  kind
}

// kind is what a file holds.
type kind int

const (
	isModel   kind = iota
	isAdapter      // of a model
	isPart         // of something else: a projector
)

// New makes a Catalog of the models in own, the appliance's folder for imports, and
// in the folders; what comes first keeps its name when names collide.
func New(own string, folders []Folder, e Engine) *Catalog {
	return &Catalog{own: own, folders: folders, engine: e, read: map[string]reading{}, fits: map[[2]string]fitting{}}
}

// List shows every file once, and every import, in the order of the folders and then by
// name; then adapters, on every model that they fit.
func (c *Catalog) List(ctx context.Context) ([]hearth.Model, error) {
	models, adapters, err := c.files(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range adapters {
		models = append(models, c.onModels(a, models)...)
	}
	return models, nil
}

// files lists what lies in the folders.
func (c *Catalog) files(ctx context.Context) (models, adapters []hearth.Model, err error) {
	var seen []os.FileInfo
	names, adapterNames := map[string]bool{}, map[string]bool{}
	for _, f := range append([]Folder{{hearth.OriginImported, c.own}}, c.folders...) {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
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
			m, kind := c.inspect(x.path, info)
			switch m.Origin = f.Origin; kind {
			case isModel:
				m.ID = unique(x.id, f.Origin, names)
				models = append(models, m)
			case isAdapter:
				m.ID = unique(x.id, f.Origin, adapterNames)
				adapters = append(adapters, m)
			}
		}
	}
	return models, adapters, nil
}

// Find looks a model up by name. Case does not matter. An adapter's own name will do; on
// several models it is the first of them, as the file is the same.
func (c *Catalog) Find(ctx context.Context, id string) (hearth.Model, error) {
	models, err := c.List(ctx)
	if err != nil {
		return hearth.Model{}, err
	}
	if m, ok := hearth.FindModel(models, id); ok {
		return m, nil
	}
	for _, m := range models {
		if m.Base != "" && strings.EqualFold(m.Adapter(), id) {
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
func (c *Catalog) inspect(path string, info os.FileInfo) (hearth.Model, kind) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.read[path]
	if !ok || r.bytes != info.Size() || !r.time.Equal(info.ModTime()) {
		r = reading{bytes: info.Size(), time: info.ModTime()}
		r.model, r.kind = c.inspectFile(path, info)
		c.read[path] = r
	}
	return r.model, r.kind
}

func (c *Catalog) inspectFile(path string, info os.FileInfo) (m hearth.Model, is kind) {
	m = hearth.Model{Source: hearth.SourceNative, Path: path, FileBytes: info.Size(), Added: info.ModTime()}
	err := gguf.Reading(func() (err error) {
		is, err = c.describe(&m)
		return err
	})
	if err != nil {
		m.Problem = invalid(path, err)
	}
	return m, is
}

// describe fills in what the file says, and what it is.
func (c *Catalog) describe(m *hearth.Model) (is kind, err error) {
	f, err := gguf.Open(m.Path)
	if err != nil {
		return isModel, err
	}
	defer f.Close()
	m.FileBytes = f.Bytes
	m.Architecture, _ = f.Text("general.architecture")
	switch kind, err := f.Text("general.type"); {
	case err == nil && kind == "adapter":
		m.Parameters, m.Quantization = weights(f)
		return isAdapter, nil
	case err == nil && kind != "model", m.Architecture == "clip": // projectors, those of older converters too
		return isPart, nil
	}
	if n, err := f.Int(m.Architecture+".context_length", 1, 1<<31); err == nil {
		m.ContextTokens = int(n)
	}
	m.Parameters, m.Quantization = weights(f)
	m.Task, err = c.engine.Check(f)
	if err != nil {
		m.Problem = hearth.NewError(hearth.ModelUnsupported, "model", filepath.Base(m.Path), "detail", err).Because(err)
	}
	return isModel, nil
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
