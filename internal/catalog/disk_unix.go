//go:build unix

package catalog

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// lockName is a file in a folder on its way in or out. Whoever works on the folder
// holds a lock on it, which ends with the process, however that ends.
const lockName = ".lock"

// lockedFolder makes a fresh folder in dir and locks it.
func lockedFolder(dir, prefix string) (path string, unlock func(), err error) {
	if path, err = os.MkdirTemp(dir, prefix); err != nil {
		return "", nil, err
	}
	f, err := os.OpenFile(filepath.Join(path, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return "", nil, err
	}
	return path, func() { _ = f.Close() }, nil
}

// tryLock reports whether nobody works on the folder any more.
func tryLock(path string) (unlock func(), ok bool) {
	f, err := os.OpenFile(filepath.Join(path, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, false
	}
	if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
		_ = f.Close()
		return nil, false
	}
	return func() { _ = f.Close() }, true
}

// freeBytes is what an ordinary user may still write to the file system of a folder.
func freeBytes(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

// syncFolder puts a folder's entries on disk.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
