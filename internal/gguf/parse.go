package gguf

import (
	"cmp"
	"math/bits"
	"slices"
)

// Limits that the format states or that sound files stay far below.
const (
	keyBytesMax    = 1<<16 - 1 // the format's own limit
	nameBytesMax   = 64        // of a tensor, the format's own limit
	dimensionsMax  = 4
	alignmentUsual = 32
	alignmentMax   = 1 << 16
	pairsMax       = 1 << 16
	elementsMax    = 1 << 24 // of one array; the largest vocabularies have 1 << 18
	tensorsMax     = 1 << 20 // the most split-up mixtures of experts have 1 << 17
)

// The least bytes that one metadata pair and one directory entry take, to hold
// their counts against the file's size.
const (
	pairBytesMin  = 8 + 4 + 1
	entryBytesMin = 8 + 4 + 4 + 8
)

// part is one parsed file: all of a model, or one of its splits.
type part struct {
	Metadata
	version uint32
	tensors []*Tensor
}

// parse validates data and describes it; nothing is copied but names.
func parse(path string, data []byte) (*part, error) {
	c := &cursor{path: path, data: data}
	p := &part{Metadata: Metadata{path: path, values: map[string]Value{}}}
	tensorCount, pairCount, err := p.header(c)
	if err != nil {
		return nil, err
	}
	for range pairCount {
		if err := p.pair(c); err != nil {
			return nil, err
		}
	}
	align, err := p.alignment()
	if err != nil {
		return nil, err
	}
	var entries []entry // grows with what is read, not with what is stated
	for range tensorCount {
		e, err := p.entry(c)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return p, p.place(c, entries, align)
}

func (p *part) header(c *cursor) (tensorCount, pairCount int, err error) {
	magic, err := c.take("magic", 4)
	if err != nil {
		return 0, 0, err
	}
	if string(magic) != "GGUF" {
		return 0, 0, c.failAt(0, "magic", "is %q, not \"GGUF\"", magic)
	}
	if p.version, err = c.u32("version"); err != nil {
		return 0, 0, err
	}
	switch {
	case p.version&0xffff == 0 && p.version != 0:
		return 0, 0, c.failAt(4, "version", "the file is big-endian (version %d), which is not supported", bits.ReverseBytes32(p.version))
	case p.version != 2 && p.version != 3:
		return 0, 0, c.failAt(4, "version", "is %d; 2 and 3 are supported", p.version)
	}
	if tensorCount, err = c.count("tensor_count", entryBytesMin, tensorsMax); err != nil {
		return 0, 0, err
	}
	pairCount, err = c.count("metadata_kv_count", pairBytesMin, pairsMax)
	return tensorCount, pairCount, err
}

func (p *part) pair(c *cursor) error {
	at := c.pos
	key, err := c.text("metadata key", keyBytesMax)
	if err != nil {
		return err
	}
	if key == "" || p.Has(key) {
		return c.failAt(at, "metadata key", "%q is empty or stated twice", key)
	}
	v := Value{Len: 1, offset: int64(c.pos)}
	kind, err := c.u32(key)
	if err != nil {
		return err
	}
	if v.Kind = Kind(kind); v.Kind == Array {
		if v, err = arrayHead(c, key, v); err != nil {
			return err
		}
	}
	if v.Kind == Array || int(v.Kind) >= len(kindNames) {
		return c.failAt(int(v.offset), key, "is of %s, which is not supported here", v.Kind)
	}
	if v.raw, err = body(c, key, v); err != nil {
		return err
	}
	p.keys = append(p.keys, key)
	p.values[key] = v
	return nil
}

// arrayHead reads the element kind and count. An array of arrays keeps Kind ==
// Array, which the caller refuses: no model file has one.
func arrayHead(c *cursor, key string, v Value) (Value, error) {
	kind, err := c.u32(key)
	if err != nil {
		return v, err
	}
	v.Array, v.Kind = true, Kind(kind)
	if int(v.Kind) >= len(kindNames) {
		return v, nil
	}
	v.Len, err = c.count(key, kindBytes[v.Kind], elementsMax)
	return v, err
}

// body is the bytes of v's elements.
func body(c *cursor, key string, v Value) ([]byte, error) {
	if v.Kind != String {
		return c.take(key, uint64(v.Len)*uint64(kindBytes[v.Kind]))
	}
	start := c.pos
	for range v.Len {
		n, err := c.u64(key)
		if err != nil {
			return nil, err
		}
		if _, err := c.take(key, n); err != nil {
			return nil, err
		}
	}
	return c.data[start:c.pos], nil
}

func (p *part) alignment() (int, error) {
	const key = "general.alignment"
	if !p.Has(key) {
		return alignmentUsual, nil
	}
	if v := p.values[key]; v.Array || v.Kind != Uint32 {
		return 0, p.wrong(key, "is %s, not of kind uint32", v.describe())
	}
	n, err := p.Int(key, 1, alignmentMax)
	if err != nil {
		return 0, err
	}
	if n&(n-1) != 0 {
		return 0, p.wrong(key, "is %d, not a power of two", n)
	}
	return int(n), nil
}

// entry is a directory entry before its offset is known to lie in the file.
type entry struct {
	*Tensor
	at     int    // where the entry stands, for errors
	offset uint64 // from the start of the data
	bytes  uint64
}

func (p *part) entry(c *cursor) (e entry, err error) {
	e.Tensor, e.at = &Tensor{path: p.path}, c.pos
	if e.Name, err = c.text("tensor name", nameBytesMax); err != nil {
		return e, err
	}
	if e.Name == "" {
		return e, c.failAt(e.at, "tensor name", "is empty")
	}
	dims, err := c.u32(e.Name)
	if err != nil {
		return e, err
	}
	if dims < 1 || dims > dimensionsMax {
		return e, c.failAt(e.at, e.Name, "has %d dimensions, not from 1 to %d", dims, dimensionsMax)
	}
	e.Shape = make([]int, dims)
	elements := uint64(1)
	for i := range e.Shape {
		n, err := c.u64(e.Name)
		if err != nil {
			return e, err
		}
		hi, lo := bits.Mul64(elements, n)
		if n == 0 || hi != 0 || lo > 1<<62 {
			return e, c.failAt(e.at, e.Name, "dimension %d is %d, which is zero or too large", i, n)
		}
		e.Shape[i], elements = int(n), lo
	}
	kind, err := c.u32(e.Name)
	if err != nil {
		return e, err
	}
	if e.Type = Type(kind); !e.Type.Known() {
		return e, c.failAt(e.at, e.Name, "is of tensor type %d, which is not known", kind)
	}
	if e.Shape[0]%e.Type.BlockLen() != 0 {
		return e, c.failAt(e.at, e.Name, "has rows of %d numbers, no whole blocks of %s", e.Shape[0], e.Type)
	}
	hi, lo := bits.Mul64(elements/uint64(e.Type.BlockLen()), uint64(e.Type.BlockBytes()))
	if hi != 0 {
		return e, c.failAt(e.at, e.Name, "has a size that overflows")
	}
	e.bytes = lo
	e.offset, err = c.u64(e.Name)
	return e, err
}

// place gives every tensor its bytes, which must lie inside the file, aligned and
// apart from one another.
func (p *part) place(c *cursor, entries []entry, align int) error {
	start := (uint64(c.pos) + uint64(align) - 1) &^ (uint64(align) - 1)
	size := uint64(len(c.data))
	names := make(map[string]bool, len(entries))
	for _, e := range entries {
		switch {
		case names[e.Name]:
			return c.failAt(e.at, e.Name, "is in the directory twice")
		case e.offset%uint64(align) != 0:
			return c.failAt(e.at, e.Name, "has offset %d, not a multiple of %d", e.offset, align)
		case start > size || e.offset > size-start || e.bytes > size-start-e.offset:
			return c.failAt(e.at, e.Name, "takes %d bytes from offset %d, past the end of the file at %d", e.bytes, e.offset, size)
		}
		names[e.Name] = true
		e.Offset = int64(start + e.offset)
		e.Data = c.data[e.Offset : e.Offset+int64(e.bytes) : e.Offset+int64(e.bytes)]
		p.tensors = append(p.tensors, e.Tensor)
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.offset, b.offset) })
	for i := 1; i < len(entries); i++ {
		if a, b := entries[i-1], entries[i]; a.offset+a.bytes > b.offset {
			return c.failAt(b.at, b.Name, "overlaps %s", a.Name)
		}
	}
	return nil
}
