package gguf

import (
	"encoding/binary"
	"fmt"
)

// cursor walks over a file's bytes. pos never passes len(data), so what is left
// is always a safe subtraction; every step names the field it is for.
type cursor struct {
	path string
	data []byte
	pos  int
}

func (c *cursor) left() int { return len(c.data) - c.pos }

func (c *cursor) fail(field, format string, args ...any) error {
	return c.failAt(c.pos, field, format, args...)
}

func (c *cursor) failAt(pos int, field, format string, args ...any) error {
	return &Error{Path: c.path, Field: field, Offset: int64(pos), Err: fmt.Errorf(format, args...)}
}

// take is the next n bytes, which are not copied.
func (c *cursor) take(field string, n uint64) ([]byte, error) {
	if n > uint64(c.left()) {
		return nil, c.fail(field, "%d bytes are stated and %d are left in the file", n, c.left())
	}
	b := c.data[c.pos : c.pos+int(n)]
	c.pos += int(n)
	return b, nil
}

func (c *cursor) u32(field string) (uint32, error) {
	b, err := c.take(field, 4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (c *cursor) u64(field string) (uint64, error) {
	b, err := c.take(field, 8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

// text is a string of at most limit bytes.
func (c *cursor) text(field string, limit uint64) (string, error) {
	at := c.pos
	n, err := c.u64(field)
	if err != nil {
		return "", err
	}
	if n > limit {
		return "", c.failAt(at, field, "is %d bytes long, more than %d", n, limit)
	}
	b, err := c.take(field, n)
	return string(b), err
}

// count reads how many items follow, each of at least size bytes, and refuses a
// number above limit or that the rest of the file could not hold.
func (c *cursor) count(field string, size int, limit uint64) (int, error) {
	at := c.pos
	n, err := c.u64(field)
	if err != nil {
		return 0, err
	}
	if n > limit {
		return 0, c.failAt(at, field, "%d are stated, more than %d", n, limit)
	}
	if n > uint64(c.left())/uint64(size) {
		return 0, c.failAt(at, field, "%d are stated, more than %d bytes can hold", n, c.left())
	}
	return int(n), nil
}
