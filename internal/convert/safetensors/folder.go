package safetensors

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// filesMax bounds into how many files a model may be split, indexMax the size of the
// index, in bytes.
const (
	filesMax = 1 << 12
	indexMax = 64 << 20
)

// Folder is the tensors of a model, from however many files.
type Folder struct {
	Tensors []*Tensor // file after file, in the files' order
	Bytes   int64     // of all tensors

	byName map[string]*Tensor
	files  []*file
}

// Open opens the files of a folder: those of its index, or the one there is.
func Open(dir string) (*Folder, error) {
	f := &Folder{byName: map[string]*Tensor{}}
	if err := f.open(dir); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Close closes the files.
func (f *Folder) Close() error {
	var errs []error
	for _, file := range f.files {
		errs = append(errs, file.Close())
	}
	f.files = nil
	return errors.Join(errs...)
}

// Tensor finds a tensor by name.
func (f *Folder) Tensor(name string) (*Tensor, bool) {
	t, ok := f.byName[name]
	return t, ok
}

func (f *Folder) open(dir string) error {
	index := filepath.Join(dir, "model.safetensors.index.json")
	text, err := readAtMost(index, indexMax)
	if errors.Is(err, fs.ErrNotExist) {
		return f.openOne(dir)
	}
	if err != nil {
		return err
	}
	places, err := weightMap(index, text)
	if err != nil {
		return err
	}
	var names []string
	for _, name := range places {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		if len(names) > filesMax {
			return fmt.Errorf("%s: names more than %d files", index, filesMax)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if err := f.add(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	for tensor, name := range places {
		t, ok := f.byName[tensor]
		if !ok || filepath.Base(t.path) != name {
			return fmt.Errorf("%s: tensor %s is not in %s, where it should be", index, tensor, name)
		}
	}
	return nil
}

// weightMap reads which tensor lies in which file.
func weightMap(path string, text []byte) (map[string]string, error) {
	var index struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(index.WeightMap) == 0 {
		return nil, fmt.Errorf("%s: names no tensors", path)
	}
	for tensor, name := range index.WeightMap {
		if name != filepath.Base(name) || !filepath.IsLocal(name) || !strings.HasSuffix(name, ".safetensors") {
			return nil, fmt.Errorf("%s: tensor %s lies in %.80q, which is no safetensors file of this folder", path, tensor, name)
		}
	}
	return index.WeightMap, nil
}

// openOne opens the only file of a folder.
func (f *Folder) openOne(dir string) error {
	found, err := filepath.Glob(filepath.Join(escaped(dir), "*.safetensors"))
	if err != nil {
		return err
	}
	switch len(found) {
	case 0:
		return fmt.Errorf("%s: holds no safetensors files: %w", dir, fs.ErrNotExist)
	case 1:
		return f.add(found[0])
	}
	return fmt.Errorf("%s: holds %d safetensors files and no model.safetensors.index.json that says what is where", dir, len(found))
}

// escaped is a path for Glob to take as it is.
func escaped(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

func (f *Folder) add(path string) error {
	opened, err := open(path)
	if err != nil {
		return err
	}
	f.files = append(f.files, opened)
	for _, t := range opened.tensors {
		if f.byName[t.Name] != nil {
			return t.Refuse("is in another file as well")
		}
		f.byName[t.Name] = t
		f.Tensors = append(f.Tensors, t)
		f.Bytes += t.Bytes
	}
	return nil
}

// readAtMost reads a small file.
func readAtMost(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > most {
		return nil, fmt.Errorf("%s: has more than %d bytes", path, most)
	}
	return text, nil
}
