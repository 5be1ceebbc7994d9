//go:build unix && !linux

package disk

import (
	"errors"
	"os"
)

// nameless is what this system does not have.
func nameless(string) (*os.File, error) { return nil, errors.ErrUnsupported }

// link gives a file another name.
func link(from, to string) error { return os.Link(from, to) }
