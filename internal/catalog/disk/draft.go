package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Draft is a file that is being written, and appears under its name complete or not at
// all. Where the system allows that it has no name before, so that nothing is left of
// it when the process is killed; elsewhere it has another one, beside it.
type Draft struct {
	*os.File
	path  string
	named bool
}

// NewDraft begins a file, which must not be there yet: [fs.ErrExist].
func NewDraft(path string) (*Draft, error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	if f, err := nameless(filepath.Dir(path)); err == nil {
		return &Draft{File: f, path: path}, nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), Incoming)
	if err != nil {
		return nil, err
	}
	return &Draft{File: f, path: path, named: true}, nil
}

// Publish puts the file on disk and gives it its name, unless something else has it by
// now. The draft is closed, whatever happens.
func (d *Draft) Publish() error {
	defer d.Discard()
	if err := d.Sync(); err != nil {
		return err
	}
	from := d.Name()
	if !d.named {
		from = fmt.Sprintf("/proc/self/fd/%d", d.Fd())
	}
	if err := link(from, d.path); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(d.path))
}

// Discard lets go of the file. After Publish it does nothing more.
func (d *Draft) Discard() {
	if err := d.Close(); errors.Is(err, os.ErrClosed) {
		return
	}
	if d.named {
		_ = os.Remove(d.Name())
	}
}
