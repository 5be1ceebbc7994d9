//go:build unix

// Package disk is what the catalogue asks of a file system beyond the os package: folders
// that are locked while they are on their way in or out, free space, and entries that
// are really on disk. It knows nothing of models.
package disk

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Incoming begins the names of folders that are on their way in. The catalogue sweeps
// them away when nobody holds their lock any more.
const Incoming = ".incoming-"

// LockName is a file in a folder on its way in or out. Whoever works on the folder
// holds a lock on it, which ends with the process, however that ends.
const LockName = ".lock"

// LockedFolder makes a fresh folder in dir and locks it.
func LockedFolder(dir, prefix string) (path string, unlock func(), err error) {
	if path, err = os.MkdirTemp(dir, prefix); err != nil {
		return "", nil, err
	}
	f, err := os.OpenFile(filepath.Join(path, LockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return "", nil, err
	}
	return path, func() { _ = f.Close() }, nil
}

// TryLock reports whether nobody works on the folder any more.
func TryLock(path string) (unlock func(), ok bool) {
	f, err := os.OpenFile(filepath.Join(path, LockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, false
	}
	if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
		_ = f.Close()
		return nil, false
	}
	return func() { _ = f.Close() }, true
}

// FreeBytes is what an ordinary user may still write to the file system of a folder.
func FreeBytes(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

// SyncFolder puts a folder's entries on disk.
func SyncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
