package appliance

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/disk"
)

// Models that are made here: of larger ones, or of other people's formats.

// Target is where a model that is made goes: to a file, or into the appliance under a
// name.
type Target struct {
	Path string
	Name string
}

// Made is a model that was made.
type Made struct {
	Model     string  `json:"model,omitempty"` // its name, if it was taken into the appliance
	Path      string  `json:"path"`
	FileBytes int64   `json:"file_bytes"`
	Seconds   float64 `json:"seconds"`
}

// produce writes a file of about so many bytes to the target, whole or not at all. A
// model that is taken in is sealed.
func (d *Data) produce(ctx context.Context, to Target, bytes int64, write func(w io.Writer) error) (made Made, err error) {
	began := time.Now()
	one := func(path string) error {
		made.FileBytes, err = draft(path, bytes, write)
		return err
	}
	if to.Path != "" {
		made.Path = to.Path
		if err := one(to.Path); err != nil {
			return made, err
		}
	} else {
		m, err := d.Catalog.Make(ctx, to.Name, one)
		if err != nil {
			return made, err
		}
		made.Model, made.Path = m.ID, m.Path
		if err := d.Seal(ctx, m.ID, nil); err != nil {
			return made, err
		}
	}
	made.Seconds = time.Since(began).Seconds()
	return made, nil
}

// draft writes a file, for which there must be room.
func draft(path string, bytes int64, write func(w io.Writer) error) (written int64, err error) {
	dir := filepath.Dir(path)
	if err := disk.Room(dir, bytes); err != nil {
		return 0, err
	}
	f, err := disk.NewDraft(path)
	if errors.Is(err, fs.ErrExist) {
		return 0, hearth.NewError(hearth.FileFailed, "path", path, "detail", say("it exists already", "该文件已存在"))
	}
	if err != nil {
		return 0, disk.Error(path, err)
	}
	defer f.Discard()
	b := bufio.NewWriterSize(f, 1<<20)
	if err := write(b); err != nil {
		return 0, err
	}
	if err := b.Flush(); err != nil {
		return 0, disk.Error(path, err)
	}
	info, err := f.Stat()
	if err != nil {
		return 0, disk.Error(path, err)
	}
	if err := f.Publish(); err != nil {
		return 0, disk.Error(path, err)
	}
	return info.Size(), nil
}

// without drops what names of models end with to say which format they are in.
func without(name string, formats ...string) string {
	for _, f := range formats {
		for _, sep := range []string{"-", ".", "_"} {
			if n, ok := strings.CutSuffix(strings.ToLower(name), sep+f); ok && n != "" {
				return name[:len(n)]
			}
		}
	}
	return name
}
