package gguf

import (
	"fmt"
	"iter"
	"slices"
)

// Metadata is the key-value part of a file, in the file's order.
//
// Its getters check kind and range and answer with an [Error] that names key and
// offset, so that callers need no checks of their own. A missing key is an error
// too, one that wraps [ErrMissing].
type Metadata struct {
	path   string
	keys   []string
	values map[string]Value
}

// Has reports whether the key is there.
func (m *Metadata) Has(key string) bool {
	_, ok := m.values[key]
	return ok
}

// All ranges over keys and values in the file's order.
func (m *Metadata) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for _, k := range m.keys {
			if !yield(k, m.values[k]) {
				return
			}
		}
	}
}

// Text is a string value.
func (m *Metadata) Text(key string) (string, error) {
	v, err := m.single(key, "a string", String)
	if err != nil {
		return "", err
	}
	s, _ := text(v.raw)
	return s, nil
}

// Int is a value of any integer kind, from lo to hi.
func (m *Metadata) Int(key string, lo, hi int64) (int64, error) {
	v, err := m.single(key, "an integer", Uint8, Int8, Uint16, Int16, Uint32, Int32, Uint64, Int64)
	if err != nil {
		return 0, err
	}
	n, ok := integer(v.Kind, v.raw)
	if !ok || n < lo || n > hi {
		return 0, m.wrong(key, "is %s, not from %d to %d", v.Display(), lo, hi)
	}
	return n, nil
}

// Float is a value of a float kind.
func (m *Metadata) Float(key string) (float64, error) {
	v, err := m.single(key, "a float", Float32, Float64)
	if err != nil {
		return 0, err
	}
	return decode(v.Kind, v.raw).(float64), nil
}

// Bool is a bool value.
func (m *Metadata) Bool(key string) (bool, error) {
	v, err := m.single(key, "a bool", Bool)
	if err != nil {
		return false, err
	}
	return decode(v.Kind, v.raw).(bool), nil
}

// Bools is an array of bools.
func (m *Metadata) Bools(key string) ([]bool, error) {
	v, err := m.array(key, "bools", Bool)
	if err != nil {
		return nil, err
	}
	list := make([]bool, v.Len)
	for i := range list {
		list[i] = v.raw[i] != 0
	}
	return list, nil
}

// IsArray reports whether there is an array under the key.
func (m *Metadata) IsArray(key string) bool { return m.values[key].Array }

// Texts is an array of strings.
func (m *Metadata) Texts(key string) ([]string, error) {
	v, err := m.array(key, "strings", String)
	if err != nil {
		return nil, err
	}
	list := make([]string, v.Len)
	raw := v.raw
	for i := range list {
		list[i], raw = text(raw)
	}
	return list, nil
}

// Ints is an array of any integer kind, each element from lo to hi.
func (m *Metadata) Ints(key string, lo, hi int64) ([]int, error) {
	v, err := m.array(key, "integers", Uint8, Int8, Uint16, Int16, Uint32, Int32, Uint64, Int64)
	if err != nil {
		return nil, err
	}
	list := make([]int, v.Len)
	size := kindBytes[v.Kind]
	for i := range list {
		n, ok := integer(v.Kind, v.raw[i*size:])
		if !ok || n < lo || n > hi {
			return nil, m.wrong(key, "element %d is not from %d to %d", i, lo, hi)
		}
		list[i] = int(n)
	}
	return list, nil
}

// Floats is an array of a float kind.
func (m *Metadata) Floats(key string) ([]float32, error) {
	v, err := m.array(key, "floats", Float32, Float64)
	if err != nil {
		return nil, err
	}
	list := make([]float32, v.Len)
	size := kindBytes[v.Kind]
	for i := range list {
		list[i] = float32(decode(v.Kind, v.raw[i*size:]).(float64))
	}
	return list, nil
}

// Refuse is an [Error] about a key, for callers who know more about its meaning
// than its kind and range.
func (m *Metadata) Refuse(key, format string, args ...any) error {
	return m.wrong(key, format, args...)
}

func (m *Metadata) single(key, want string, kinds ...Kind) (Value, error) {
	v, ok := m.values[key]
	if !ok {
		return v, m.missing(key)
	}
	if v.Array || !slices.Contains(kinds, v.Kind) {
		return v, m.wrong(key, "is %s, not %s", v.describe(), want)
	}
	return v, nil
}

func (m *Metadata) array(key, want string, kinds ...Kind) (Value, error) {
	v, ok := m.values[key]
	if !ok {
		return v, m.missing(key)
	}
	if !v.Array || !slices.Contains(kinds, v.Kind) {
		return v, m.wrong(key, "is %s, not an array of %s", v.describe(), want)
	}
	return v, nil
}

func (v Value) describe() string {
	if v.Array {
		return fmt.Sprintf("an array of %s", v.Kind)
	}
	return "of kind " + v.Kind.String()
}

func (m *Metadata) missing(key string) error {
	return &Error{Path: m.path, Field: key, Offset: -1, Err: ErrMissing}
}

func (m *Metadata) wrong(key, format string, args ...any) error {
	offset := int64(-1)
	if v, ok := m.values[key]; ok {
		offset = v.offset
	}
	return &Error{Path: m.path, Field: key, Offset: offset, Err: fmt.Errorf(format, args...)}
}
