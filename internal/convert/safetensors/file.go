package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
)

// Limits, far above what models have.
const (
	headerMax     = 100 << 20 // that of the reference implementation
	tensorsMax    = 1 << 20
	nameMax       = 1 << 10
	dimensionsMax = 8
)

// Type is the format a tensor's numbers are stored in, in the format's words.
type Type string

// The types that models have weights in. Others are known by their size only.
const (
	F64  Type = "F64"
	F32  Type = "F32"
	F16  Type = "F16"
	BF16 Type = "BF16"

	F8E4M3 Type = "F8_E4M3"
)

// Bytes is the size of a number, 0 for a type that is not known.
func (t Type) Bytes() int {
	switch t {
	case F64, "I64", "U64":
		return 8
	case F32, "I32", "U32":
		return 4
	case F16, BF16, "I16", "U16":
		return 2
	case "BOOL", "I8", "U8", F8E4M3, "F8_E5M2", "F8_E8M0":
		return 1
	}
	return 0
}

// Tensor is an entry of a header.
type Tensor struct {
	Name  string
	Type  Type
	Shape []int // the last is the fastest index
	Bytes int64

	offset int64 // in the file
	file   io.ReaderAt
	path   string
}

// Rows is how many rows the tensor has, over all its outer dimensions. A tensor without
// dimensions is one row of one number.
func (t *Tensor) Rows() int {
	n := 1
	for _, d := range t.Shape[:max(0, len(t.Shape)-1)] {
		n *= d
	}
	return n
}

// Width is how many numbers a row has.
func (t *Tensor) Width() int {
	if len(t.Shape) == 0 {
		return 1
	}
	return t.Shape[len(t.Shape)-1]
}

// ReadRows fills dst with rows, as they are stored, from the first on.
func (t *Tensor) ReadRows(dst []byte, first int) error {
	row := int64(t.Width() * t.Type.Bytes())
	from := int64(first) * row
	if from < 0 || from+int64(len(dst)) > t.Bytes {
		return t.Refuse("has no rows from %d on for %d bytes", first, len(dst))
	}
	if _, err := t.file.ReadAt(dst, t.offset+from); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the file was cut short while it was read")
		}
		return t.Refuse("%w", err)
	}
	return nil
}

// Refuse is an error about the tensor.
func (t *Tensor) Refuse(format string, args ...any) error {
	return fmt.Errorf("%s: tensor %s: %w", t.path, t.Name, fmt.Errorf(format, args...))
}

// file is an open file.
type file struct {
	*os.File
	tensors []*Tensor
}

func open(path string) (*file, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a pipe could block
		return nil, fmt.Errorf("%s: is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	tensors, err := parse(path, f, info.Size())
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &file{f, tensors}, nil
}

// parse reads the header of a file of that size.
func parse(path string, r io.ReaderAt, size int64) ([]*Tensor, error) {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("%s: %w", path, fmt.Errorf(format, args...))
	}
	var head [8]byte
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return nil, wrong("is no safetensors file: it has %d bytes", size)
	}
	n := binary.LittleEndian.Uint64(head[:])
	if n < 2 || n > headerMax || int64(n) > size-8 {
		return nil, wrong("is no safetensors file: its header has %d bytes, and the file %d", n, size)
	}
	text := make([]byte, n)
	if _, err := r.ReadAt(text, 8); err != nil {
		return nil, wrong("the header can't be read: %w", err)
	}
	tensors, err := entries(text)
	if err != nil {
		return nil, wrong("the header: %w", err)
	}
	data := size - 8 - int64(n)
	if err := places(tensors, data); err != nil {
		return nil, wrong("%w", err)
	}
	for _, t := range tensors {
		t.offset += 8 + int64(n)
		t.file, t.path = r, path
	}
	return tensors, nil
}

// entries reads the header's JSON. No name may be there twice.
func entries(text []byte) ([]*Tensor, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if err := delim(d, '{'); err != nil {
		return nil, err
	}
	var tensors []*Tensor
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string) // a key is nothing else
		if seen[name] || len(name) > nameMax || name == "" {
			return nil, fmt.Errorf("the name %.80q is empty, too long or there twice", name)
		}
		seen[name] = true
		if name == "__metadata__" {
			var words map[string]string
			if err := d.Decode(&words); err != nil {
				return nil, err
			}
			continue
		}
		t, err := entry(d, name)
		if err != nil {
			return nil, err
		}
		if tensors = append(tensors, t); len(tensors) > tensorsMax {
			return nil, fmt.Errorf("there are more than %d tensors", tensorsMax)
		}
	}
	if err := delim(d, '}'); err != nil {
		return nil, err
	}
	if rest := strings.TrimLeft(string(text[d.InputOffset():]), " "); rest != "" { // it is padded with spaces
		return nil, fmt.Errorf("there is something after it: %.20q", rest)
	}
	return tensors, nil
}

func delim(d *json.Decoder, want json.Delim) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	if token != want {
		return fmt.Errorf("is no object of tensors")
	}
	return nil
}

func entry(d *json.Decoder, name string) (*Tensor, error) {
	var e struct {
		Type    Type    `json:"dtype"`
		Shape   []int64 `json:"shape"`
		Offsets []int64 `json:"data_offsets"`
	}
	if err := d.Decode(&e); err != nil {
		return nil, fmt.Errorf("tensor %s: %w", name, err)
	}
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("tensor %s: %w", name, fmt.Errorf(format, args...))
	}
	if e.Type.Bytes() == 0 {
		return nil, refuse("its type %.20q is not known", e.Type)
	}
	if len(e.Shape) > dimensionsMax || len(e.Offsets) != 2 {
		return nil, refuse("has %d dimensions and %d offsets", len(e.Shape), len(e.Offsets))
	}
	t := &Tensor{Name: name, Type: e.Type, Bytes: int64(e.Type.Bytes())}
	for _, n := range e.Shape {
		if n < 1 || n > math.MaxInt64/t.Bytes {
			return nil, refuse("its shape %v is empty or too large", e.Shape)
		}
		t.Bytes *= n
		t.Shape = append(t.Shape, int(n))
	}
	from, to := e.Offsets[0], e.Offsets[1]
	if from < 0 || to < from || to-from != t.Bytes {
		return nil, refuse("lies from %d to %d, and its shape %v of %s needs %d bytes", from, to, e.Shape, e.Type, t.Bytes)
	}
	t.offset = from
	return t, nil
}

// places checks that the tensors fill the data, one after the other.
func places(tensors []*Tensor, data int64) error {
	slices.SortStableFunc(tensors, func(a, b *Tensor) int { return cmp.Compare(a.offset, b.offset) })
	at := int64(0)
	for _, t := range tensors {
		if t.offset != at || t.Bytes > data-at {
			return fmt.Errorf("tensor %s lies at %d, where %d was expected, in %d bytes of data", t.Name, t.offset, at, data)
		}
		at += t.Bytes
	}
	if at != data {
		return fmt.Errorf("%d bytes of data are there, and the tensors have %d", data, at)
	}
	return nil
}
