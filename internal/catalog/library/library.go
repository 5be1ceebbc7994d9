package library

import (
	"bytes"
	"cmp"
	_ "embed" // the table
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
	"go.yaml.in/yaml/v3"
)

//go:embed library.yaml
var table []byte

// Engine is what the engine of this process can run.
type Engine struct {
	Architectures []string // values of general.architecture
	Types         []string // tensor types, as GGUF names them
}

// Library is the table, held against an engine. It does not change.
type Library struct {
	models  []Model
	index   []entry // of models, for searching
	mirrors []Mirror
	ladder  map[Kind][]string
}

// document is the table as written.
type document struct {
	Mirrors       []Mirror
	Ladder        map[Kind][]string
	Called        map[string][]string
	Quantizations map[string]Quantization
	Licences      map[string]Licence
	Sources       map[string]struct{ Says, URL string }
	Models        []Model
}

// New reads the library that is in the binary.
func New(e Engine) (*Library, error) { return read(table, e) }

func read(text []byte, e Engine) (*Library, error) {
	var d document
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&d); err != nil {
		return nil, fmt.Errorf("model library: %w", err)
	}
	for i := range d.Models {
		if err := d.resolve(&d.Models[i], e); err != nil {
			return nil, fmt.Errorf("model library: %w", err)
		}
	}
	l := &Library{models: d.Models, mirrors: d.Mirrors, ladder: d.Ladder}
	for i := range l.models {
		l.index = append(l.index, entryOf(&l.models[i], d.Called))
	}
	return l, nil
}

// resolve fills what is computed rather than written.
func (d *document) resolve(m *Model, e Engine) error {
	licence, ok := d.Licences[m.LicenceID]
	if !ok {
		return fmt.Errorf("%s: no licence %q", m.ID, m.LicenceID)
	}
	m.Licence = licence
	for _, s := range m.Sources {
		if _, ok := d.Sources[s]; !ok {
			return fmt.Errorf("%s: no source %q", m.ID, s)
		}
	}
	for i := range m.Files {
		f := &m.Files[i]
		q, ok := d.Quantizations[f.Quantization]
		if !ok {
			return fmt.Errorf("%s: no quantisation %q", m.ID, f.Quantization)
		}
		f.Types, f.PartCount = q.Types, max(f.PartCount, 1)
		f.Bytes, f.Estimated = size(m, f, q)
		f.Native = e.runs(m, f)
		m.Native = m.Native || f.Native
	}
	slices.SortStableFunc(m.Files, func(a, b File) int { return cmp.Compare(a.Bytes, b.Bytes) })
	return nil
}

func (e Engine) runs(m *Model, f *File) bool {
	unknown := func(t string) bool { return !slices.Contains(e.Types, t) }
	return slices.Contains(e.Architectures, m.Architecture) &&
		len(f.Types) > 0 && !slices.ContainsFunc(f.Types, unknown)
}

// Models lists every model, in the order of the table: families together, small
// models before large ones.
func (l *Library) Models() []Model { return slices.Clone(l.models) }

// Mirrors lists where files can be fetched from, in the order they are tried.
func (l *Library) Mirrors() []Mirror { return slices.Clone(l.mirrors) }

// Kinds lists the kinds that [Library.Recommend] has something for.
func (l *Library) Kinds() []Kind { return slices.Sorted(maps.Keys(l.ladder)) }

// Find looks a model up by its id. Case does not matter. The error is
// [hearth.NoSuchModel].
func (l *Library) Find(id string) (Model, error) {
	for _, m := range l.models {
		if strings.EqualFold(m.ID, id) {
			return m, nil
		}
	}
	return Model{}, hearth.NewError(hearth.NoSuchModel, "model", id)
}
