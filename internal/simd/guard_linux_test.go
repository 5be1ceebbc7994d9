package simd_test

import (
	"math/rand/v2"
	"os"
	"syscall"
	"testing"

	"github.com/hearthbox/hearth/internal/simd"
	"github.com/hearthbox/hearth/internal/simd/simdtest"
)

// TestNothingBeyondRowsIsRead has rows that end where the memory does, as the last ones
// of a mapped file may.
func TestNothingBeyondRowsIsRead(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 24))
	for _, f := range simd.Formats() {
		for _, n := range []int{1, 4, 17, 33} {
			length := max(f.BlockLen, 32) * (1 + n%3)
			rows := lastBytes(t, n*f.RowBytes(length))
			copy(rows, simdtest.Row(rng, f, n*length, 0.1))
			for _, tokens := range []int{1, 3, 8} {
				x := make([]float32, tokens*length)
				for i := range x {
					x[i] = float32(rng.IntN(9) - 4)
				}
				check(t, f, rows, n, x, tokens)
			}
		}
	}
}

// lastBytes are n bytes before a page that may not be touched.
func lastBytes(t *testing.T, n int) []byte {
	t.Helper()
	page := os.Getpagesize()
	room := (n + page - 1) / page * page
	m, err := syscall.Mmap(-1, 0, room+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(m) })
	if err := syscall.Mprotect(m[room:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	return m[room-n : room]
}
