package gguf

import (
	"errors"
	"fmt"
)

// ErrMissing is wrapped by the [Error] of a getter whose key is not in the file.
var ErrMissing = errors.New("not in the file")

// Error says what is wrong with a file, and where.
type Error struct {
	Path   string // the file, empty when read from memory
	Field  string // a metadata key, a tensor's name, or a part of the header
	Offset int64  // of the field in the file, in bytes; -1 if it has no place
	Err    error
}

func (e *Error) Error() string {
	s := e.Field
	if e.Offset >= 0 {
		s = fmt.Sprintf("%s at offset %d", s, e.Offset)
	}
	if e.Path != "" {
		s = e.Path + ": " + s
	}
	return s + ": " + e.Err.Error()
}

// Unwrap returns the reason without the place.
func (e *Error) Unwrap() error { return e.Err }
