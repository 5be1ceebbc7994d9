package gguf

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// Writer collects a model and writes it as a version 3 file. Its zero value is
// ready.
type Writer struct {
	pairs   []pair
	keys    map[string]bool
	tensors []pending
	names   map[string]bool
}

type pair struct {
	key   string
	value []byte // kind and all
}

type pending struct {
	Tensor
	bytes uint64
	data  io.WriterTo
}

// Set adds a metadata pair. Values are those of the format: string, bool, the
// sized integers and floats, and slices of these.
func (w *Writer) Set(key string, value any) error {
	if key == "" || len(key) > keyBytesMax || w.keys[key] {
		return fmt.Errorf("metadata key %q is empty, too long or set twice", key)
	}
	b, err := encode(value)
	if err != nil {
		return fmt.Errorf("metadata %s: %w", key, err)
	}
	w.put(key, b)
	return nil
}

// Copy adds a metadata pair of another file.
func (w *Writer) Copy(key string, v Value) error {
	if key == "" || len(key) > keyBytesMax || w.keys[key] {
		return fmt.Errorf("metadata key %q is empty, too long or set twice", key)
	}
	var b []byte
	if v.Array {
		b = binary.LittleEndian.AppendUint32(b, uint32(Array))
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(v.Kind))
	if v.Array {
		b = binary.LittleEndian.AppendUint64(b, uint64(v.Len))
	}
	w.put(key, append(b, v.raw...))
	return nil
}

func (w *Writer) put(key string, value []byte) {
	if w.keys == nil {
		w.keys = map[string]bool{}
	}
	w.keys[key] = true
	w.pairs = append(w.pairs, pair{key, value})
}

// Add adds a tensor whose data is written by data when the file is. Shape[0] is
// the length of a row.
func (w *Writer) Add(name string, t Type, shape []int, data io.WriterTo) error {
	if name == "" || len(name) > nameBytesMax || w.names[name] {
		return fmt.Errorf("tensor name %q is empty, too long or added twice", name)
	}
	if len(shape) < 1 || len(shape) > dimensionsMax || !t.Known() || shape[0]%t.BlockLen() != 0 {
		return fmt.Errorf("tensor %s: shape %v does not suit %s", name, shape, t)
	}
	if w.names == nil {
		w.names = map[string]bool{}
	}
	w.names[name] = true
	p := pending{Tensor: Tensor{Name: name, Type: t, Shape: shape}, data: data}
	p.bytes = uint64(t.RowBytes(shape[0])) * uint64(p.Rows())
	w.tensors = append(w.tensors, p)
	return nil
}

// WriteTo writes the file.
func (w *Writer) WriteTo(dst io.Writer) (int64, error) {
	out := &counter{w: bufio.NewWriterSize(dst, 1<<16)}
	w.head(out)
	for _, t := range w.tensors {
		before := out.n
		if _, err := t.data.WriteTo(out); err != nil {
			return out.n, fmt.Errorf("tensor %s: %w", t.Name, err)
		}
		if got := uint64(out.n - before); got != t.bytes {
			return out.n, fmt.Errorf("tensor %s: %d bytes were written, not %d", t.Name, got, t.bytes)
		}
		out.pad()
	}
	return out.n, out.w.Flush()
}

// head writes everything before the data. Errors of a bufio.Writer stick, so they
// surface at the final Flush.
func (w *Writer) head(out *counter) {
	le := binary.LittleEndian
	b := append([]byte("GGUF"), 3, 0, 0, 0)
	b = le.AppendUint64(b, uint64(len(w.tensors)))
	b = le.AppendUint64(b, uint64(len(w.pairs)))
	for _, p := range w.pairs {
		b = append(appendText(b, p.key), p.value...)
	}
	offset := uint64(0)
	for _, t := range w.tensors {
		b = appendText(b, t.Name)
		b = le.AppendUint32(b, uint32(len(t.Shape)))
		for _, d := range t.Shape {
			b = le.AppendUint64(b, uint64(d))
		}
		b = le.AppendUint32(b, uint32(t.Type))
		b = le.AppendUint64(b, offset)
		offset += (t.bytes + alignmentUsual - 1) / alignmentUsual * alignmentUsual
	}
	_, _ = out.Write(b)
	out.pad()
}

// counter counts what passes, to pad and to check.
type counter struct {
	w *bufio.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

func (c *counter) pad() {
	var zeros [alignmentUsual]byte
	_, _ = c.Write(zeros[:(alignmentUsual-c.n%alignmentUsual)%alignmentUsual])
}

func appendText(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
}

func encode(value any) ([]byte, error) {
	var b []byte
	head := func(k Kind) { b = binary.LittleEndian.AppendUint32(b, uint32(k)) }
	array := func(k Kind, n int) {
		head(Array)
		head(k)
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	switch v := value.(type) {
	case string:
		head(String)
		return appendText(b, v), nil
	case []string:
		array(String, len(v))
		for _, s := range v {
			b = appendText(b, s)
		}
		return b, nil
	case bool, uint8, int8, uint16, int16, uint32, int32, float32, uint64, int64, float64:
		head(kindOf(v))
	case []bool:
		array(Bool, len(v))
	case []uint8:
		array(Uint8, len(v))
	case []int8:
		array(Int8, len(v))
	case []uint16:
		array(Uint16, len(v))
	case []int16:
		array(Int16, len(v))
	case []uint32:
		array(Uint32, len(v))
	case []int32:
		array(Int32, len(v))
	case []float32:
		array(Float32, len(v))
	case []uint64:
		array(Uint64, len(v))
	case []int64:
		array(Int64, len(v))
	case []float64:
		array(Float64, len(v))
	default:
		return nil, fmt.Errorf("a %T can't be stored", value)
	}
	return binary.Append(b, binary.LittleEndian, value)
}

func kindOf(v any) Kind {
	switch v.(type) {
	case uint8:
		return Uint8
	case int8:
		return Int8
	case uint16:
		return Uint16
	case int16:
		return Int16
	case uint32:
		return Uint32
	case int32:
		return Int32
	case float32:
		return Float32
	case bool:
		return Bool
	case uint64:
		return Uint64
	case int64:
		return Int64
	}
	return Float64
}
