package disk

import (
	"context"
	"errors"

	"github.com/hearthbox/hearth"
)

// Room checks that so many bytes fit into a folder's file system.
func Room(dir string, need int64) error {
	free, err := FreeBytes(dir)
	if err != nil {
		return Error(dir, err)
	}
	if free < need {
		return hearth.NewError(hearth.DiskFull, "path", dir, "free_bytes", free, "need_bytes", need)
	}
	return nil
}

// Error is trouble with a file, in words that need no errno. What is an error of
// hearth's already stays as it is.
func Error(path string, err error) error {
	if _, ok := errors.AsType[*hearth.Error](err); ok {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return hearth.NewError(hearth.Canceled).Because(err)
	}
	return hearth.FileError(path, err)
}
