package fetch

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// allocate gives a file its length and, where the file system can, its space.
func allocate(f *os.File, bytes int64) error {
	if bytes == 0 {
		return f.Truncate(0)
	}
	err := unix.Fallocate(int(f.Fd()), 0, 0, bytes)
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
		return f.Truncate(bytes)
	}
	return err
}
