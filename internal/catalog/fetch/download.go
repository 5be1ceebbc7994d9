package fetch

import (
	"context"
	"encoding/hex"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
)

// restartsMax bounds how often a file that changes at its only mirror is begun again.
const restartsMax = 3

// errChanged ends a download whose bytes are those of a version that is no more.
var errChanged = errors.New("the file changed at its mirror")

// download is one file on its way.
type download struct {
	File
	Options
	*link
	*meter
	*partial
	mirrors []*mirror
	accused []string // mirrors whose bytes were replaced

	work
}

// deliver brings the file here.
func (d *download) deliver(ctx context.Context) (Result, error) {
	p, err := openPartial(d.Path)
	if err != nil {
		return Result{}, err
	}
	defer p.close()
	d.partial = p
	if r, ok, err := d.there(ctx); ok || err != nil {
		return r, err
	}
	s, err := d.bring(ctx)
	for n := 0; n < restartsMax && d.again(err); n++ {
		d.restarted()
		s, err = d.bring(ctx)
	}
	if errors.Is(err, errChanged) {
		err = d.failure()
	}
	if err != nil {
		return Result{}, err
	}
	if err := p.publish(); err != nil {
		return Result{}, err
	}
	return d.result(s), nil
}

// again reports whether a download without a SHA-256, whose bytes all have to come
// from one mirror, should begin anew: there, if the file changed, or elsewhere, if
// nothing has arrived yet.
func (d *download) again(err error) bool {
	_, failed := errors.AsType[*mirrorsError](err)
	if d.SHA256 != "" || !failed || !d.vain() || len(d.mirrors) > 1 || len(d.Mirrors) == 1 {
		return errors.Is(err, errChanged)
	}
	source := d.mirrors[0].url
	d.Mirrors = slices.DeleteFunc(slices.Clone(d.Mirrors), func(u string) bool { return u == source })
	return true
}

func (d *download) result(s sum) Result {
	d.phase(Arrived, d.bytes, d.bytes)
	return Result{Path: d.Path, Bytes: d.bytes, SHA256: hex.EncodeToString(s[:]), Verified: d.SHA256 != "", Corrupt: d.liars()}
}

// there looks whether the file has arrived before.
func (d *download) there(ctx context.Context) (Result, bool, error) {
	f, err := os.Open(d.Path)
	if errors.Is(err, os.ErrNotExist) {
		return Result{}, false, nil
	}
	if err != nil {
		return Result{}, false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Result{}, false, err
	}
	if d.SHA256 == "" || !info.Mode().IsRegular() || d.Bytes > 0 && info.Size() != d.Bytes {
		return Result{}, false, d.occupied()
	}
	d.phase(Verifying, 0, info.Size())
	p := partial{file: f}
	s, err := p.hash(ctx, span{0, info.Size()}, make([]byte, bufferBytes), d.add)
	if err != nil {
		return Result{}, false, err
	}
	if !d.right(s) {
		return Result{}, false, d.occupied()
	}
	d.bytes = info.Size()
	return d.result(s), true, d.discard()
}

func (d *download) occupied() error {
	return hearth.NewError(hearth.FileFailed, "path", d.Path, "detail", "something else lies there already")
}

// right reports whether this is what the whole file must have; true if nobody knows.
func (d *download) right(s sum) bool {
	return d.SHA256 == "" || strings.EqualFold(hex.EncodeToString(s[:]), d.SHA256)
}

// bring does everything but give the file its name.
func (d *download) bring(ctx context.Context) (sum, error) {
	d.phase(Asking, 0, -1)
	d.mirrors, d.work = newMirrors(d.Mirrors, d.Parallel), work{outcomes: make(chan outcome)}
	d.chunks, d.accused = nil, nil
	first, err := d.survey(ctx)
	if err != nil {
		return sum{}, err
	}
	if first.whole {
		return d.stream(ctx)
	}
	if err := d.open(ctx, first); err != nil {
		return sum{}, err
	}
	err = d.complete(ctx, Fetching)
	if _, failed := errors.AsType[*mirrorsError](err); failed && slices.ContainsFunc(d.mirrors, (*mirror).streams) {
		d.restarted()
		return d.stream(ctx)
	}
	if err != nil {
		return sum{}, err
	}
	return d.verified(ctx)
}

// open takes up what has arrived of the file that a mirror has, or begins.
func (d *download) open(ctx context.Context, first *mirror) error {
	l := newLayout(first.bytes, d.ChunkBytes)
	h := header{Version: journalVersion, Bytes: l.bytes, Chunk: l.chunk, SHA256: strings.ToLower(d.SHA256)}
	if d.SHA256 == "" {
		d.mirrors = []*mirror{first}
		h.Mirror, h.ETag, h.Modified = first.name, first.etag, first.modified
	}
	bound := d.SHA256 != "" || first.validators != validators{}
	if bound {
		if ok, err := d.resume(h); err != nil {
			return err
		} else if ok {
			d.phase(Checking, 0, d.doneBytes())
			return d.recheck(ctx, d.add)
		}
	}
	if err := room([]File{{Path: d.Path, Bytes: l.bytes}}); err != nil {
		return err
	}
	return d.begin(h)
}
