package provenance

import (
	"context"
	"io"
	"path/filepath"
	"slices"

	"github.com/hearthbox/hearth/internal/catalog/disk"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// Check compares a folder with what was signed and reports every difference. Of the
// options' ignored paths only a signature that lies in the folder should be one: what
// the signer left out is left out anyway.
func (s *Statement) Check(ctx context.Context, dir string, o Options) ([]Difference, error) {
	f, err := openFolder(dir, slices.Concat(o.Ignore, s.Ignored))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	diffs, same := f.compare(s.sizes(f))
	byPath := map[string]found{}
	for _, x := range same {
		byPath[x.path] = x
	}
	work := newReading(o, total(same))
	changed := make([]bool, len(s.resources))
	err = work.each(ctx, len(s.resources), func(ctx context.Context, i int) error {
		x, ok := byPath[s.resources[i].path]
		if !ok {
			return nil // a difference already
		}
		d, err := work.part(ctx, f, x, s.resources[i])
		changed[i] = d != s.resources[i].digest
		return err
	})
	if err != nil {
		return nil, disk.Error(dir, err)
	}
	said := map[string]bool{}
	for i, r := range s.resources {
		if changed[i] && !said[r.path] {
			said[r.path] = true
			diffs = append(diffs, Difference{Path: r.path, Change: Changed})
		}
	}
	return inOrder(diffs), nil
}

// sizes is how long each file must be, -1 where that was not signed.
func (s *Statement) sizes(f *folder) map[string]int64 {
	sizes := map[string]int64{}
	for _, r := range s.resources {
		sizes[r.path] = max(sizes[r.path], r.end)
		if r.end < 0 {
			sizes[r.path] = -1
		}
	}
	for _, x := range f.files {
		// Empty files have no shards: they are there or not, unsigned.
		if _, ok := sizes[x.path]; !ok && s.shardBytes > 0 && x.info.Size() == 0 {
			sizes[x.path] = 0
		}
	}
	return sizes
}

// part is the SHA-256 of a resource in a file.
func (r *reading) part(ctx context.Context, f *folder, x found, what resource) (cryptosuite.Digest, error) {
	path := filepath.Join(f.Name(), x.path)
	src, err := f.open(x)
	if err != nil {
		return cryptosuite.Digest{}, disk.Error(path, err)
	}
	defer src.Close()
	from, bytes := io.Reader(src), x.info.Size()
	if what.end >= 0 {
		bytes = what.end - what.start
		from = io.NewSectionReader(src, what.start, bytes)
	}
	s, err := r.sum(ctx, from, bytes, cryptosuite.WantSHA256)
	if err != nil {
		return cryptosuite.Digest{}, disk.Error(path, err)
	}
	return s.SHA256, nil
}
