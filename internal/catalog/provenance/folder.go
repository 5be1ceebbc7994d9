package provenance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sync/errgroup"

	"github.com/hearthbox/hearth/internal/catalog/disk"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// filesMax bounds the files of one folder. The largest models published have some
// hundreds.
const filesMax = 20_000

// SignedName is the file in a model's folder that holds its signed manifest. It is
// never part of a manifest itself.
const SignedName = ".hearth-manifest.json"

// Options are the ways of going through a folder.
type Options struct {
	// Ignore lists paths that are left out, each with everything below it.
	Ignore []string

	// Cores is how many are used, 0 for as many as may be.
	Cores int

	// Progress, if not nil, is told how many of how many bytes are done. It is not
	// called twice at once, and not after the call it was given to has returned.
	Progress func(done, total int64)
}

// folder is a folder being looked at. Its files are reached through it only, so that
// no link leads out of it.
type folder struct {
	*os.Root
	files []found // in the order of their paths' bytes
	odd   []string
}

// found is a regular file.
type found struct {
	path string
	info fs.FileInfo
}

// openFolder lists a folder. What is neither file nor folder is listed as odd.
func openFolder(dir string, ignore []string) (*folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, disk.Error(dir, err)
	}
	f := &folder{Root: root}
	err = fs.WalkDir(root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return f.see(path, d, ignore)
	})
	if err != nil {
		return nil, errors.Join(disk.Error(dir, err), root.Close())
	}
	// A walk comes by a/b before a.b.
	slices.SortFunc(f.files, func(a, b found) int { return strings.Compare(a.path, b.path) })
	return f, nil
}

func (f *folder) see(path string, d fs.DirEntry, ignore []string) error {
	switch {
	case path == SignedName || covered(ignore, path):
		if d.IsDir() {
			return fs.SkipDir
		}
		return nil
	case d.IsDir():
		return nil
	case len(f.files)+len(f.odd) == filesMax:
		return fmt.Errorf("it has more than %d files", filesMax)
	}
	if err := checkPath(path); err != nil {
		return err
	}
	if !d.Type().IsRegular() {
		f.odd = append(f.odd, path)
		return nil
	}
	info, err := d.Info()
	f.files = append(f.files, found{path, info})
	return err
}

// plain refuses a folder with anything odd in it.
func (f *folder) plain() error {
	if len(f.odd) == 0 {
		return nil
	}
	return disk.Error(filepath.Join(f.Name(), f.odd[0]), errors.New("it is a link, a device, a pipe or a socket"))
}

// open opens the file that was found: that very one, even if another has taken its
// name since. A pipe in its place does not block.
func (f *folder) open(x found) (*os.File, error) {
	file, err := f.OpenFile(filepath.FromSlash(x.path), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !os.SameFile(info, x.info) {
		err = errors.New("it was replaced while being read")
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// reading is work on files that share cores, memory and a count of bytes.
type reading struct {
	hasher *cryptosuite.Hasher
	limit  int

	mu          sync.Mutex
	done, total int64
	progress    func(done, total int64)
}

func newReading(o Options, total int64) *reading {
	cores := o.Cores
	if cores <= 0 {
		cores = runtime.GOMAXPROCS(0)
	}
	return &reading{hasher: cryptosuite.NewHasher(cores), limit: cores, total: total, progress: o.Progress}
}

// each does n pieces of work, as many at a time as there are cores. The first error
// ends it.
func (r *reading) each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(r.limit)
	for i := range n {
		if inner.Err() != nil {
			break
		}
		g.Go(func() error { return do(inner, i) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// sum computes digests of the next bytes of a stream, which must be exactly so many
// to its end.
func (r *reading) sum(ctx context.Context, src io.Reader, bytes int64, want cryptosuite.Want) (cryptosuite.Sums, error) {
	// One byte more shows a file that has grown, and an endless one ends.
	sums, err := r.hasher.Sum(ctx, io.TeeReader(io.LimitReader(src, bytes+1), r), want)
	if err == nil && sums.Bytes != bytes {
		err = errors.New("its length changed while it was read")
	}
	return sums, err
}

// file computes digests of a file of a folder.
func (r *reading) file(ctx context.Context, f *folder, x found, want cryptosuite.Want) (cryptosuite.Sums, error) {
	path := filepath.Join(f.Name(), x.path)
	src, err := f.open(x)
	if err != nil {
		return cryptosuite.Sums{}, disk.Error(path, err)
	}
	defer src.Close()
	s, err := r.sum(ctx, src, x.info.Size(), want)
	if err != nil {
		return cryptosuite.Sums{}, disk.Error(path, err)
	}
	return s, nil
}

// Write counts bytes that were read.
func (r *reading) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done += int64(len(b))
	if r.progress != nil {
		r.progress(min(r.done, r.total), r.total)
	}
	return len(b), nil
}
