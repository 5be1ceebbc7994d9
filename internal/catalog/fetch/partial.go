package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/hearthbox/hearth/internal/catalog/disk"
)

// partial is a file on its way and what has arrived of it.
type partial struct {
	path    string // its name once it is whole
	file    *os.File
	journal *journal
	layout
	chunks []chunk
	over   bool // nothing is left of it under its names here
}

// chunk is a part of the file, as it was received.
type chunk struct {
	done bool
	sum  sum
	from string // the name of the mirror
}

func partialPath(path string) string { return path + ".partial" }
func journalPath(path string) string { return path + ".journal" }

// openPartial opens and locks what there is of a file, or makes it.
func openPartial(path string) (*partial, error) {
	j, err := openJournal(journalPath(path))
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(partialPath(path), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		j.close()
		return nil, err
	}
	return &partial{path: path, file: f, journal: j}, nil
}

// close leaves behind what can be resumed, and nothing if that is nothing.
func (p *partial) close() {
	if !p.over && p.vain() {
		_ = p.discard()
	}
	_ = p.file.Close()
	p.journal.close()
}

// vain reports whether nothing has arrived, now or earlier.
func (p *partial) vain() bool {
	info, err := p.journal.file.Stat()
	return err == nil && info.Size() == 0 || p.chunks != nil && len(p.missing()) == p.count()
}

func (p *partial) discard() error {
	p.over = true
	if err := os.Remove(partialPath(p.path)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return p.journal.remove()
}

// resume takes up what is there of the file the header names. It reports false if
// there is nothing of use.
func (p *partial) resume(want header) (bool, error) {
	h, arrivals, err := p.journal.read()
	if errors.Is(err, errNoJournal) {
		return false, nil
	}
	want.Chunk = h.Chunk // what is cut stays cut
	if err != nil || h != want {
		return false, err
	}
	info, err := p.file.Stat()
	if err != nil || info.Size() != h.Bytes {
		return false, err
	}
	p.layout = h.layout()
	p.chunks = make([]chunk, p.count())
	for _, a := range arrivals {
		s, _ := parseSum(a.SHA256)
		p.chunks[a.Chunk] = chunk{true, s, a.From}
	}
	return true, nil
}

// begin starts from nothing.
func (p *partial) begin(h header) error {
	if err := p.journal.begin(h); err != nil {
		return err
	}
	p.layout = h.layout()
	p.chunks = make([]chunk, p.count())
	if err := p.empty(h.Bytes); err != nil {
		return err
	}
	return errors.Join(p.file.Sync(), disk.SyncFolder(filepath.Dir(p.path)))
}

// empty gives up old bytes, which may be another file's, and makes room for new ones.
func (p *partial) empty(bytes int64) error {
	if err := p.file.Truncate(0); err != nil {
		return err
	}
	return allocate(p.file, bytes)
}

// arrived puts a chunk on disk and then into the journal.
func (p *partial) arrived(i int, s sum, from string) error {
	if err := p.file.Sync(); err != nil {
		return err
	}
	return p.journal.add(arrival{i, hex.EncodeToString(s[:]), from})
}

// doneBytes counts what has arrived.
func (p *partial) doneBytes() (n int64) {
	for i, c := range p.chunks {
		if c.done {
			n += p.span(i).len()
		}
	}
	return n
}

// missing lists the chunks that have not arrived.
func (p *partial) missing() (list []int) {
	for i, c := range p.chunks {
		if !c.done {
			list = append(list, i)
		}
	}
	return list
}

// recheck reads every chunk that is said to be there and forgets those that the
// disk has not kept.
func (p *partial) recheck(ctx context.Context, read func(int64)) error {
	var next atomic.Int64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			buf := make([]byte, bufferBytes)
			for i := next.Add(1) - 1; i < int64(len(p.chunks)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				p.recheckChunk(ctx, int(i), buf, read)
			}
		})
	}
	all.Wait()
	return ctx.Err()
}

// recheckChunk takes a chunk that can't be read for one that is not there.
func (p *partial) recheckChunk(ctx context.Context, i int, buf []byte, read func(int64)) {
	if !p.chunks[i].done {
		return
	}
	s, err := p.hash(ctx, p.span(i), buf, read)
	if ctx.Err() == nil && (err != nil || s != p.chunks[i].sum) {
		p.chunks[i] = chunk{}
	}
}

// hash reads a span from disk.
func (p *partial) hash(ctx context.Context, s span, buf []byte, read func(int64)) (sum, error) {
	h := sha256.New()
	r := io.NewSectionReader(p.file, s.start, s.len())
	for done := int64(0); done < s.len(); {
		if ctx.Err() != nil {
			return sum{}, ctx.Err()
		}
		n, err := r.Read(buf)
		if err != nil {
			return sum{}, err
		}
		h.Write(buf[:n])
		done += int64(n)
		read(int64(n))
	}
	return sum(h.Sum(nil)), nil
}

// publish gives the file its name, on disk before it returns.
func (p *partial) publish() error {
	if err := p.file.Sync(); err != nil {
		return err
	}
	if err := os.Rename(partialPath(p.path), p.path); err != nil {
		return err
	}
	dir := filepath.Dir(p.path)
	if err := disk.SyncFolder(dir); err != nil {
		return err
	}
	p.over = true
	if err := p.journal.remove(); err != nil {
		return err
	}
	return disk.SyncFolder(dir)
}
