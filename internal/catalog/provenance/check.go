package provenance

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/disk"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// Change is how a file differs from its manifest.
type Change string

// The ways to differ.
const (
	Missing Change = "missing"
	Extra   Change = "extra"
	Changed Change = "changed" // same length, other bytes
	Resized Change = "resized"
	Odd     Change = "odd" // a link, a device, a pipe or a socket
)

// Difference is a file that is not as its manifest says.
type Difference struct {
	Path       string
	Change     Change
	Want, Have int64 // bytes, where Change is [Resized]
}

// String is the difference in words.
func (d Difference) String() string {
	switch d.Change {
	case Resized:
		return fmt.Sprintf("%s has %d bytes instead of %d", d.Path, d.Have, d.Want)
	case Odd:
		return d.Path + " is no regular file"
	case Extra:
		return d.Path + " should not be there"
	}
	return d.Path + " is " + string(d.Change)
}

// Check compares a folder with a manifest and reports every difference, in the order
// of the paths. Files are compared by their tree hashes, with all cores. An error
// means that the folder could not be read, not that it differs.
func Check(ctx context.Context, dir string, m Manifest, o Options) ([]Difference, error) {
	if err := m.check(); err != nil {
		return nil, invalidManifest(err)
	}
	f, err := openFolder(dir, o.Ignore)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sizes, files := map[string]int64{}, map[string]File{}
	for _, x := range m.Files {
		sizes[x.Path], files[x.Path] = x.Bytes, x
	}
	diffs, same := f.compare(sizes)
	work := newReading(o, total(same))
	changed := make([]bool, len(same))
	err = work.each(ctx, len(same), func(ctx context.Context, i int) error {
		s, err := work.file(ctx, f, same[i], cryptosuite.WantTrees)
		file := files[same[i].path]
		changed[i] = s.TreeSHA256 != file.TreeSHA256 || s.TreeSM3 != file.TreeSM3
		return err
	})
	if err != nil {
		return nil, disk.Error(dir, err)
	}
	for i, c := range changed {
		if c {
			diffs = append(diffs, Difference{Path: same[i].path, Change: Changed})
		}
	}
	return inOrder(diffs), nil
}

// compare finds the differences that need no reading, and the files that do. A size
// below zero is not compared.
func (f *folder) compare(sizes map[string]int64) (diffs []Difference, same []found) {
	seen := map[string]bool{}
	for _, path := range f.odd {
		seen[path] = true
		diffs = append(diffs, Difference{Path: path, Change: Odd})
	}
	for _, x := range f.files {
		seen[x.path] = true
		want, ok := sizes[x.path]
		switch have := x.info.Size(); {
		case !ok:
			diffs = append(diffs, Difference{Path: x.path, Change: Extra})
		case want >= 0 && want != have:
			diffs = append(diffs, Difference{x.path, Resized, want, have})
		default:
			same = append(same, x)
		}
	}
	for path := range sizes {
		if !seen[path] {
			diffs = append(diffs, Difference{Path: path, Change: Missing})
		}
	}
	return diffs, same
}

func total(files []found) (bytes int64) {
	for _, x := range files {
		bytes += x.info.Size()
	}
	return bytes
}

func inOrder(diffs []Difference) []Difference {
	slices.SortFunc(diffs, func(a, b Difference) int { return strings.Compare(a.Path, b.Path) })
	return diffs
}

// shownMax bounds how many differences an error lists.
const shownMax = 5

// Tampered is the [hearth.ModelTampered] error of a model with differences, nil if
// there are none.
func Tampered(model string, diffs []Difference) error {
	if len(diffs) == 0 {
		return nil
	}
	var shown []string
	for _, d := range diffs[:min(len(diffs), shownMax)] {
		shown = append(shown, d.String())
	}
	detail := strings.Join(shown, "; ")
	if n := len(diffs) - shownMax; n > 0 {
		detail += fmt.Sprintf("; and %d more", n)
	}
	return hearth.NewError(hearth.ModelTampered, "model", model, "detail", detail)
}
