//go:build !unix

package gguf

import "os"

// mapFile reads the file into memory where there is no mmap.
func mapFile(path string) ([]byte, error) {
	if err := regular(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

func unmap([]byte) error { return nil }
