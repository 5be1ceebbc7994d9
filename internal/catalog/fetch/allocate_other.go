//go:build unix && !linux

package fetch

import "os"

// allocate gives a file its length.
func allocate(f *os.File, bytes int64) error { return f.Truncate(bytes) }
