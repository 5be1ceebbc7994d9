package audit

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// Limits of a segment: a new one begins when either is reached.
const (
	segmentBytesMax = 64 << 20
	segmentAgeMax   = 30 * 24 * time.Hour
	headerBytesMax  = 16 << 10
)

// format is the version of the format, in the first line of every segment.
const format = "hearth audit 1"

// header is the first line of a segment: what the log was before it.
type header struct {
	Format string                   `json:"format"`
	Log    string                   `json:"log"`
	Hash   cryptosuite.HashFunction `json:"hash"`
	First  uint64                   `json:"first"` // number of the first record
	Prev   cryptosuite.Digest       `json:"prev"`  // leaf hash of the record before, or zeros
	Tree   []cryptosuite.Digest     `json:"tree"`  // roots of the perfect trees of all records before, largest first
}

// tail is where a log ends: all that is needed to go on with it.
type tail struct {
	log   string
	tree  cryptosuite.Frontier
	prev  cryptosuite.Digest
	last  time.Time // of the last record
	first uint64    // record of the segment
	begun time.Time // when the segment's first record was made; zero if it has none
	size  int64     // of the segment

	checked          uint64 // size of the last checkpoint
	checkedAt        time.Time
	checkpointsBytes int64
	prints           []byte // of the records since
}

func (t *tail) clone() *tail {
	c := *t
	c.tree = t.tree.Clone()
	c.prints = slices.Clip(t.prints)
	return &c
}

// advance takes a line into account, with its line feed.
func (t *tail) advance(l line, bytes int) {
	at := l.timeOf()
	if l.n == t.first {
		t.begun = at
	}
	p := l.print(t.tree.Function())
	t.prints = append(t.prints, p[:]...)
	t.tree.Add(l.leaf)
	t.prev, t.last, t.size = l.leaf, at, t.size+int64(bytes)
}

func segmentName(first uint64) string { return fmt.Sprintf("%016d.jsonl", first) }

// segments lists the segments of a folder by their first records, in order.
func segments(fsys fs.FS) ([]uint64, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	var list []uint64
	for _, e := range entries {
		digits, ok := strings.CutSuffix(e.Name(), ".jsonl")
		n, err := strconv.ParseUint(digits, 10, 64)
		if ok && err == nil && e.Name() == segmentName(n) {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return list, nil
}

func parseHeader(text []byte) (h header, err error) {
	if err := json.Unmarshal(text, &h); err != nil {
		return h, err
	}
	if h.Format != format {
		return h, fmt.Errorf("its format is %q, not %q", h.Format, format)
	}
	_, err = cryptosuite.NewFrontier(h.Hash, h.First, h.Tree)
	return h, err
}

// find reads where the log on the disk ends, and begins a log where there is none.
// What a crash has torn is moved aside; then torn says so.
func (l *Log) find() (t *tail, torn string, err error) {
	list, err := segments(os.DirFS(l.Folder))
	if err != nil {
		return nil, "", err
	}
	check, checkBytes, err := l.lastCheckpoint()
	if err != nil {
		return nil, "", err
	}
	if err := l.checkWitnesses(checkBytes); err != nil {
		return nil, "", err
	}
	if len(list) == 0 {
		if check.Log != "" {
			return nil, "", damaged("its records are gone")
		}
		t, err = l.begin()
		return t, "", err
	}
	first := list[len(list)-1]
	data, err := os.ReadFile(l.path(segmentName(first)))
	if err != nil {
		return nil, "", err
	}
	if t, err = readHeader(data, first); err != nil {
		return nil, "", damaged(segmentName(first) + ": " + err.Error())
	}
	t.checked, t.checkpointsBytes, t.checkedAt = check.Size, checkBytes, time.Now()
	if check.Log != "" && check.Log != t.log {
		return nil, "", damaged("its checkpoints are those of another log")
	}
	if first > check.Size {
		return nil, "", damaged("the checkpoint at the beginning of " + segmentName(first) + " is missing")
	}
	for f := t.tree.Function(); ; {
		if t.tree.Size() == check.Size {
			if check.Log != "" && t.tree.Root() != check.Root {
				return nil, "", damaged(fmt.Sprintf("the first %d records are not those that were signed", check.Size))
			}
			t.prints = nil
		}
		text, _, whole := bytes.Cut(data[t.size:], []byte("\n"))
		parsed, err := parseLine(f, text)
		if !whole || err != nil || parsed.n != t.tree.Size() || parsed.prev != t.prev {
			break
		}
		t.advance(parsed, len(text)+1)
	}
	if t.tree.Size() < check.Size {
		return nil, "", damaged(fmt.Sprintf("record %d is not sound, and it was signed", t.tree.Size()))
	}
	if rest := data[t.size:]; len(rest) > 0 {
		torn, err = l.heal(t, rest)
	}
	return t, torn, err
}

// readHeader begins a tail at a segment's first line.
func readHeader(data []byte, first uint64) (*tail, error) {
	text, _, whole := bytes.Cut(data[:min(len(data), headerBytesMax)], []byte("\n"))
	if !whole {
		return nil, errors.New("it has no first line")
	}
	h, err := parseHeader(text)
	if err != nil {
		return nil, err
	}
	if h.First != first {
		return nil, fmt.Errorf("it begins with record %d", h.First)
	}
	tree, err := cryptosuite.NewFrontier(h.Hash, h.First, h.Tree)
	return &tail{log: h.Log, tree: tree, prev: h.Prev, first: first, size: int64(len(text)) + 1}, err
}

// heal moves the torn end of a segment into a file of its own.
func (l *Log) heal(t *tail, rest []byte) (torn string, err error) {
	name := fmt.Sprintf("torn-%016d-%d", t.tree.Size(), time.Now().UnixNano())
	if err := writeWhole(l.path(name), rest); err != nil {
		return "", err
	}
	f, err := l.open(l.path(segmentName(t.first)))
	if err != nil {
		return "", err
	}
	defer f.Close()
	if err := cmp.Or(f.Truncate(t.size), f.Sync()); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d bytes after record %d were not whole and are in %s", len(rest), int64(t.tree.Size())-1, name), nil
}

// writeWhole makes a file, complete and for good, or not at all.
func writeWhole(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// newSegment begins the segment that follows the tail. The one before is under a
// checkpoint.
func (l *Log) newSegment(t *tail) error {
	h := header{format, t.log, t.tree.Function(), t.tree.Size(), t.prev, t.tree.Nodes()}
	if h.Tree == nil {
		h.Tree = []cryptosuite.Digest{}
	}
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if err := writeWhole(l.path(segmentName(h.First)), append(text, '\n')); err != nil {
		return err
	}
	t.first, t.size, t.begun = h.First, int64(len(text))+1, time.Time{}
	return nil
}

// expire removes the oldest segments, of which every record is older than the time to
// keep, and returns the record of that, if any were.
func (l *Log) expire(t *tail, now time.Time) (*fields, error) {
	list, err := segments(os.DirFS(l.Folder))
	if err != nil || len(list) < 2 {
		return nil, err
	}
	var gone *Expired
	var removed []uint64
	for i, first := range list[:len(list)-1] {
		last, err := l.lastTime(first)
		if err != nil {
			return nil, err
		}
		if last.IsZero() || now.Sub(last) < max(l.Keep, KeepMin) {
			break
		}
		gone = &Expired{Before: list[i+1], Last: last.Format(timeLayout)}
		removed = append(removed, first)
	}
	if gone == nil {
		return nil, nil
	}
	l.doomed = removed
	return &fields{Kind: string(hearth.RecordAudit), Act: "expire", Expired: gone}, nil
}

// remove deletes the segments whose end is on record by now.
func (l *Log) remove() error {
	var errs []error
	for _, first := range l.doomed {
		for _, name := range []string{segmentName(first), contentName(first), keysName(first)} {
			if err := os.Remove(l.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
		}
	}
	l.doomed = nil
	return errors.Join(errs...)
}

// lastTime is when the last record of a segment was made.
func (l *Log) lastTime(first uint64) (time.Time, error) {
	end, err := readEnd(l.path(segmentName(first)), 2*lineBytesMax)
	if err != nil {
		return time.Time{}, err
	}
	text := bytes.TrimSuffix(end.data, []byte("\n"))
	text = text[bytes.LastIndexByte(text, '\n')+1:]
	parsed, err := parseLine(l.Hash, text)
	if err != nil {
		return time.Time{}, nil // verify says what is wrong; it is not removed
	}
	return parsed.timeOf(), nil
}
