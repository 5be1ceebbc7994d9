package fetch

import (
	"os"
	"path/filepath"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/disk"
)

// room checks that files will fit, each file system on its own.
func room(files []File) error {
	need, dirs := map[uint64]int64{}, map[uint64]string{}
	for _, f := range files {
		dir := filepath.Dir(f.Path)
		fs, err := fileSystem(dir)
		if err != nil {
			return fileError(dir, err, 0)
		}
		if _, err := os.Stat(f.Path); err == nil {
			continue
		}
		need[fs] += max(0, f.Bytes-takenBytes(partialPath(f.Path)))
		dirs[fs] = dir
	}
	for fs, dir := range dirs {
		free, err := disk.FreeBytes(dir)
		if err != nil {
			return fileError(dir, err, 0)
		}
		if free < need[fs] {
			return hearth.NewError(hearth.DiskFull, "path", dir, "free_bytes", free, "need_bytes", need[fs])
		}
	}
	return nil
}
