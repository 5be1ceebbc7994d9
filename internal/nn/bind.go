package nn

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/hearthbox/hearth/internal/gguf"
)

// binder fills the fields of an architecture's struct with the tensors their tags
// name:
//
//	Q  Matrix `gguf:"attn_q.weight" shape:"embedding,q"`
//
// The shape tag gives the sizes by the names of [Config.dims], a row's length
// first. A name ending in "?" is optional; "a|b" takes the first that is there. A
// slice of structs is filled once per layer, under its tag with "%d" replaced; a struct
// by itself under its tag, and one that a pointer leads to if it leads anywhere.
// adapt:"no" is on what adapters can't change.
type binder struct {
	f    *gguf.File
	dims map[string]int
	used map[string]bool
}

// bind fills a model. Every tensor of the file must be part of it, or of what is left
// out, which goes by the beginning of its name.
func bind(f *gguf.File, dims map[string]int, model any, leftOut ...string) error {
	b := &binder{f: f, dims: dims, used: map[string]bool{}}
	if err := b.fill(reflect.ValueOf(model).Elem(), ""); err != nil {
		return err
	}
	for _, t := range f.Tensors {
		begins := func(prefix string) bool { return strings.HasPrefix(t.Name, prefix) }
		if !b.used[t.Name] && !slices.ContainsFunc(leftOut, begins) {
			return fmt.Errorf("tensor %s, which this architecture does not have: %w", t.Name, ErrUnsupported)
		}
	}
	return nil
}

func (b *binder) fill(s reflect.Value, prefix string) error {
	for i := range s.NumField() {
		tag, ok := s.Type().Field(i).Tag.Lookup("gguf")
		if !ok {
			continue
		}
		field := s.Field(i)
		if field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.Struct {
			for n := range field.Len() {
				if err := b.fill(field.Index(n), prefix+fmt.Sprintf(tag, n)); err != nil {
					return err
				}
			}
			continue
		}
		if field.Kind() == reflect.Pointer && field.IsNil() {
			continue
		}
		if part := structOf(field); part.IsValid() {
			if err := b.fill(part, prefix+tag); err != nil {
				return err
			}
			continue
		}
		if err := b.tensor(field, prefix, tag, s.Type().Field(i).Tag.Get("shape")); err != nil {
			return err
		}
	}
	return nil
}

// structOf is the struct that a field is or points to, if its own fields are to be
// filled; not valid otherwise.
func structOf(field reflect.Value) reflect.Value {
	switch field.Interface().(type) {
	case Matrix, Experts:
		return reflect.Value{}
	}
	switch {
	case field.Kind() == reflect.Struct:
		return field
	case field.Kind() == reflect.Pointer:
		return field.Elem()
	}
	return reflect.Value{}
}

func (b *binder) tensor(field reflect.Value, prefix, names, shape string) error {
	names, optional := strings.CutSuffix(names, "?")
	var t *gguf.Tensor
	var err error
	for name := range strings.SplitSeq(names, "|") {
		if t, err = b.f.Need(prefix + name); err == nil {
			break
		}
	}
	if optional && err != nil {
		return nil
	}
	if err != nil {
		return err
	}
	b.used[t.Name] = true
	if want := b.shape(shape); !slices.Equal(trimmed(t.Shape, len(want)), want) {
		return t.Refuse("has shape %v, not %v (%s)", t.Shape, want, shape)
	}
	return b.set(field, t)
}

// trimmed is a shape without the ones that some writers put after its n dimensions: a row
// is the same tensor as a matrix of one.
func trimmed(shape []int, n int) []int {
	for len(shape) > n && shape[len(shape)-1] == 1 {
		shape = shape[:len(shape)-1]
	}
	return shape
}

func (b *binder) shape(names string) []int {
	var shape []int
	for name := range strings.SplitSeq(names, ",") {
		n, ok := b.dims[name]
		if !ok {
			panic("nn: no dimension is called " + name)
		}
		shape = append(shape, n)
	}
	return shape
}

func (b *binder) set(field reflect.Value, t *gguf.Tensor) error {
	switch p := field.Addr().Interface().(type) {
	case *Matrix:
		m, err := newMatrix(t)
		*p = m
		return err
	case *Experts:
		e, err := newExperts(t)
		*p = e
		return err
	case *Vector:
		v, err := newVector(t)
		*p = v
		return err
	}
	panic("nn: a tagged field must be a Matrix, Experts or a Vector")
}
