//go:build linux

package fetch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/fetch"
	"golang.org/x/sys/unix"
)

// small mounts a file system of so many bytes, where that is allowed.
func small(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Skipf("no small file system can be mounted here (%v); TestFileLimit covers the like", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

// serve is a site over real connections.
func serve(t *testing.T, s *site) string {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server.URL
}

// TestNoRoom: what can't fit is refused before anything is written.
func TestNoRoom(t *testing.T) {
	dir := small(t, 64<<10)
	s := &site{content: content(1, 100<<10)}
	for _, known := range []int64{0, 100 << 10} {
		f := fetch.File{Path: filepath.Join(dir, "f"), Bytes: known, Mirrors: []string{serve(t, s)}}
		if _, err := fetch.Fetch(t.Context(), []fetch.File{f}, fetch.Options{ChunkBytes: chunkBytes}); code(err) != hearth.DiskFull {
			t.Errorf("got %v", err)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
	if s.asked > 0 {
		t.Errorf("%d bytes were fetched for nothing", s.asked)
	}
}

// TestDiskFills: when somebody else takes the room that the journal needs, the
// download ends with that, and later continues with all that was acknowledged.
func TestDiskFills(t *testing.T) {
	dir := small(t, 1<<20)
	data := content(2, 200*chunkBytes)
	s := &site{content: data}
	hog := filepath.Join(dir, "hog")
	s.fault = func(r request) string {
		if r.n == 90 {
			fill(t, hog)
		}
		return ""
	}
	f := fetch.File{Path: filepath.Join(dir, "f"), SHA256: digest(data), Mirrors: []string{serve(t, s)}}
	o := fetch.Options{ChunkBytes: chunkBytes, Parallel: 4}
	if _, err := fetch.Fetch(t.Context(), []fetch.File{f}, o); code(err) != hearth.DiskFull {
		t.Fatalf("got %v", err)
	}
	if err := os.Remove(hog); err != nil {
		t.Fatal(err)
	}
	if _, err := fetch.Fetch(t.Context(), []fetch.File{f}, o); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(f.Path); err != nil || !bytes.Equal(got, data) {
		t.Errorf("got %d bytes (%v)", len(got), err)
	}
	if most := int64(len(data) + 4*chunkBytes); s.asked > most {
		t.Errorf("asked for %d bytes of %d", s.asked, len(data))
	}
}

// fill takes all the room there is.
func fill(t *testing.T, path string) {
	f, err := os.Create(path)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	for b := make([]byte, 4096); err == nil; {
		_, err = f.Write(b)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Error(err)
	}
}

// TestStreamFillsDisk: a file whose length nobody says runs into the end of the disk.
func TestStreamFillsDisk(t *testing.T) {
	dir := small(t, 256<<10)
	url := serve(t, &site{content: content(3, 400<<10), fault: always("unsized"), plain: true})
	f := fetch.File{Path: filepath.Join(dir, "f"), Mirrors: []string{url}}
	if _, err := fetch.Fetch(t.Context(), []fetch.File{f}, fetch.Options{}); code(err) != hearth.DiskFull {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestFileLimit: a write that fails in the middle of a chunk loses nothing that was
// acknowledged. The limit on the length of files is what makes it fail, in a process
// of its own, after the space was allocated.
func TestFileLimit(t *testing.T) {
	if dir := os.Getenv("HEARTH_TEST_LIMIT"); dir != "" {
		meetLimit(filepath.Join(dir, "f"))
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestFileLimit$", "-test.v")
	cmd.Env = append(os.Environ(), "HEARTH_TEST_LIMIT="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("resumed")) {
		t.Errorf("%v\n%s", err, out)
	}
}

func meetLimit(path string) {
	signal.Ignore(syscall.SIGXFSZ) // so that the write fails, not the process
	data := content(4, 100*chunkBytes)
	s := &site{content: data}
	limit := func(bytes uint64) {
		must(unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: bytes, Max: unix.RLIM_INFINITY}))
	}
	s.fault = func(r request) string {
		if r.n == 5 {
			limit(60*chunkBytes + 123)
		}
		return ""
	}
	server := httptest.NewServer(s)
	defer server.Close()
	f := fetch.File{Path: path, SHA256: digest(data), Mirrors: []string{server.URL}}
	o := fetch.Options{ChunkBytes: chunkBytes, Parallel: 4}
	if _, err := fetch.Fetch(context.Background(), []fetch.File{f}, o); code(err) != hearth.FileFailed {
		panic(fmt.Sprintf("at the limit: %v", err))
	}
	if s.asked < 50*chunkBytes {
		panic("the limit was met too early for a test")
	}
	limit(unix.RLIM_INFINITY)
	if _, err := fetch.Fetch(context.Background(), []fetch.File{f}, o); err != nil {
		panic(err)
	}
	if s.asked > int64(len(data)+4*chunkBytes) {
		panic(fmt.Sprintf("asked for %d bytes of %d", s.asked, len(data)))
	}
	fmt.Println("resumed")
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
