package gguf

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strconv"
)

// splitsMax bounds how many files one model may be split into. The largest
// published so far have a few dozen.
const splitsMax = 1024

// Tensor is an entry of the directory with its data.
type Tensor struct {
	Name   string
	Type   Type
	Shape  []int  // Shape[0] is the length of a row, the fastest index
	Data   []byte // in the memory map, read-only
	Offset int64  // of Data in its file
	path   string
}

// Rows is how many rows the tensor has, over all its outer dimensions.
func (t *Tensor) Rows() int {
	n := 1
	for _, d := range t.Shape[1:] {
		n *= d
	}
	return n
}

// Refuse is an [Error] about the tensor.
func (t *Tensor) Refuse(format string, args ...any) error {
	return &Error{Path: t.path, Field: t.Name, Offset: t.Offset, Err: fmt.Errorf(format, args...)}
}

// File is an open model: one GGUF file, or all splits of one. The metadata is that
// of the first split.
type File struct {
	Metadata
	Version uint32
	Tensors []*Tensor // in the files' order
	Paths   []string  // in the order of the splits
	Bytes   int64     // of all files together

	byName map[string]*Tensor
	maps   [][]byte
}

// Open maps the file, or all files of a split model when path is its first.
// Close unmaps them; tensor data must not be used afterwards.
func Open(path string) (*File, error) {
	f := &File{byName: map[string]*Tensor{}}
	if err := Reading(func() error { return f.open(path) }); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// ErrFault says that a mapped file can't be read where it could before.
var ErrFault = errors.New("the file was cut short while it was read, or its disk failed")

// Reading runs what reads a mapped file. A fault of the map, which would end the
// process, becomes [ErrFault]: a file may be overwritten by someone else at any time.
func Reading(read func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		v := recover()
		if _, fault := v.(interface{ Addr() uintptr }); fault {
			err = ErrFault
		} else if v != nil {
			panic(v)
		}
	}()
	return read()
}

// Parse reads a single file from memory.
func Parse(data []byte) (*File, error) {
	p, err := parse("", data)
	if err != nil {
		return nil, err
	}
	count, err := p.splits()
	if err != nil {
		return nil, err
	}
	if count > 1 {
		return nil, p.wrong("split.count", "is %d, and only one file is here", count)
	}
	f := &File{byName: map[string]*Tensor{}}
	return f, f.add(p)
}

// Tensor finds a tensor by name.
func (f *File) Tensor(name string) (*Tensor, bool) {
	t, ok := f.byName[name]
	return t, ok
}

// Need is Tensor for one that must be there; its absence is an [Error] that wraps
// [ErrMissing].
func (f *File) Need(name string) (*Tensor, error) {
	t, ok := f.byName[name]
	if !ok {
		return nil, &Error{Path: f.path, Field: name, Offset: -1, Err: ErrMissing}
	}
	return t, nil
}

// Close unmaps the files.
func (f *File) Close() error {
	var errs []error
	for _, m := range f.maps {
		errs = append(errs, unmap(m))
	}
	f.maps = nil
	return errors.Join(errs...)
}

func (f *File) open(path string) error {
	first, err := f.load(path)
	if err != nil {
		return err
	}
	count, err := first.splits()
	if err != nil {
		return err
	}
	if err := f.add(first); err != nil || count == 1 {
		return err
	}
	no, err := first.Int("split.no", 0, int64(count)-1)
	if err != nil {
		return err
	}
	if no != 0 {
		return first.wrong("split.no", "this is split %d of %d; open the first", no+1, count)
	}
	for i := 1; i < count; i++ {
		if err := f.openSplit(path, i, count); err != nil {
			return err
		}
	}
	return f.complete()
}

func (f *File) openSplit(first string, i, count int) error {
	path, err := SplitPath(first, i, count)
	if err != nil {
		return err
	}
	p, err := f.load(path)
	if err != nil {
		return err
	}
	n, err := p.splits()
	if err != nil {
		return err
	}
	if n != count {
		return p.wrong("split.count", "is %d, but the first split says %d", n, count)
	}
	if _, err := p.Int("split.no", int64(i), int64(i)); err != nil {
		return err
	}
	return f.add(p)
}

// load maps and parses one file. The map is kept even if parsing fails, for Close.
func (f *File) load(path string) (*part, error) {
	data, err := mapFile(path)
	if err != nil {
		return nil, &Error{Path: path, Field: "file", Offset: -1, Err: err}
	}
	f.maps = append(f.maps, data)
	f.Paths = append(f.Paths, path)
	f.Bytes += int64(len(data))
	return parse(path, data)
}

func (f *File) add(p *part) error {
	if f.keys == nil {
		f.Metadata, f.Version = p.Metadata, p.version
	}
	for _, t := range p.tensors {
		if f.byName[t.Name] != nil {
			return t.Refuse("is in two splits")
		}
		f.byName[t.Name] = t
		f.Tensors = append(f.Tensors, t)
	}
	return nil
}

// complete holds the number of tensors against what the first split promised.
func (f *File) complete() error {
	if !f.Has("split.tensors.count") {
		return nil
	}
	_, err := f.Int("split.tensors.count", int64(len(f.Tensors)), int64(len(f.Tensors)))
	return err
}

// splits is how many files the model is split into, 1 if it is whole.
func (p *part) splits() (int, error) {
	if !p.Has("split.count") {
		return 1, nil
	}
	n, err := p.Int("split.count", 0, splitsMax)
	return max(1, int(n)), err
}

var splitName = regexp.MustCompile(`^(.*)-(\d{5})-of-(\d{5})\.gguf$`)

// SplitPath is the path of split i (from 0) of a model, given that of its first
// split.
func SplitPath(first string, i, count int) (string, error) {
	m := splitName.FindStringSubmatch(filepath.Base(first))
	if m == nil || m[2] != "00001" || m[3] != fmt.Sprintf("%05d", count) {
		return "", &Error{Path: first, Field: "file name", Offset: -1,
			Err: fmt.Errorf("the model is split into %d files, so the first must be named NAME-00001-of-%05d.gguf", count, count)}
	}
	return filepath.Join(filepath.Dir(first), fmt.Sprintf("%s-%05d-of-%05d.gguf", m[1], i+1, count)), nil
}

// SplitOf tells from a file's name which split of how many it is, and the name of
// the model; a whole model is split 0 of 1.
func SplitOf(path string) (model string, i, count int) {
	base := filepath.Base(path)
	m := splitName.FindStringSubmatch(base)
	if m == nil {
		return base[:len(base)-len(filepath.Ext(base))], 0, 1
	}
	no, _ := strconv.Atoi(m[2])
	count, _ = strconv.Atoi(m[3])
	if no < 1 || no > count {
		return base[:len(base)-len(filepath.Ext(base))], 0, 1
	}
	return m[1], no - 1, count
}

// regular refuses what is no ordinary file before it is opened: opening a pipe or
// a device could block or worse.
func regular(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("is not a regular file")
	}
	return nil
}
